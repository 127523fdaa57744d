"""Every kind of fault on every tool that changes something: done once, or nothing left of it, or said.

What came of a call is counted in the sandbox's store, after everything that the platform still had to do is done. Then
the fault is mended and the same call made again: it has to end with exactly one of everything.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.changes.conftest import Called, Scene
from tests.matrix.accounts import Accounts
from tests.matrix.picture import Picture, doubled, picture, things
from tests.matrix.write_tools import SECRET_VARIABLE, WRITES, Call, Write, confirmed

pytestmark = pytest.mark.anyio

FAULTS: dict[str, dict[str, Any]] = {
    "reset before": {"kind": "reset_before"},
    "closed before": {"kind": "reset_before", "how": "close"},
    "reset after": {"kind": "reset_after"},
    "closed after": {"kind": "reset_after", "how": "close"},
    "late": {"kind": "late", "seconds": 5.0},
    "silence": {"kind": "hang", "ms": 10},
    "silence with the work done": {"kind": "hang", "ms": 10, "work": True},
    "truncated": {"kind": "truncated"},
    "nothing": {"kind": "empty"},
    "html": {"kind": "html"},
    "broken JSON": {"kind": "broken_json"},
    "429": {"kind": "status", "status": 429},
    "429 with Retry-After": {"kind": "status", "status": 429, "retry_after": 3},
    "500": {"kind": "status", "status": 500},
    "500 with the work done": {"kind": "status", "status": 500, "work": True},
    "502": {"kind": "status", "status": 502, "body": "html"},
    "502 with the work done": {"kind": "status", "status": 502, "body": "html", "work": True},
    "503": {"kind": "status", "status": 503},
    "503 with the work done": {"kind": "status", "status": 503, "work": True},
    "504": {"kind": "status", "status": 504},
    "504 with the work done": {"kind": "status", "status": 504, "work": True},
    "expired token": {"kind": "expired_token"},
    "403": {"kind": "status", "status": 403},
    "404": {"kind": "status", "status": 404},
}
ON_READS = ("reset before", "nothing", "html", "429", "500", "503", "expired token", "403", "404")
"""What can become of a read: it has no work that could be done or not."""
BRIEF = (
    "reset before",
    "reset after",
    "late",
    "429 with Retry-After",
    "500 with the work done",
    "expired token",
    "403",
)
BRIEF_ON_READS = ("reset before", "html", "500", "403", "404")
"""A fault of each class, for tools of many steps: what an answer means is decided in one place for all routes."""
MANY_STEPS = frozenset(
    {"create_flow", "create_flow, verified", "delete a branch", "grant_access", "undo of a pause", "undo of a flow"}
    | {"migrate_schema", "rebuild", "rotate_credential"}
)
DONE = frozenset({"done", "unchanged"})

REPRESENTATIVE = (
    ("create_credential", "POST /data_credentials", "reset after"),
    ("create_credential", "POST /data_credentials", "500 with the work done"),
    ("create_credential", "GET /data_credentials/{credential_id}/probe", "500"),
    ("create_source", "POST /data_sources", "late"),
    ("create_source", "POST /data_sources", "expired token"),
    ("create_source", "POST /data_sources", "403"),
    ("create_destination", "POST /data_sinks", "504 with the work done"),
    ("create_destination", "POST /data_sinks", "reset before"),
    ("create_flow", "POST /data_sources", "late"),
    ("create_flow", "PUT /data_sources/{source_id}/pause", "late"),
    ("create_flow", "POST /data_sets", "reset after"),
    ("create_flow", "POST /data_sinks", "403"),
    ("create_flow", "GET /data_sources/{source_id}", "500"),
    ("create_flow, verified", "GET /data_flows/{resource_type}/{resource_id}/metrics", "500"),
    ("activate", "PUT /flows/{flow_id}/activate", "late"),
    ("activate", "PUT /flows/{flow_id}/activate", "reset after"),
    ("activate", "GET /flows/{flow_id}", "403"),
    ("pause", "PUT /flows/{flow_id}/pause", "silence with the work done"),
    ("pause", "PUT /flows/{flow_id}/pause", "429 with Retry-After"),
    ("pause", "GET /data_sources/{data_source_id}/accessors", "500"),
    ("delete a flow", "DELETE /flows/{flow_id}", "late"),
    ("delete a flow", "DELETE /flows/{flow_id}", "500 with the work done"),
    ("delete a flow", "DELETE /flows/{flow_id}", "404"),
    ("delete a branch", "DELETE /data_sets/{set_id}", "403"),
    ("delete a branch", "GET /data_sets/{set_id}", "500"),
    ("delete a credential", "DELETE /data_credentials/{credential_id}", "reset after"),
    ("delete a credential", "DELETE /data_credentials/{credential_id}", "html"),
    ("copy_flow", "POST /flows/{flow_id}/copy", "late"),
    ("copy_flow", "POST /flows/{flow_id}/copy", "403"),
    ("copy_flow", "PUT /data_sources/{source_id}", "500 with the work done"),
    ("copy_flow", "PUT /projects/{project_id}/flows", "403"),
    ("copy_flow", "GET /data_sources", "500"),
    ("migrate_schema", "POST /data_sets", "late"),
    ("migrate_schema", "PUT /data_sinks/{sink_id}", "reset after"),
    ("migrate_schema", "PUT /data_sinks/{sink_id}/activate", "403"),
    ("migrate_schema", "GET /data_sets/{set_id}/samples", "500"),
    ("rotate_credential", "POST /data_credentials", "reset after"),
    ("rotate_credential", "PUT /data_sources/{source_id}/pause", "late"),
    ("rotate_credential", "PUT /data_sources/{source_id}", "reset after"),
    ("rotate_credential", "PUT /data_sources/{source_id}/activate", "403"),
    ("rotate_credential", "GET /flows", "500"),
    ("grant_access", "PUT /data_sources/{data_source_id}/accessors", "late"),
    ("grant_access", "PUT /data_sets/{data_set_id}/accessors", "nothing"),
    ("grant_access", "PUT /data_sinks/{data_sink_id}/accessors", "403"),
    ("revoke_access", "DELETE /data_sources/{data_source_id}/accessors", "late"),
    ("replace_access", "POST /data_sources/{data_source_id}/accessors", "reset after"),
    ("undo of a pause", "PUT /data_sinks/{sink_id}/pause", "403"),
    ("undo of a pause", "GET /{resource_type}/{resource_id}/flow", "404"),
    ("undo of a grant", "DELETE /data_sources/{data_source_id}/accessors", "late"),
    ("undo of a grant", "PUT /data_sources/{data_source_id}/accessors", "403"),
    ("undo of a flow", "DELETE /data_sets/{set_id}", "403"),
    ("undo of a flow", "DELETE /data_sources/{source_id}", "reset after"),
    ("rebuild", "POST /data_sources", "reset after"),
)
"""What the ordinary suite looks at. Reads fail the last time that they are made: when something is done already."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Accounts:
    return Accounts(tmp_path_factory.mktemp("accounts"))


