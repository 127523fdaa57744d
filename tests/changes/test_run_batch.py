"""`run_batch`: one thing done to many, confirmed once, told item by item, nothing twice."""

from __future__ import annotations

import random
from typing import Any

import anyio
import pytest

from tests.changes.conftest import LAKE, Scene, agreeing
from tests.changes.processes import died

pytestmark = pytest.mark.anyio


def sources(scene: Scene, number: int, prefix: str = "Batch") -> list[dict[str, Any]]:
    login = scene.row("data_credentials", name=LAKE)["id"]
    return [
        {
            "name": f"{prefix} {index:04}",
            "connector": "s3",
            "credential": login,
            "config": {"start.cron": "0 0 * * * ?", "path": f"acme-data-lake/{prefix}/{index}"},
        }
        for index in range(number)
    ]


def made(scene: Scene, prefix: str = "Batch") -> list[Any]:
    return [row for row in scene.rows("data_sources") if row["name"].startswith(f"{prefix} ")]


async def test_many_are_made_with_few_requests_and_a_second_run_makes_none(scene: Scene) -> None:
    items = sources(scene, 100)
    async with scene.connected() as call:
        plan = await call("run_batch", action="create", type="source", items=items, dry_run=True)
        assert plan.state == "planned"
        assert made(scene) == []
        done = await call("run_batch", action="create", type="source", items=items)
        assert done.state == "done", done.text
        assert done.structured["items"] == {"done": 100}
        assert len(made(scene)) == 100
        again = await call("run_batch", action="create", type="source", items=items)
        assert again.state == "unchanged", again.text
    assert scene.sent("POST", "/data_sources") == 100
    assert scene.sent("GET", "/data_credentials/{credential_id}") <= 3


