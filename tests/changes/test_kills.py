"""Killed at and inside every step: announced, whole after a resume, as before after an undo, never doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest

from nexla_mcp.cli.doctor import State, _operations
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve
from nexla_mcp.settings import Settings
from nexla_mcp.starting import announcement, interrupted_operations
from tests.changes.cases import CASES
from tests.changes.conftest import Called, Scene
from tests.changes.processes import copy_calling, died, eventually
from tests.matrix.faulty import HastyClock

pytestmark = pytest.mark.anyio

BRANCHES = ("resume", "undo", "again")
KINDS = ("data_sources", "data_sets", "data_sinks", "data_credentials")
SINK_ROUTE = "/data_sinks/{data_sink_id}/accessors"


PLANNED_FROM_WHAT_RAN = {"rotate_credential", "run_batch"}
"""Calls that are refused while one like them waits to be resumed: it has paused what a new plan would leave resting."""
ORDINARY = {
    ("create_flow", "before end 0", "resume"),
    ("create_flow", "before end 1", "undo"),
    ("create_flow", "after begin 2", "again"),
    ("create_flow", "after end 10", "again"),
    ("create_flow", "before status done", "resume"),
    ("create_credential", "before end 0", "again"),
    ("pause", "before end 0", "undo"),
    ("update_resource", "before end 0", "resume"),
    ("activate", "after begin 0", "resume"),
    ("grant_access", "before end 2", "undo"),
    ("delete_resource", "before end 2", "resume"),
    ("delete_resource", "after end 0", "undo"),
    ("copy_flow", "before end 0", "again"),
    ("copy_flow", "before end 2", "again"),
    ("copy_flow", "after begin 4", "resume"),
    ("copy_flow", "before end 5", "undo"),
    ("migrate_schema", "before end 0", "again"),
    ("migrate_schema", "before end 2", "undo"),
    ("migrate_schema", "after begin 3", "resume"),
    ("migrate_schema", "after end 4", "again"),
    ("migrate_schema", "before end 5", "undo"),
    ("migrate_schema", "before end 8", "resume"),
    ("run_batch", "after begin 0", "resume"),
    ("run_batch", "before end 0", "undo"),
    ("run_batch", "before end 0", "again"),
    ("rotate_credential", "before end 0", "again"),
    ("rotate_credential", "before end 2", "undo"),
    ("rotate_credential", "after begin 4", "resume"),
    ("rotate_credential", "before end 5", "undo"),
    ("rotate_credential", "before end 6", "resume"),
    ("rotate_credential", "before end 8", "undo"),
}
"""One for each kind of step; the rest is the long matrix."""


def every_kill() -> Iterator[Any]:
    for case in CASES.values():
        for moment in case.moments:
            for branch in BRANCHES:
                marks = () if (case.tool, moment, branch) in ORDINARY else pytest.mark.long
                yield pytest.param(case.tool, moment, branch, marks=marks, id=f"{case.tool}-{moment}-{branch}")


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_PASSWORD", "a-secret-of-the-test")


POLICY = {"confirm": "token", "secret_variables": ("ORDERS_*",)}


async def agreed(call: Any, tool: str, **arguments: Any) -> Called:
    """The call, confirmed with its token where it wants that."""
    first: Called = await call(tool, **arguments)
    if first.state != "confirmation_required":
        return first
    return await call(tool, **arguments, confirmation=first.structured["confirmation"])


def told(scene: Scene) -> list[str]:
    """The ids of what a start announces."""
    return [line.partition(" ")[0] for line in interrupted_operations(scene.settings)]


def seen(scene: Scene) -> dict[str, list[Any]]:
    """The account by names, so that it can be compared with another one: each thing as often as it is there."""
    names = {(kind, row["id"]): row["name"] for kind in KINDS for row in scene.rows(kind)}
    nodes = {row["id"]: row for row in scene.rows("flow_nodes")}

    def above(row: Any) -> Any:
        node = nodes.get(nodes.get(row.get("flow_node_id"), {}).get("parent_node_id"), {})
        fields = {"data_sources": "data_source_id", "data_sets": "data_set_id"}
        return next((names[kind, node[field]] for kind, field in fields.items() if node.get(field) is not None), None)

    def config(row: Any) -> Any:
        login = names.get(("data_credentials", row.get("data_credentials_id")))
        return login, row.get("source_config") or row.get("sink_config") or row.get("transform_id")

    things = {
        kind: sorted(((row["name"], row.get("status"), above(row), config(row)) for row in scene.rows(kind)), key=repr)
        for kind in KINDS
    }
    rules = [
        (names[key], rule["type"], rule["subject_id"], sorted(rule["access_roles"]))
        for rule in scene.rows("accessors")
        if (key := (rule["resource_kind"], rule["resource_id"])) in names
    ]
    return {**things, "accessors": sorted(rules, key=repr), "flow_nodes": [len(nodes)]}


@cache
def uninterrupted(tool: str, folder: Path) -> dict[str, list[Any]]:
    """What an account looks like after a call that nothing disturbed."""
    with serve(SandboxOptions()) as sandbox:
        settings = Settings(
            NEXLA_SERVICE_KEY=sandbox.service_key,
            NEXLA_API_URL=sandbox.url,
            requests_per_second=100.0,
            state_dir=folder / "uninterrupted",
            _env_file=None,
        )
        scene = Scene(sandbox, settings, HastyClock(sandbox.world.clock.advance))
        case = CASES[tool]
        writes = copy_calling(scene, tool, case.arguments(scene))
        assert writes.ended() == 0, writes.out
        assert sum(write.startswith("end ") for write in writes.writes) == case.steps, "a step is not covered"
        return seen(scene)


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, list[Any]]]:
    folder = tmp_path_factory.mktemp("reference")
    return lambda tool: uninterrupted(tool, folder)


async def announced(scene: Scene) -> str:
    """The one operation that was cut off, told wherever a start tells it."""
    (operation,) = told(scene)
    assert operation in str(announcement(scene.settings))
    doctor = _operations(scene.settings)
    assert doctor.state is State.WARNING
    assert operation in doctor.found
    async with scene.connected(**POLICY) as call:
        assert operation in (await call("whoami")).text
        assert (await call("get_operation", operation=operation)).state == "interrupted"
    return operation


@pytest.mark.parametrize(("tool", "moment", "branch"), list(every_kill()))
async def test_killed(
    scene: Scene, reference: Callable[[str], dict[str, list[Any]]], tool: str, moment: str, branch: str
) -> None:
    before, arguments = scene.snapshot(), CASES[tool].arguments(scene)
    await anyio.to_thread.run_sync(died, scene, tool, arguments, moment)
    operation = await announced(scene)
    await end_well(scene, operation, branch, tool, arguments, before, reference(tool))


async def end_well(
    scene: Scene,
    operation: str,
    branch: str,
    tool: str,
    arguments: dict[str, Any],
    before: dict[str, Any],
    whole: dict[str, list[Any]],
) -> None:
    """One of the three ways out of an interrupted operation, and what it has to come to."""
    async with scene.connected(**POLICY) as call:
        if branch == "again":
            ended = await agreed(call, tool, **arguments)
        else:
            ended = await agreed(call, "control_operation", operation=operation, action=branch)
        if branch == "undo" and ended.code == "conflict" and tool == "delete_resource":
            assert "gone" in ended.text
            branch, ended = "resume", await agreed(call, "control_operation", operation=operation, action="resume")
        if branch == "again" and ended.code == "conflict" and tool in PLANNED_FROM_WHAT_RAN:
            assert operation in ended.text
            ended = await agreed(call, "control_operation", operation=operation, action="resume")
        if branch == "again" and ended.code == "not_found" and tool == "delete_resource":
            ended = await agreed(call, "control_operation", operation=operation, action="resume")
        scene.settle()
        assert ended.state in {"done", "unchanged", "cancelled"}, ended.text
        receipt = await call("get_operation", operation=operation)
    if branch == "undo":
        assert scene.snapshot() == before
        assert receipt.state in {"undone", "cancelled"}
    else:
        assert seen(scene) == whole
        assert receipt.state == ("done" if branch == "resume" else receipt.state)
    assert told(scene) == []


INSIDE = (
    ("create_flow", "POST /data_sources", 0),
    ("create_flow", "PUT /data_sources/{id}/activate", 0),
    ("create_flow", "PUT /data_sources/{id}/pause", 0),
    ("create_flow", "POST /data_sets", 0),
    ("create_flow", "POST /data_sinks", 0),
    ("create_flow", "PUT /data_sets/{id}/accessors", 0),
    ("create_flow", "PUT /data_sources/{id}/activate", 1),
    ("create_credential", "POST /data_credentials", 0),
    ("create_source", "POST /data_sources", 0),
    ("create_destination", "POST /data_sinks", 0),
    ("pause", "PUT /flows/{id}/pause", 0),
    ("activate", "PUT /flows/{id}/activate", 0),
    ("grant_access", "PUT /data_sinks/{id}/accessors", 0),
    ("delete_resource", "DELETE /data_sets/{id}", 0),
    ("rotate_credential", "PUT /data_sources/{id}", 0),
    ("copy_flow", "POST /flows/{id}/copy", 0),
    ("migrate_schema", "PUT /data_sinks/{id}", 0),
)
"""Calls, a request of each in the middle of which they are killed, and how many like it pass before."""
LATE = 20.0
"""Seconds after which the platform does what was asked of it, well within the settling window."""


def every_request(ordinary: set[tuple[int, str]], more: tuple[str, ...] = ()) -> list[Any]:
    return [
        pytest.param(*case, branch, marks=() if (number, branch) in ordinary else pytest.mark.long)
        for number, case in enumerate(INSIDE)
        for branch in (*BRANCHES, *more)
    ]


@pytest.mark.parametrize("work", [pytest.param(False, marks=pytest.mark.long), True])
@pytest.mark.parametrize(
    ("tool", "request_line", "skip", "branch"), every_request({(3, "resume"), (6, "undo"), (15, "undo")})
)
async def test_killed_while_a_request_is_out(
    scene: Scene,
    reference: Callable[[str], dict[str, list[Any]]],
    tool: str,
    request_line: str,
    skip: int,
    branch: str,
    work: bool,
) -> None:
    before, arguments = scene.snapshot(), CASES[tool].arguments(scene)
    method, route = request_line.split()
    scene.break_("hang", method=method, route=route, skip=skip, work=work)
    copy = copy_calling(scene, tool, arguments)
    await anyio.to_thread.run_sync(eventually, lambda: hanging(scene))
    copy.kill()
    scene.mend()
    await end_well(scene, await announced(scene), branch, tool, arguments, before, reference(tool))


def hanging(scene: Scene) -> bool:
    """Whether a request has come that will get no answer."""
    return any("hang" in request["faults"] for request in scene.sandbox.world.requests.listed())


@pytest.mark.parametrize(
    ("tool", "request_line", "skip", "branch"),
    every_request({(0, "resume"), (0, "cancel"), (4, "again"), (8, "undo"), (11, "undo"), (15, "again")}, ("cancel",)),
)
async def test_what_the_platform_does_after_the_kill_is_waited_for(
    scene: Scene,
    reference: Callable[[str], dict[str, list[Any]]],
    tool: str,
    request_line: str,
    skip: int,
    branch: str,
) -> None:
    before, arguments = scene.snapshot(), CASES[tool].arguments(scene)
    method, route = request_line.split()
    scene.break_("late", method=method, route=route, skip=skip, seconds=LATE)
    await anyio.to_thread.run_sync(died, scene, tool, arguments, "on lost answer")
    assert len(scene.sandbox.world.deferred) == 1
    operation = await announced(scene)
    if branch == "cancel":
        # Cancelling calls nothing back: who makes the call again has to wait all the same.
        async with scene.connected(**POLICY) as call:
            assert (await call("control_operation", operation=operation, action="cancel")).state == "cancelled"
            branch = "again"
            if tool in PLANNED_FROM_WHAT_RAN:
                # What it paused rests: planned from that, the flow would rest for good.
                assert (await agreed(call, tool, **arguments)).code == "conflict"
                branch = "undo"
    await end_well(scene, operation, branch, tool, arguments, before, reference(tool))


TAKING_BACK = ("before status undoing", "after status undoing", "before back 8", "after back 5", "before back 4")
TAKING_BACK += ("before back 2", "before back 0", "before status failed")
ORDINARY_TAKING_BACK = {("before back 4", "resume"), ("before status undoing", "again")}


@pytest.mark.parametrize(
    ("moment", "branch"),
    [
        pytest.param(moment, branch, marks=() if (moment, branch) in ORDINARY_TAKING_BACK else pytest.mark.long)
        for moment in TAKING_BACK
        for branch in BRANCHES
    ],
)
async def test_killed_while_it_takes_back_what_failed(
    scene: Scene, reference: Callable[[str], dict[str, list[Any]]], moment: str, branch: str
) -> None:
    """A resume goes on in the direction in which it went."""
    before, arguments = scene.snapshot(), CASES["create_flow"].arguments(scene)
    scene.break_("status", method="PUT", route=SINK_ROUTE, status=403, count=None)
    await anyio.to_thread.run_sync(died, scene, "create_flow", arguments, moment)
    scene.mend()
    operation = await announced(scene)
    if branch != "resume" or moment == "before status undoing":
        await end_well(scene, operation, branch, "create_flow", arguments, before, reference("create_flow"))
        return
    async with scene.connected(**POLICY) as call:
        ended = await agreed(call, "control_operation", operation=operation, action="resume")
        assert (ended.state, ended.code) == ("failed", "forbidden")
    assert scene.snapshot() == before
    assert told(scene) == []


@pytest.mark.parametrize("way", ["resume the undo", pytest.param("undo again", marks=pytest.mark.long), "build again"])
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("after claim", marks=pytest.mark.long),
        pytest.param("after begin 0", marks=pytest.mark.long),
        "before end 2",
        pytest.param("after end 4", marks=pytest.mark.long),
        pytest.param("before status done", marks=pytest.mark.long),
    ],
)
async def test_an_undo_is_killed(
    scene: Scene, reference: Callable[[str], dict[str, list[Any]]], moment: str, way: str
) -> None:
    before, arguments = scene.snapshot(), CASES["create_flow"].arguments(scene)
    async with scene.connected(**POLICY) as call:
        built = (await call("create_flow", **arguments)).structured["operation"]
        undoing = {"operation": built, "action": "undo"}
        await anyio.to_thread.run_sync(died, scene, "control_operation", undoing, moment)
        undo = await announced(scene)
        if way == "build again":
            assert (await call("create_flow", **arguments)).state in {"done", "unchanged"}
            assert seen(scene) == reference("create_flow")
            return
        wanted = {"operation": undo, "action": "resume"} if way == "resume the undo" else undoing
        assert (await agreed(call, "control_operation", **wanted)).state in {"done", "unchanged"}
        assert (await call("get_operation", operation=built)).state == "undone"
    assert scene.snapshot() == before
    assert told(scene) == []