@pytest.fixture
async def accounts(made: Accounts, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setenv(SECRET_VARIABLE, "correct horse battery staple")
    await made.make()
    return made


def _class(answer: Called) -> str:
    if answer.structured.get("maybe_applied"):
        return "maybe_applied"
    if answer.state == "confirmation_required":
        # The plan that the token was for had been made in part from answers that failed.
        return "asked again"
    return "not done" if answer.is_error else answer.state


async def _begun(write: Write, scene: Scene, call: Call) -> dict[str, Any]:
    """The arguments, once what has to be done first is done."""
    operation = ""
    if write.first is not None:
        first = await write.first(scene, call)
        assert first.state == "done", first.text
        operation = first.structured["operation"]
    scene.settle()
    scene.sandbox.world.requests.clear()
    return write.arguments(scene, operation)


async def _without_fault(name: str, accounts: Accounts, folder: Path) -> tuple[Picture, Picture, dict[str, int]]:
    """Before, after, and how often each route is met: what cases are judged by."""
    if name not in accounts.seen:
        write = WRITES[name]
        with accounts.scene(write.account, folder / "without fault") as scene:
            async with scene.connected() as call:
                arguments = await _begun(write, scene, call)
                before = picture(scene)
                answer = await confirmed(call, write.tool, **arguments)
                assert answer.state == "done", answer.text
            requests = [f"{row['method']} {row['route']}" for row in scene.sandbox.world.requests.listed()]
            scene.settle()
            accounts.seen[name] = before, picture(scene), {route: requests.count(route) for route in requests}
    return accounts.seen[name]


async def _judged(
    name: str, route: str, fault: str, accounts: Accounts, folder: Path, *, place: str = "first", count: int | None = 1
) -> str:
    """The class of the answer, when all that has to hold does."""
    write = WRITES[name]
    before, wanted, met = await _without_fault(name, accounts, folder)
    assert before != wanted
    assert met.get(route), f"{name} never asks {route}: {met}"
    skip = {"first": 0, "middle": met[route] // 2, "last": met[route] - 1}[place]
    method, path = route.split(" ")
    again: Called | None = None
    with accounts.scene(write.account, folder / "with fault") as scene:
        async with scene.connected() as call:
            arguments = await _begun(write, scene, call)
            scene.break_(**FAULTS[fault], method=method, route=path, skip=skip, count=count)
            answer = await confirmed(call, write.tool, **arguments)
            scene.mend()
            scene.settle()
            now = picture(scene)
            await scene.clock.sleep(60)
            if _class(answer) not in DONE:
                again = await confirmed(call, write.tool, **arguments)
                if again.code == "conflict" and "operation" in answer.structured:
                    # It is planned from what ran before, which the first call could not put back.
                    assert answer.structured["operation"] in again.text
                    undo = {"operation": answer.structured["operation"], "action": "undo"}
                    assert (await confirmed(call, "control_operation", **undo)).state == "done"
                    again = await confirmed(call, write.tool, **arguments)
        scene.settle()
        at_last = picture(scene)
    _hold(answer, now, before, wanted)
    said = f"{_difference(at_last, wanted)}\n{answer.text}\n{again.text if again else ''}"
    if again is not None and "is left running" in again.text:
        # What could not be stopped was said at first; what runs is not stopped by building beside it.
        assert things(at_last) == things(wanted), said
    else:
        assert at_last == wanted, said
    if again is not None and not (write.gone_is_done and again.code == "not_found"):
        assert again.state in DONE, again.text
    return _class(answer)


def _hold(answer: Called, now: Picture, before: Picture, wanted: Picture) -> None:
    assert answer.code != "internal", answer.text
    assert doubled(now, before, wanted) == {}, answer.text
    how = _class(answer)
    if how in DONE:
        assert now == wanted, f"said to be {how}, and is not: {_difference(now, wanted)}\n{answer.text}"
    elif how == "maybe_applied":
        told = f"{answer.structured.get('message')} {answer.structured.get('hint')}"
        assert answer.structured.get("hint"), answer.text
        assert answer.structured.get("next_tool") or answer.structured.get("resource") or re.search(r"\d", told), told
    else:
        assert how in {"not done", "asked again"}, answer.text
        assert now == before, f"said to be not done, and something is left: {_difference(now, before)}\n{answer.text}"


def _difference(now: Picture, other: Picture) -> str:
    return f"more: {dict(now - other)}, less: {dict(other - now)}"


def _cases() -> list[Any]:
    """Each write route of each tool under each fault, and under some that do not end; then the reads, the first time
    that each is made and the last."""
    cases = []
    for name, write in WRITES.items():
        on_writes, on_reads = (BRIEF, BRIEF_ON_READS) if name in MANY_STEPS else (tuple(FAULTS), ON_READS)
        for route, fault in itertools.product(write.routes, on_writes):
            cases.append(pytest.param(name, route, fault, "first", 1, id=f"{name}-{route}-{fault}"))
        for route, fault in itertools.product(write.routes, ("reset after", "late", "503")):
            cases.append(pytest.param(name, route, fault, "first", None, id=f"{name}-{route}-{fault} always"))
        for route, fault, place in itertools.product(write.reads, on_reads, ("first", "last")):
            cases.append(pytest.param(name, route, fault, place, 1, id=f"{name}-{place} {route}-{fault}"))
    return cases


@pytest.mark.parametrize(("name", "route", "fault"), REPRESENTATIVE)
async def test_one_of_each_kind(name: str, route: str, fault: str, accounts: Accounts, tmp_path: Path) -> None:
    place = "last" if route.startswith("GET ") else "first"
    await _judged(name, route, fault, accounts, tmp_path, place=place)


@pytest.mark.long
@pytest.mark.parametrize(("name", "route", "fault", "place", "count"), _cases())
async def test_done_once_or_not_at_all_or_said(
    name: str,
    route: str,
    fault: str,
    place: str,
    count: int | None,
    accounts: Accounts,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    how = await _judged(name, route, fault, accounts, tmp_path, place=place, count=count)
    record_property("outcome", how)


@pytest.mark.parametrize("fault", ["503", "500", "html"])
async def test_no_twin_is_made_when_the_list_of_what_there_is_breaks_off(
    fault: str, accounts: Accounts, tmp_path: Path
) -> None:
    """The one that is there stands on a page that cannot be read: a second one must not be made for that."""
    write = WRITES["create_source"]
    with accounts.scene("acme", tmp_path) as scene:
        async with scene.connected() as call:
            arguments = write.arguments(scene, "")
            first = await call(write.tool, **arguments)
            scene.break_("per_page_cap", method="GET", route="/data_sources", count=None, per_page=10)
            scene.break_(**FAULTS[fault], method="GET", route="/data_sources", skip=1, count=None)
            refused = await call(write.tool, **arguments)
            scene.mend()
            await scene.clock.sleep(60)
            again = await call(write.tool, **arguments)
        assert len(scene.rows("data_sources", name=arguments["name"])) == 1
    assert (first.state, refused.is_error, again.state) == ("done", True, "unchanged")
    assert not refused.structured.get("maybe_applied")


@pytest.mark.parametrize("name", ["create_flow", "grant_access", "undo of a grant"])
async def test_a_key_with_one_live_session_loses_it_in_the_middle(
    name: str, accounts: Accounts, tmp_path: Path
) -> None:
    """Somebody else logs in with the same key at each write, which ends the session that it is sent with."""
    write = WRITES[name]
    _, wanted, _ = await _without_fault(name, accounts, tmp_path)
    with accounts.scene(write.account, tmp_path / "session", single_session=True) as scene:
        async with scene.connected() as call:
            arguments = await _begun(write, scene, call)
            for route in write.routes:
                method, path = route.split(" ")
                scene.break_("expired_token", method=method, route=path)
            scene.sandbox.world.sessions.log_in(f"Basic {scene.sandbox.service_key}")
            answer = await confirmed(call, write.tool, **arguments)
        scene.settle()
        assert picture(scene) == wanted, answer.text
    assert answer.state == "done", answer.text
