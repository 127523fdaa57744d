"""`update_resource`: shows what becomes different, sends whole configurations merged, and sets them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.changes.conftest import Called, Scene

pytestmark = pytest.mark.anyio

RUNNING, RESTING = "Churn Features", "Holiday Campaign 2025"
REPLICA = "Orders service replica (Postgres)"


async def confirmed(call: Any, tool: str, **arguments: Any) -> Called:
    """The call, and again with its token where it asks for one."""
    answer: Called = await call(tool, **arguments)
    if answer.state != "confirmation_required":
        return answer
    again: Called = await call(tool, **arguments, confirmation=answer.structured["confirmation"])
    return again


def resting(scene: Scene) -> Mapping[str, Any]:
    return scene.row("data_sources", name=RESTING)


def as_seen(rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Without times. Whether there is no description or an empty one is the same to everybody."""
    seen = [{name: value for name, value in row.items() if name != "updated_at"} for row in rows]
    return [{**row, "description": row["description"] or ""} for row in seen]


async def test_a_configuration_is_merged_shown_and_set_back(scene: Scene) -> None:
    source, before = resting(scene), scene.snapshot()
    field, old = next((name, value) for name, value in source["source_config"].items() if name != "start.cron")
    changes = {"config": {"start.cron": "0 30 4 * * ?"}, "description": "Moved"}
    async with scene.connected() as call:
        plan = await call("update_resource", type="source", resource=source["id"], changes=changes, dry_run=True)
        assert plan.state == "planned"
        assert "0 30 4" in plan.text
        assert source["source_config"]["start.cron"] in plan.text
        assert scene.snapshot() == before
        done = await call("update_resource", type="source", resource=source["id"], changes=changes)
        assert done.state == "done"
        now = scene.row("data_sources", id=source["id"])
        assert now["source_config"] == {**source["source_config"], "start.cron": "0 30 4 * * ?"}
        assert now["source_config"][field] == old
        assert now["description"] == "Moved"
        again = await call("update_resource", type="source", resource=source["id"], changes=changes)
        assert again.state == "unchanged"
        back = await confirmed(call, "control_operation", operation=done.structured["operation"], action="undo")
        assert back.state == "done"
    assert scene.snapshot() == before


async def test_null_removes_a_field(scene: Scene) -> None:
    sink = next(row for row in scene.rows("data_sinks") if "output.dir.name.pattern" in row["sink_config"])
    async with scene.connected() as call:
        changes = {"config": {"output.dir.name.pattern": None}}
        done = await confirmed(call, "update_resource", type="destination", resource=sink["id"], changes=changes)
        assert done.state == "done"
    wanted = {name: value for name, value in sink["sink_config"].items() if name != "output.dir.name.pattern"}
    assert scene.row("data_sinks", id=sink["id"])["sink_config"] == wanted


async def test_what_runs_is_confirmed_first_and_looked_at_afterwards(scene: Scene) -> None:
    source = scene.row("data_sources", name=RUNNING)
    where = {"type": "source", "resource": source["id"]}
    async with scene.connected() as call:
        asked = await call("update_resource", **where, changes={"config": {"start.cron": "0 0/10 * * * ?"}})
        assert (asked.state, asked.structured["risk"]) == ("confirmation_required", "disruptive")
        assert scene.row("data_sources", id=source["id"]) == source
        done = await confirmed(call, "update_resource", **where, changes={"config": {"start.cron": "0 0/10 * * * ?"}})
        assert done.state == "done"
        assert done.structured["verified"] in {"verified", "not_yet"}
        renamed = await call("update_resource", **where, changes={"tags": ["churn", "daily"]})
        assert renamed.state == "done", "a label disturbs nothing that runs"


async def test_a_change_of_somebody_else_is_not_overwritten(scene: Scene) -> None:
    source = resting(scene)
    where = {"type": "source", "resource": source["id"]}
    async with scene.connected() as call:
        seen = (await call("get_resource", type="source", resource=source["id"])).structured["updated_at"]
        scene.sandbox.world.clock.advance(60)
        assert (await call("update_resource", **where, changes={"description": "First"}, seen=seen)).state == "done"
        late = await call("update_resource", **where, changes={"description": "Second"}, seen=seen)
        now = scene.row("data_sources", id=source["id"])
    assert (late.is_error, late.code) == (True, "conflict")
    assert now["description"] == "First"


async def test_a_plan_does_not_outlive_a_change(scene: Scene) -> None:
    source = scene.row("data_sources", name=RUNNING)
    arguments = {"type": "source", "resource": source["id"], "changes": {"config": {"start.cron": "0 15 * * * ?"}}}
    async with scene.connected() as call:
        asked = await call("update_resource", **arguments)
        scene.sandbox.world.store.put("data_sources", {**source, "description": "Somebody else was here"})
        stale = await call("update_resource", **arguments, confirmation=asked.structured["confirmation"])
    assert stale.state != "done"
    assert scene.row("data_sources", id=source["id"])["source_config"] == source["source_config"]