async def test_undo_takes_back_all_of_it(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected(reply=agreeing) as call:
        done = await call("run_batch", action="create", type="source", items=sources(scene, 40))
        undone = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


async def test_what_is_wrong_in_an_item_is_named_before_anything_is_done(scene: Scene) -> None:
    items = sources(scene, 5)
    items[1] = {**items[1], "config": {}}
    items[3] = {**items[3], "name": items[2]["name"]}
    items[4] = {**items[4], "conector": "s3"}
    async with scene.connected() as call:
        refused = await call("run_batch", action="create", type="source", items=items)
    assert refused.code == "bad_input"
    assert all(f"item {number}" in refused.text for number in (2, 4, 5)), refused.text
    assert made(scene) == []


@pytest.mark.parametrize("on_error", ["stop", "continue"])
async def test_an_item_that_fails_is_told_and_the_rest_done_or_left(scene: Scene, on_error: str) -> None:
    items = sources(scene, 70)
    scene.break_("status", method="POST", route="/data_sources", status=403, count=1, skip=10)
    async with scene.connected() as call:
        answer = await call("run_batch", action="create", type="source", items=items, on_error=on_error, parallel=1)
        assert answer.is_error
        assert answer.code == "conflict"
        receipt = await call("get_operation", operation=answer.structured["operation"])
        counts = receipt.structured["items"]
        assert counts["failed"] == 1
        assert [problem["item"] for problem in receipt.structured["problems"]] == [11]
        assert sum(counts.values()) == 70
        assert ("skipped" in counts) is (on_error == "stop")
        assert len(made(scene)) == counts["done"]
        scene.mend()
        again = await call("run_batch", action="create", type="source", items=items)
    assert again.state == "done"
    assert len(made(scene)) == 70


async def test_fields_are_set_on_what_a_search_finds_and_set_back(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected(reply=agreeing) as call:
        answer = await call(
            "run_batch", action="update", type="source", where={"tag": "finance"}, fields={"tags": ["finance", "sox"]}
        )
        assert answer.state == "done", answer.text
        tagged = [row for row in scene.rows("data_sources") if "sox" in row["tags"]]
        assert len(tagged) == answer.structured["items"]["done"] > 2
        undone = await call("control_operation", operation=answer.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


async def test_pausing_many_asks_once_and_undo_lets_them_run_again(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected(reply=agreeing) as call:
        paused = await call("run_batch", action="pause", type="source", where={"tag": "orders"})
        assert paused.state == "done", paused.text
        assert len(scene.asked) == 1
        again = await call("run_batch", action="pause", type="source", where={"tag": "orders"})
        assert again.state == "unchanged"
        undone = await call("control_operation", operation=paused.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


async def test_deleting_many_needs_a_person_and_has_no_undo(scene: Scene) -> None:
    async with scene.connected(reply=agreeing) as call:
        await call("run_batch", action="create", type="source", items=sources(scene, 12))
        ids = [{"id": row["id"]} for row in made(scene)]
        plan = await call("run_batch", action="delete", type="source", items=ids, dry_run=True)
        assert plan.structured["risk"] == "destructive"
        assert plan.structured["undo"] == "none"
        gone = await call("run_batch", action="delete", type="source", items=ids)
    assert gone.state == "done", gone.text
    assert made(scene) == []


async def test_what_could_not_be_deleted_runs_on(scene: Scene) -> None:
    before = scene.snapshot()
    sink = scene.row("data_sinks", name="Web events in the lake")["id"]
    scene.break_("status", method="DELETE", route="/data_sinks/{sink_id}", status=403, count=None)
    async with scene.connected(reply=agreeing) as call:
        failed = await call("run_batch", action="delete", type="destination", items=[{"id": sink}])
    assert failed.is_error
    assert scene.snapshot() == before


async def test_a_hidden_value_is_never_set_in_a_batch(scene: Scene) -> None:
    """Its undo would send the mask."""
    source = scene.row("data_sources", name="Ad Spend Daily")
    hidden = {**source["source_config"], "access_token": "what-nobody-sees"}
    scene.sandbox.world.store.put("data_sources", {**source, "source_config": hidden})
    before = scene.snapshot()
    fields = {"source_config": {"path": "/elsewhere"}}
    async with scene.connected(reply=agreeing) as call:
        failed = await call("run_batch", action="update", type="source", items=[{"id": source["id"], "fields": fields}])
        receipt = await call("get_operation", operation=failed.structured["operation"])
    assert receipt.structured["items"] == {"failed": 1}
    assert "access_token is hidden" in receipt.text
    assert scene.snapshot() == before


async def test_what_is_lost_and_cannot_be_looked_for_stays_unknown(scene: Scene) -> None:
    items = sources(scene, 12)
    scene.break_("reset_after", method="POST", route="/data_sources", count=1, skip=3)
    # Listed while it is planned and before the first is made; then for what was lost.
    scene.break_("status", method="GET", route="/data_sources", status=403, count=None, skip=2)
    async with scene.connected() as call:
        answer = await call("run_batch", action="create", type="source", items=items)
        receipt = await call("get_operation", operation=answer.structured["operation"])
    assert receipt.structured["items"] == {"done": 11, "unknown": 1}, receipt.text
    assert len(made(scene)) == 12


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"action": "create", "type": "source"}, "items"),
        ({"action": "create", "type": "source", "items": []}, "empty"),
        ({"action": "pause", "type": "source", "where": {}}, "everything"),
        ({"action": "pause", "type": "credential", "where": {"name": "x"}}, "started or stopped"),
        ({"action": "update", "type": "source", "where": {"name": "x"}}, "fields"),
        (
            {"action": "update", "type": "credential", "where": {"name": "x"}, "fields": {"credentials": {"a": "b"}}},
            "rotate_credential",
        ),
        ({"action": "delete", "type": "source", "items": [{"id": 99999999}]}, "99999999"),
        ({"action": "delete", "type": "source", "items": [{"id": 1}, {"id": 1}]}, "twice"),
        ({"action": "create", "type": "source", "file": "/etc/passwd"}, "folder"),
    ],
)
async def test_a_batch_that_cannot_be_is_refused(scene: Scene, arguments: dict[str, Any], told: str) -> None:
    before = scene.snapshot()
    async with scene.connected(reply=agreeing) as call:
        refused = await call("run_batch", **arguments)
    assert refused.is_error
    assert told in refused.text
    assert scene.snapshot() == before


async def test_items_come_from_a_file_of_an_open_folder_only(scene: Scene, tmp_path: Any) -> None:
    login = scene.row("data_credentials", name=LAKE)["id"]
    folder = tmp_path / "open"
    folder.mkdir()
    rows = [f"Batch {number},s3,{login},0 0 * * * ?,acme-data-lake/{number}" for number in range(3)]
    (folder / "sources.csv").write_text("name,connector,credential,config.start.cron,config.path\n" + "\n".join(rows))
    (tmp_path / "secret.yaml").write_text("items: []")
    async with scene.connected(file_folders=(str(folder),)) as call:
        outside = await call("run_batch", action="create", type="source", file="../secret.yaml")
        done = await call("run_batch", action="create", type="source", file="sources.csv")
    assert outside.code == "not_allowed"
    assert done.state == "done", done.text
    assert {row["source_config"]["path"] for row in made(scene)} == {f"acme-data-lake/{n}" for n in range(3)}


# Faults and kills


def faulty(scene: Scene, total: int, seed: int = 7) -> None:
    """Of `total` creates: 5 % lose their answer (half before the work, half after it or with the work done later), 5 %
    are throttled, 2 % meet a 5xx. Planted one by one, so that each meets exactly one request."""
    pick = random.Random(seed)
    kinds = (
        [("reset_before", {})] * (total * 5 // 200)
        + [("reset_after", {})] * (total * 5 // 400)
        + [("late", {"seconds": 8.0})] * (total * 5 // 400)
        + [("status", {"status": 429, "retry_after": "1"})] * (total * 5 // 100)
        + [("status", {"status": 503})] * (total * 2 // 100)
    )
    for kind, fields in kinds:
        scene.break_(kind, method="POST", route="/data_sources", count=1, skip=pick.randrange(total), **fields)


async def test_lost_answers_are_accounted_for_and_nothing_is_doubled(scene: Scene) -> None:
    await accounted_for(scene, 120)


async def accounted_for(scene: Scene, total: int) -> dict[str, int]:
    items = sources(scene, total)
    faulty(scene, total)
    async with scene.connected(requests_per_second=100.0) as call:
        answer = await call("run_batch", action="create", type="source", items=items)
        receipt = await call("get_operation", operation=answer.structured["operation"], wait_seconds=45)
        while receipt.state == "running":
            receipt = await call("get_operation", operation=answer.structured["operation"], wait_seconds=45)
        counts = receipt.structured["items"]
        scene.mend()
        scene.settle()
        rows = made(scene)
        names = [row["name"] for row in rows]
        unsure = {problem["name"] for problem in receipt.structured.get("problems", ())}
        assert len(names) == len(set(names)), "a duplicate that nobody was told of"
        assert counts["done"] + counts.get("unknown", 0) + counts.get("failed", 0) == total
        missing = {item["name"] for item in items} - set(names)
        assert missing <= unsure, "something is missing that was called done"
        assert counts["done"] <= len(names) <= counts["done"] + counts.get("unknown", 0)
        again = await call("run_batch", action="create", type="source", items=items)
        assert again.state in {"done", "unchanged"}, again.text
    assert sorted(row["name"] for row in made(scene)) == sorted(item["name"] for item in items)
    return dict(counts)


@pytest.mark.parametrize("branch", ["resume", "undo", "again"])
@pytest.mark.parametrize(
    "moment",
    [
        "after group 1",
        pytest.param("before group 1", marks=pytest.mark.long),
        pytest.param("after group 0", marks=pytest.mark.long),
    ],
)
async def test_killed_in_the_middle(scene: Scene, moment: str, branch: str) -> None:
    before = scene.snapshot()
    items = sources(scene, 100)
    arguments = {"action": "create", "type": "source", "items": items}
    await anyio.to_thread.run_sync(died, scene, "run_batch", arguments, moment)
    left = len(made(scene))
    assert 0 < left < 100
    async with scene.connected(reply=agreeing) as call:
        (operation,) = [row["operation"] for row in (await call("get_operation")).structured["operations"]]
        if branch == "again":
            ended = await call("run_batch", **arguments)
        else:
            ended = await call("control_operation", operation=operation, action=branch)
    assert ended.state == "done", ended.text
    if branch == "undo":
        assert scene.snapshot() == before
    else:
        assert len(made(scene)) == 100
        assert scene.sent("POST", "/data_sources") == 100


def _to_update(scene: Scene) -> dict[str, Any]:
    ids = [{"id": row["id"], "fields": {"description": f"Number {row['id']}"}} for row in made(scene)]
    return {"action": "update", "type": "source", "items": ids}


def _to_delete(scene: Scene) -> dict[str, Any]:
    return {"action": "delete", "type": "source", "items": [{"id": row["id"]} for row in made(scene)]}


def _to_copy(scene: Scene) -> dict[str, Any]:
    flows = [{"id": scene.flow_id(name)} for name in ("Shopify Orders", "Churn Features")]
    return {"action": "copy", "type": "flow", "items": flows}


async def _fifty(scene: Scene) -> None:
    async with scene.connected(reply=agreeing) as call:
        assert (await call("run_batch", action="create", type="source", items=sources(scene, 50))).state == "done"


@pytest.mark.parametrize(
    ("of", "moment", "branch"),
    [
        (_to_update, "before group 0", "undo"),
        (_to_copy, "before group 0", "resume"),
        pytest.param(_to_update, "before group 1", "resume", marks=pytest.mark.long),
        pytest.param(_to_update, "after group 0", "undo", marks=pytest.mark.long),
        pytest.param(_to_copy, "before group 0", "undo", marks=pytest.mark.long),
        pytest.param(_to_delete, "before group 0", "resume", marks=pytest.mark.long),
        pytest.param(_to_delete, "after group 0", "resume", marks=pytest.mark.long),
    ],
)
async def test_killed_with_a_group_sent_and_nothing_noted(scene: Scene, of: Any, moment: str, branch: str) -> None:
    await _fifty(scene)
    before, number = scene.snapshot(), len(scene.rows("data_sources"))
    await anyio.to_thread.run_sync(died, scene, "run_batch", of(scene), moment)
    async with scene.connected(reply=agreeing) as call:
        (cut_off, *_) = [row["operation"] for row in (await call("get_operation")).structured["operations"]]
        ended = await call("control_operation", operation=cut_off, action=branch)
    assert ended.state == "done", ended.text
    if branch == "undo":
        assert scene.snapshot() == before
    elif of is _to_delete:
        assert made(scene) == []
    elif of is _to_copy:
        assert len(scene.rows("data_sources")) == number + 2
        assert scene.sent("POST", "/flows/{flow_id}/copy") == 2
    else:
        assert {row["description"] for row in made(scene)} == {f"Number {row['id']}" for row in made(scene)}
