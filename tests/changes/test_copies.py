"""Several copies of the server over one state directory: none touches what another one is running."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from typing import Any

import anyio
import pytest

from nexla_mcp.safety.ledger import Ledger
from nexla_mcp.starting import announcement
from tests.changes.conftest import FLOW, SPEC, TEAM, Scene
from tests.changes.processes import PATIENCE, Copy, copy_calling, died, eventually, start, time_passing
from tests.changes.test_kills import agreed, announced, hanging, seen, told

pytestmark = pytest.mark.anyio

OTHER, RUNNING = "Stripe Payments", "Churn Features"
DONE = {"done", "unchanged"}
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


async def ended(*copies: Copy) -> list[int]:
    return [await anyio.to_thread.run_sync(copy.ended) for copy in copies]


async def in_the_middle(scene: Scene, tool: str, arguments: dict[str, Any], **fault: Any) -> Copy:
    """A copy that waits for an answer in the middle of a step."""
    scene.break_("hang", **fault)
    copy = copy_calling(scene, tool, arguments)
    await anyio.to_thread.run_sync(eventually, lambda: hanging(scene))
    return copy


@pytest.mark.parametrize("number", [pytest.param(2, marks=pytest.mark.long), 3])
async def test_the_same_flow_is_built_once_by_copies_that_start_at_once(scene: Scene, number: int) -> None:
    copies = [copy_calling(scene, "create_flow", SPEC) for _ in range(number)]
    codes = await ended(*copies)
    answers = [copy.answer for copy in copies]
    assert sum(answer.get("state") == "done" for answer in answers) == 1
    assert all(answer.get("state") in DONE or answer["code"] == "conflict" for answer in answers)
    assert codes.count(0) == sum(answer.get("state") in DONE for answer in answers)
    assert len(scene.rows("data_sources", name=FLOW)) == 1
    assert len(scene.rows("data_sinks", name="Orders EU in the lake")) == 1
    assert told(scene) == []


async def test_a_quick_create_is_not_doubled_by_a_copy_that_planned_before_it_was_done(scene: Scene) -> None:
    """Claims alone do not help here: the first is over before the second is claimed."""
    login = scene.row("data_credentials", name=SPEC["source"]["credential"])["id"]
    source = {"name": "New", "connector": "s3", "credential": login, "config": SPEC["source"]["config"]}
    copies = [copy_calling(scene, "create_source", source) for _ in range(3)]
    await ended(*copies)
    answers = [copy.answer for copy in copies]
    assert all(answer.get("state") in DONE or answer["code"] == "conflict" for answer in answers)
    assert len(scene.rows("data_sources", name="New")) == 1


async def test_what_a_stopped_process_runs_is_left_alone_until_it_goes_on(scene: Scene) -> None:
    copy = await in_the_middle(
        scene, "create_flow", SPEC, method="PUT", route="/data_sources/{id}/pause", ms=1500, work=True
    )
    copy.stop()
    assert announcement(scene.settings) is None
    async with scene.connected(confirm="token") as call:
        listed = (await call("get_operation")).structured["operations"]
        assert [row["state"] for row in listed] == ["running"]
        operation = listed[0]["operation"]
        for action in ("resume", "undo", "cancel"):
            refused = await agreed(call, "control_operation", operation=operation, action=action)
            assert (refused.code, action) == ("conflict", action)
        assert (await call("create_flow", **SPEC)).code == "conflict"
        assert (await agreed(call, "pause", resource=scene.flow_id(OTHER))).state == "done"
        assert (await call("whoami")).structured.get("interrupted") is None
        copy.go_on()
        assert await ended(copy) == [0]
        assert (await call("get_operation", operation=operation)).state == "done"
    assert scene.statuses(scene.flow_id(FLOW)) == {"ACTIVE"}
    assert len(scene.rows("data_sources", name=FLOW)) == 1


async def test_three_copies_a_running_a_killed_and_a_new_one(scene: Scene) -> None:
    """The new one tells of the killed one's operation and of no other, and may go on with it at once."""
    grant = {"type": "flow", "resources": [scene.flow_id(RUNNING)], "to": "team", "who": TEAM, "whole_flow": True}
    await anyio.to_thread.run_sync(died, scene, "grant_access", grant, "after end 1")
    running = await in_the_middle(scene, "create_flow", SPEC, method="POST", route="/data_sets")
    killed = await announced(scene)
    async with scene.connected(confirm="token") as call:
        assert (await agreed(call, "control_operation", operation=killed, action="resume")).state == "done"
        assert told(scene) == []
        running.kill()
        scene.mend()
        interrupted = await announced(scene)
        assert interrupted != killed
        assert (await agreed(call, "control_operation", operation=interrupted, action="resume")).state == "done"
    assert scene.statuses(scene.flow_id(FLOW)) == {"ACTIVE"}


@pytest.mark.parametrize("second", ["resume", "undo", "cancel"])
async def test_an_operation_is_taken_up_by_one_copy_only(scene: Scene, second: str) -> None:
    """Two resumes at once, an undo or a cancel beside a resume: one goes on, the other is refused."""
    await anyio.to_thread.run_sync(died, scene, "create_flow", SPEC, "after end 3")
    operation = await announced(scene)
    first = await in_the_middle(
        scene, "control_operation", {"operation": operation, "action": "resume"}, method="POST", route="/data_sinks"
    )
    async with scene.connected(confirm="token") as call:
        refused = await agreed(call, "control_operation", operation=operation, action=second)
        assert refused.code == "conflict"
    scene.mend()
    first.kill()
    assert told(scene) == [operation]