async def test_a_hidden_field_is_never_overwritten_by_its_mask(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICES_TOKEN", "a-secret-of-the-test")
    source = resting(scene)
    hidden = {**source["source_config"], "access_token": "what-nobody-sees"}
    scene.sandbox.world.store.put("data_sources", {**source, "source_config": hidden})
    where = {"type": "source", "resource": source["id"]}
    async with scene.connected(confirm="token", secret_variables=("PRICES_*",)) as call:
        refused = await call("update_resource", **where, changes={"config": {"start.cron": "0 30 4 * * ?"}})
        assert (refused.is_error, refused.code) == (True, "bad_input")
        assert "access_token" in refused.text
        assert scene.row("data_sources", id=source["id"])["source_config"] == hidden
        changes = {"config": {"start.cron": "0 30 4 * * ?", "access_token": "env:PRICES_TOKEN"}}
        plan = await call("update_resource", **where, changes=changes)
        assert "cannot be set back" in plan.text
        done = await confirmed(call, "update_resource", **where, changes=changes)
        assert done.state == "done"
        told = (await call("get_operation", operation=done.structured["operation"])).text
    config = scene.row("data_sources", id=source["id"])["source_config"]
    assert config["access_token"] == "a-secret-of-the-test"
    assert "a-secret-of-the-test" not in plan.text + done.text + told
    assert "what-nobody-sees" not in plan.text + done.text + told


async def test_a_login_is_replaced_as_a_whole_by_a_person_only(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_SECRET", "a-secret-of-the-test")
    login = scene.row("data_credentials", name=REPLICA)
    contents = {"host": "db.acme.example", "port": 5432, "username": "reader", "database_name": "orders"}
    contents = {**contents, "password": "env:LAKE_SECRET"}
    arguments = {"type": "credential", "resource": login["id"], "changes": {"credentials": contents}}
    async with scene.connected(secret_variables=("LAKE_*",)) as call:
        asked = await call("update_resource", **arguments)
        assert (asked.state, asked.structured["risk"]) == ("confirmation_required", "destructive")
        assert asked.structured["cannot_be_put_back"]
    assert scene.row("data_credentials", id=login["id"]) == login


@pytest.mark.parametrize(
    ("kind", "table", "wanted", "changes"),
    [
        (
            "transform",
            "code_containers",
            {"output_type": "record"},
            {"code": [{"operation": "sort"}], "name": "Sorted"},
        ),
        (
            "attribute_transform",
            "code_containers",
            {"output_type": "attribute"},
            {"code": "def f(input, metadata, args):\n    return input\n"},
        ),
        ("lookup", "data_maps", {}, {"description": "New words", "tags": ["one", "two"]}),
        ("project", "projects", {}, {"name": "Renamed", "description": "New words"}),
        ("team", "teams", {}, {"description": "New words"}),
    ],
)
async def test_each_type_is_changed_and_set_back(
    scene: Scene, kind: str, table: str, wanted: dict[str, Any], changes: dict[str, Any]
) -> None:
    row = scene.rows(table, **wanted)[0]
    before = as_seen(scene.rows(table))
    async with scene.connected() as call:
        done = await confirmed(call, "update_resource", type=kind, resource=row["id"], changes=changes)
        assert done.state == "done"
        assert as_seen(scene.rows(table)) != before
        back = await confirmed(call, "control_operation", operation=done.structured["operation"], action="undo")
        assert back.state == "done"
    assert as_seen(scene.rows(table)) == before


async def test_a_nexset_takes_other_code_and_its_old_transform_back(scene: Scene) -> None:
    (nexset,) = scene.rows("data_sets", origin_node_id=scene.flow_id(RESTING), data_source_id=None)
    before = scene.snapshot()
    code = [{"operation": "remove", "spec": {"channel": ""}}]
    async with scene.connected() as call:
        done = await call("update_resource", type="nexset", resource=nexset["id"], changes={"code": code})
        assert done.state == "done"
        now = scene.row("data_sets", id=nexset["id"])
        assert (now["transform"]["transforms"], now["transform_id"]) == (code, None)
        back = await confirmed(call, "control_operation", operation=done.structured["operation"], action="undo")
        assert back.state == "done"
    assert scene.snapshot() == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "empty"),
        ({"sourc_config": {}}, "config"),
        ({"name": " "}, "changes/name"),
        ({"tags": "daily"}, "changes/tags"),
        ({"config": "acme-data-lake/new"}, "changes/config"),
        ({"credential": "Acme"}, "changes/credential"),
    ],
)
async def test_what_cannot_be_right_is_never_sent(scene: Scene, changes: dict[str, Any], told: str) -> None:
    source = resting(scene)
    async with scene.connected() as call:
        refused = await call("update_resource", type="source", resource=source["id"], changes=changes)
    assert (refused.is_error, refused.code) == (True, "bad_input")
    assert told in refused.text
    assert scene.sent("PUT", "/data_sources/{source_id}") == 0
