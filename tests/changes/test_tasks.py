"""`start_task`, `get_task`, `manage_task`: what Nexla does in the background, started once and looked after."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from nexla_mcp.sandbox import background
from nexla_mcp.starting import interrupted_operations
from tests.changes.conftest import Scene, agreeing
from tests.changes.processes import died

pytestmark = pytest.mark.anyio

CREATE = ("POST", "/async_tasks")
HEALTHY = "Churn Features"


def tasks(scene: Scene, **wanted: Any) -> list[Any]:
    return scene.rows("async_tasks", **wanted)


async def test_the_types_and_what_each_takes_are_told(scene: Scene) -> None:
    async with scene.connected() as call:
        everything = await call("get_task")
        assert {"BulkPauseFlows", "GetAuditLogs"} <= set(everything.structured["types"])
        one = await call("get_task", task="BulkPauseFlows")
        unknown = await call("get_task", task="Nothing")
    assert set(one.structured["arguments"]) == {"flow_ids"}
    assert (unknown.is_error, unknown.code) == (True, "bad_input")
    assert "BulkPauseFlows" in unknown.text


async def test_audit_logs_are_fetched_and_their_link_is_shown_on_request_only(scene: Scene) -> None:
    async with scene.connected() as call:
        started = await call("start_task", type="GetAuditLogs", arguments={"resource_type": "projects"})
        assert started.state == "done", started.text
        (task,) = tasks(scene)
        found = await call("get_task", task=str(task["id"]))
        receipt = await call("get_operation", operation=started.structured["operation"])
        listed = await call("get_task", task="GetAuditLogs")
        asked = await call("get_task", task=str(task["id"]), link=True)
    assert {row["item_type"] for row in found.structured["rows"]} == {"Project"}
    link = asked.structured["download_link"]
    assert link in asked.text
    assert "secret" in asked.text
    for answer in (started, found, receipt, listed):
        assert "signature" not in answer.text + json.dumps(answer.structured)
    kept = b"".join(path.read_bytes() for path in scene.settings.state_dir.rglob("*") if path.is_file())
    assert b"signature=" not in kept


async def test_pausing_many_flows_shows_each_and_needs_a_yes(scene: Scene) -> None:
    flow = scene.flow_id(HEALTHY)
    arguments = {"type": "BulkPauseFlows", "arguments": {"flow_ids": [flow]}}
    async with scene.connected() as call:
        plan = await call("start_task", **arguments, dry_run=True)
        assert (plan.state, plan.structured["risk"]) == ("planned", "disruptive")
        assert HEALTHY in plan.text
        assert plan.structured["cannot_be_put_back"]
        needed = await call("start_task", **arguments)
        assert needed.state == "confirmation_required"
        assert tasks(scene) == []
        done = await call("start_task", **arguments, confirmation=needed.structured["confirmation"])
        assert done.state == "done", done.text
        undone = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert scene.statuses(flow) == {"PAUSED"}
    assert undone.structured.get("state") != "done"
    assert len(tasks(scene)) == 1


async def test_what_cannot_be_brought_back_needs_a_person(scene: Scene) -> None:
    arguments = {"type": "BulkDeleteNotifications", "arguments": {"notification_ids": "all"}}
    before = scene.rows("notifications")
    async with scene.connected() as call:
        needed = await call("start_task", **arguments)
        assert needed.structured["risk"] == "destructive"
        refused = await call("start_task", **arguments, confirmation=needed.structured.get("confirmation") or "none")
        assert refused.state != "done"
    assert scene.rows("notifications") == before
    async with scene.connected(reply=agreeing) as call:
        done = await call("start_task", **arguments)
    assert done.state == "done", done.text
    assert len(scene.rows("notifications")) < len(before)


async def test_handing_over_what_somebody_owns_names_both_people(scene: Scene) -> None:
    sam, dana = (scene.row("users", email=f"{name}@acme.example")["id"] for name in ("sam", "dana"))
    arguments = {"owner_id": sam, "delegate_owner_id": dana}
    async with scene.connected() as call:
        plan = await call("start_task", type="ChownUserResources", arguments=arguments, dry_run=True)
    assert plan.structured["risk"] == "destructive"
    assert "sam@acme.example" in plan.text
    assert "dana@acme.example" in plan.text


@pytest.mark.parametrize(
    ("kind", "arguments", "code"),
    [
        ("Nothing", {}, "bad_input"),
        ("BulkPauseFlows", {"flows": [1]}, "bad_input"),
        ("BulkPauseFlows", {"flow_ids": [999_999]}, "not_found"),
        ("BulkPauseFlows", {"flow_ids": list(range(1, 60))}, "bad_input"),
        ("CallProbe", {}, "bad_input"),
    ],
)
async def test_what_makes_no_sense_starts_nothing(scene: Scene, kind: str, arguments: Any, code: str) -> None:
    async with scene.connected() as call:
        refused = await call("start_task", type=kind, arguments=arguments)
    assert (refused.is_error, refused.code) == (True, code), refused.text
    assert tasks(scene) == []


async def test_a_task_that_fails_is_a_failure_with_its_reason(scene: Scene) -> None:
    credential = next(row["id"] for row in scene.rows("data_credentials") if row["_sandbox"].get("probe") == "refused")
    async with scene.connected() as call:
        failed = await call("start_task", type="CallProbe", arguments={"data_credentials_id": credential})
        (task,) = tasks(scene)
        shown = await call("get_task", task=str(task["id"]))
    assert (failed.is_error, failed.code) == (True, "not_verified")
    assert failed.structured["maybe_applied"] is True
    assert shown.structured["tasks"][0]["error"]
    assert len(tasks(scene)) == 1


@pytest.mark.parametrize("kind", ["reset_after", "late"])
async def test_a_lost_answer_starts_no_second_task(scene: Scene, kind: str) -> None:
    scene.break_(kind, method="POST", route="/async_tasks", count=1, **({"seconds": 5} if kind == "late" else {}))
    async with scene.connected() as call:
        started = await call("start_task", type="GetAuditLogs")
    scene.settle()
    assert started.state == "done", started.text
    assert len(tasks(scene)) == 1


async def test_a_task_that_never_came_is_reported_as_unclear(scene: Scene) -> None:
    scene.break_("reset_before", method="POST", route="/async_tasks", count=1)
    async with scene.connected() as call:
        started = await call("start_task", type="GetAuditLogs")
    assert started.is_error
    assert started.structured["maybe_applied"] is True
    assert tasks(scene) == []


async def test_a_rerun_is_a_new_task_and_what_ended_can_be_let_go(scene: Scene) -> None:
    async with scene.connected() as call:
        await call("start_task", type="GetAuditLogs", arguments={"resource_type": "projects"})
        (first,) = tasks(scene)
        task = str(first["id"])
        again = await call("manage_task", task=task, act="rerun")
        assert again.state == "done", again.text
        assert len(tasks(scene)) == 2
        plan = await call("manage_task", task=task, act="acknowledge", dry_run=True)
        assert plan.structured["cannot_be_put_back"]
        assert (await call("manage_task", task=task, act="acknowledge")).state == "done"
        gone = await call("get_task", task=task)
        assert gone.structured["result_missing"]
        needed = await call("manage_task", task=task, act="delete")
        assert needed.state == "confirmation_required"
    async with scene.connected(reply=agreeing) as call:
        assert (await call("manage_task", task=task, act="delete")).state == "done"
        missing = await call("get_task", task=task)
    assert missing.code == "not_found"
    assert len(tasks(scene)) == 1


async def test_a_rerun_is_as_dangerous_as_its_type(scene: Scene) -> None:
    async with scene.connected(reply=agreeing) as call:
        await call("start_task", type="BulkDeleteNotifications", arguments={"notification_ids": "all"})
        (task,) = tasks(scene)
        plan = await call("manage_task", task=str(task["id"]), act="rerun", dry_run=True)
    assert plan.structured["risk"] == "destructive"


async def test_a_waiting_task_is_waited_for_and_a_running_one_is_not_deleted(scene: Scene) -> None:
    world = scene.sandbox.world
    async with scene.connected() as call:
        await call("start_task", type="GetAuditLogs")
        (task,) = tasks(scene)
        world.store.put("async_tasks", {**task, "status": "running", "created_ms": world.clock.now_ms()})
        refused = await call("manage_task", task=str(task["id"]), act="delete")
        early = await call("manage_task", task=str(task["id"]), act="acknowledge")
        assert (refused.code, early.code) == ("conflict", "conflict")
        now = await call("get_task", task=str(task["id"]))
        assert "running" in now.structured["result_missing"]
        ended = await call("get_task", task=str(task["id"]), wait_seconds=30)
    assert ended.structured["tasks"][0]["status"] == "completed"


@pytest.mark.parametrize("moment", ["before end 0", "after begin 0", "after end 0"])
async def test_a_killed_start_is_resumed_without_a_second_task(scene: Scene, moment: str) -> None:
    died(scene, "start_task", {"type": "GetAuditLogs", "arguments": {}}, moment)
    (interrupted,) = interrupted_operations(scene.settings)
    async with scene.connected() as call:
        blocked = await call("start_task", type="GetAuditLogs", arguments={})
        assert blocked.code == "conflict"
        resumed = await call("control_operation", operation=interrupted.split()[0], action="resume")
    assert resumed.state == "done", resumed.text
    assert len(tasks(scene)) == 1


async def test_a_type_that_nobody_has_judged_is_taken_for_the_worst(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    shred = background.TaskType({"depth": "How much (optional)"}, lambda *_: {}, optional=frozenset({"depth"}))
    monkeypatch.setitem(background.TYPES, "ShredEverything", shred)  # type: ignore[arg-type]
    async with scene.connected() as call:
        plan = await call("start_task", type="ShredEverything", dry_run=True)
        needed = await call("start_task", type="ShredEverything")
    assert plan.structured["risk"] == "destructive"
    assert needed.state == "confirmation_required"
    assert tasks(scene) == []


async def test_a_task_that_takes_long_is_not_waited_for_to_its_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "ENDS_AFTER_MS", 3_600_000)
    async with scene.connected() as call:
        started = await call("start_task", type="GetAuditLogs")
        (task,) = tasks(scene)
        again = await call("start_task", type="GetAuditLogs", dry_run=True)
        receipt = await call("get_operation", operation=started.structured["operation"])
    assert started.state == "done", started.text
    assert "get_task" in receipt.text
    assert str(task["id"]) in again.text


async def test_no_other_tool_shows_the_link(scene: Scene) -> None:
    async with scene.connected() as call:
        await call("start_task", type="GetAuditLogs", arguments={"resource_type": "projects"})
        (task,) = tasks(scene)
        ids = {"task_id": str(task["id"])}
        link = (await call("get_task", task=str(task["id"]), link=True)).structured["download_link"]
        for operation in ("get_async_task", "get_async_task_download_link", "list_async_tasks"):
            arguments = {} if operation.startswith("list") else ids
            read = await call("call_operation", operation=operation, arguments=arguments)
            signature = link.partition("signature=")[2]
            assert signature not in read.text + json.dumps(read.structured), operation


async def test_somebody_without_the_right_is_told_so(scene: Scene) -> None:
    marco = scene.row("users", email="marco@acme.example")["id"]
    async with scene.connected(service_key=SecretStr("sandbox-key-sam"), reply=agreeing) as call:
        refused = await call("start_task", type="DeactivateUser", arguments={"user_id": marco})
    assert (refused.is_error, refused.code) == (True, "forbidden")
    assert scene.row("users", id=marco)["status"] == "ACTIVE"