async def test_resumes_at_the_same_instant_do_every_step_once(scene: Scene) -> None:
    await anyio.to_thread.run_sync(died, scene, "create_flow", SPEC, "after end 3")
    operation = await announced(scene)
    copies = [copy_calling(scene, "control_operation", {"operation": operation, "action": "resume"}) for _ in range(3)]
    await ended(*copies)
    assert sum(copy.answer.get("state") == "done" for copy in copies) == 1
    assert len(scene.rows("data_sets", name="Orders EU, cleaned")) == 1
    assert len(scene.rows("data_sinks", name="Orders EU in the lake")) == 1
    assert told(scene) == []


async def test_a_lock_file_that_was_swept_away_is_made_again(scene: Scene) -> None:
    assert scene.settings.state_dir is not None
    copy = await in_the_middle(scene, "create_flow", SPEC, method="POST", route="/data_sinks")
    (lock,) = scene.settings.state_dir.glob("*/*/executors/*.lock")
    lock.unlink()
    await anyio.to_thread.run_sync(eventually, lock.exists)
    assert told(scene) == []
    copy.kill()
    assert len(told(scene)) == 1


async def test_a_step_that_cannot_be_noted_stops_the_operation_and_leaves_it_interrupted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a full disk: nothing more is sent, and the living process does not hold what it no longer runs."""
    noted = Ledger.begin_step

    def full(ledger: Ledger, operation: str, executor: str, position: int, *rest: Any) -> None:
        if position != 4:
            noted(ledger, operation, executor, position, *rest)
            return
        with ledger.database.writing():
            raise sqlite3.OperationalError("database or disk is full")

    async with scene.connected(confirm="token") as call:
        monkeypatch.setattr(Ledger, "begin_step", full)
        stopped = await call("create_flow", **SPEC)
        assert stopped.code == "maybe_applied"
        assert "full" in stopped.text
        assert scene.sent("POST", "/data_sets") == 0
        monkeypatch.undo()
        operation = await announced(scene)
        assert (await agreed(call, "control_operation", operation=operation, action="resume")).state == "done"
    assert scene.statuses(scene.flow_id(FLOW)) == {"ACTIVE"}


@pytest.mark.parametrize("work", [True, pytest.param(False, marks=pytest.mark.long)])
async def test_a_server_whose_client_goes_away_ends_and_loses_nothing(scene: Scene, work: bool) -> None:
    """Within the grace it gives a step, although the request that is out gets no answer."""
    before = scene.snapshot()
    server = start(scene, "serve")
    tell(
        server, 1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "t", "version": "1"}
    )
    assert server.stdout is not None
    assert "INTERRUPTED" not in server.stdout.readline()
    tell(server, None, "notifications/initialized")
    scene.break_("hang", method="POST", route="/data_sources", work=work)
    tell(server, 2, "tools/call", name="create_flow", arguments=SPEC)
    await anyio.to_thread.run_sync(eventually, lambda: hanging(scene))
    assert server.stdin is not None
    server.stdin.close()
    await anyio.to_thread.run_sync(lambda: server.wait(timeout=PATIENCE / 3))
    scene.mend()
    operation = await announced(scene)
    async with scene.connected(confirm="token") as call:
        undone = await agreed(call, "control_operation", operation=operation, action="undo")
        assert undone.state in {"done", "cancelled"}
    assert scene.snapshot() == before


async def test_commands_tell_of_what_was_cut_off(scene: Scene) -> None:
    """The command itself, on real time, killed from outside; then a call, doctor, and a server's start."""
    scene.break_("hang", method="POST", route="/data_sets", work=True)
    with time_passing(scene):
        process = start(scene, "call", "create_flow", "--json", json.dumps(SPEC))
        await anyio.to_thread.run_sync(eventually, lambda: hanging(scene))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    scene.mend()
    (operation,) = told(scene)
    started = [start(scene, "call", "whoami"), start(scene, "doctor"), start(scene, "serve")]
    tell(
        started[2],
        1,
        "initialize",
        protocolVersion="2025-06-18",
        capabilities={},
        clientInfo={"name": "t", "version": "1"},
    )
    for process in started:
        out, _ = await anyio.to_thread.run_sync(lambda process=process: process.communicate(timeout=PATIENCE))
        assert operation in out
    async with scene.connected(confirm="token") as call:
        assert (await agreed(call, "control_operation", operation=operation, action="resume")).state == "done"
    assert len(scene.rows("data_sets", name="Orders EU, cleaned")) == 1
    assert seen(scene)["data_sinks"]


def tell(server: subprocess.Popen[str], number: int | None, method: str, **params: Any) -> None:
    message = {"jsonrpc": "2.0", "method": method, "params": params, **({} if number is None else {"id": number})}
    assert server.stdin is not None
    server.stdin.write(json.dumps(message) + "\n")
    server.stdin.flush()
