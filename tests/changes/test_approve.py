"""A person at a terminal: `nexla-mcp approve CODE`, and `nexla-mcp call`, which asks there itself.

Real processes, in a terminal of their own or without one, against one sandbox and one state directory.
"""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from nexla_mcp.cli import call as command
from nexla_mcp.server import Account
from tests.changes.conftest import FLOW, SPEC, TEAM, Scene
from tests.changes.test_gate_people import PAYMENTS, cancelling, pausing, rename, writes

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals"),
]

PATIENCE = 60
"""Real seconds after which a command that should ask or end counts as hanging."""
NAMED, YES_OR_NO = "name (empty to decline): ", "yes or no: "
END_OF_INPUT = "\x04"
OK, FAILED, NOT_FOUND, NEEDS_CONFIRMATION, MAYBE_APPLIED = 0, 1, 5, 7, 9


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that it showed."""

    code: int
    shown: str


def without_terminal(scene: Scene, *words: str, typed: str = "", **variables: str) -> Ended:
    """As in a pipe or a job: the answers are there, but nobody who reads the questions."""
    done = subprocess.run(
        [sys.executable, "-m", "nexla_mcp", *words],
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=scene.environment(TERM="dumb", **variables),
        check=False,
    )
    return Ended(done.returncode, done.stdout + done.stderr)


def at_terminal(
    scene: Scene, *words: str, prompt: str = "", types: str = "", first: Callable[[], None] | None = None, **more: str
) -> Ended:
    """In a pseudo-terminal, where somebody types when the prompt has come; `first` happens before that."""
    import pty  # noqa: PLC0415 - Windows has none

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "nexla_mcp", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=scene.environment(TERM="dumb", **more),
        start_new_session=True,
    )
    os.close(theirs)
    shown, asked = "", False
    try:
        while (more_shown := read_some(ours)) is not None:
            shown += more_shown
            if prompt and not asked and prompt in shown:
                asked = True
                if first is not None:
                    first()
                os.write(ours, types.encode())
        code = process.wait(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert asked is bool(prompt), shown
    return Ended(code, shown.replace("\r\n", "\n"))


def read_some(terminal: int) -> str | None:
    """What was shown meanwhile; None when the other side is closed."""
    readable, _, _ = select.select([terminal], [], [], PATIENCE)
    assert readable, "it neither asks nor ends"
    try:
        got = os.read(terminal, 65_536)
    except OSError:
        # How Linux says that nobody has the terminal open any more.
        return None
    return got.decode() if got else None


async def code_for(scene: Scene, tool: str = "delete_resource", **settings: Any) -> str:
    """From a client that cannot ask anybody."""
    async with scene.connected(**settings) as call:
        answer = await call(tool, **pausing(scene))
    return str(answer.structured["approve_code"])


def question_in(shown: str) -> str:
    """The question as it stood on the terminal, without its prompt."""
    return shown.partition(NAMED)[0].strip()


async def test_a_person_reads_the_plan_types_its_name_and_the_same_call_runs_once(scene: Scene) -> None:
    code = await code_for(scene)
    approved = at_terminal(scene, "approve", code, prompt=NAMED, types=f"{PAYMENTS}\n")
    assert approved.code == OK
    assert "Approved" in approved.shown
    flow = scene.flow_id(PAYMENTS)
    for kind in ("data_sources", "data_sets", "data_sinks"):
        for row in scene.rows(kind, origin_node_id=flow):
            assert f'{row["id"]} "{row["name"]}", {row["status"]}' in approved.shown
    assert TEAM in approved.shown
    assert writes(scene) == [], "to approve is not yet to do"
    async with scene.connected() as call:
        done = await call("delete_resource", type="flow", resource=flow)
        receipt = await call("get_operation", operation=done.structured["operation"])
    assert done.state == "done"
    assert "approve" in receipt.structured["decision"]
    assert scene.rows("data_sources", name=PAYMENTS) == []
    again = at_terminal(scene, "approve", code)
    assert again.code == NOT_FOUND


@pytest.mark.parametrize(
    ("types", "told"),
    [("Stripe Refunds\n", "not its name"), (f"{PAYMENTS.upper()}\n", "not its name"), (END_OF_INPUT, "Not approved")],
    ids=["another name", "another case", "end of input"],
)
async def test_what_is_no_agreement_approves_nothing_and_may_be_answered_again(
    scene: Scene, types: str, told: str
) -> None:
    code = await code_for(scene)
    refused = at_terminal(scene, "approve", code, prompt=NAMED, types=types)
    assert refused.code == NEEDS_CONFIRMATION
    assert told in refused.shown
    async with scene.connected() as call:
        assert (await call("delete_resource", **pausing(scene))).state == "confirmation_required"
    assert writes(scene) == []
    assert at_terminal(scene, "approve", code, prompt=NAMED, types=f"{PAYMENTS}\n").code == OK


async def test_an_empty_line_declines_for_every_copy(scene: Scene) -> None:
    code = await code_for(scene)
    declined = at_terminal(scene, "approve", code, prompt=NAMED, types="\n")
    assert declined.code == NEEDS_CONFIRMATION
    assert "Declined" in declined.shown
    for settings in ({}, {"confirm": "token"}):
        async with scene.connected(**settings) as call:
            assert (await call("delete_resource", **pausing(scene))).code == "not_allowed"
    assert at_terminal(scene, "approve", code).code == NOT_FOUND
    assert writes(scene) == []


@pytest.mark.parametrize(("types", "code"), [("yes\n", OK), ("Y\n", OK), ("no\n", 7), ("\n", 7), ("pause it\n", 7)])
async def test_what_can_be_put_back_takes_a_yes(scene: Scene, types: str, code: int) -> None:
    waiting = await code_for(scene, "pause", confirm="human")
    ended = at_terminal(scene, "approve", waiting.lower(), prompt=YES_OR_NO, types=types)
    assert ended.code == code
    async with scene.connected(confirm="human") as call:
        answer = await call("pause", **pausing(scene))
    assert (answer.state if code == OK else answer.code) == ("done" if code == OK else "not_allowed")


async def test_what_changes_after_the_approval_is_asked_for_anew(scene: Scene) -> None:
    code = await code_for(scene)
    given = pausing(scene)
    assert at_terminal(scene, "approve", code, prompt=NAMED, types=f"{PAYMENTS}\n").code == OK
    rename(scene)
    async with scene.connected() as call:
        refused = await call("delete_resource", **given)
    assert refused.state == "confirmation_required"
    assert refused.structured["approve_code"] != code
    assert writes(scene) == []


async def test_without_a_terminal_nobody_approves(scene: Scene) -> None:
    code = await code_for(scene)
    refused = without_terminal(scene, "approve", code, typed=f"{PAYMENTS}\n")
    assert refused.code == FAILED
    assert "terminal" in refused.shown
    assert "Stripe" not in refused.shown
    async with scene.connected() as call:
        assert (await call("delete_resource", **pausing(scene))).state == "confirmation_required"
    assert writes(scene) == []


@pytest.mark.parametrize("code", ["ABCDEFGH", "", "'; DROP TABLE decisions; --"])
async def test_a_code_that_nothing_waits_for_is_not_found(scene: Scene, code: str) -> None:
    waiting = await code_for(scene)
    assert at_terminal(scene, "approve", code).code == NOT_FOUND
    assert at_terminal(scene, "approve", waiting, prompt=NAMED, types=f"{PAYMENTS}\n").code == OK


async def test_a_code_is_known_where_its_plan_was_made_and_nowhere_else(scene: Scene) -> None:
    code = await code_for(scene)
    elsewhere = at_terminal(scene, "approve", code, NEXLA_MCP_STATE_DIR=f"{scene.settings.state_dir}-of-another")
    other_account = at_terminal(scene, "approve", code, NEXLA_API_URL="https://dataops.nexla.io/nexla-api")
    assert elsewhere.code == other_account.code == NOT_FOUND
    assert "NEXLA_MCP_STATE_DIR" in elsewhere.shown


async def test_the_terminal_asks_what_a_client_would_ask(scene: Scene) -> None:
    code = await code_for(scene)
    shown = question_in(at_terminal(scene, "approve", code, prompt=NAMED, types=END_OF_INPUT).shown)
    async with scene.connected(reply=cancelling) as call:
        await call("delete_resource", **pausing(scene))
    assert shown == scene.asked[0].message


def test_a_call_at_a_terminal_asks_there_and_runs(scene: Scene) -> None:
    flow = scene.flow_id(PAYMENTS)
    done = at_terminal(scene, "call", "pause", f"resource={flow}", prompt=YES_OR_NO, types="yes\n")
    assert done.code == OK, done.shown
    assert "DONE" in done.shown
    assert scene.statuses(flow) == {"PAUSED"}
    assert len(writes(scene)) == 1


def test_a_call_at_a_terminal_deletes_what_is_named(scene: Scene) -> None:
    words = ("call", "delete_resource", "type=flow", f"resource={scene.flow_id(PAYMENTS)}")
    mistyped = at_terminal(scene, *words, prompt=NAMED, types="Stripe\n")
    assert mistyped.code == NEEDS_CONFIRMATION
    assert writes(scene) == []
    assert at_terminal(scene, *words, prompt=NAMED, types=f"{PAYMENTS}\n").code == OK
    assert scene.rows("data_sources", name=PAYMENTS) == []


def test_a_decline_at_a_terminal_does_nothing_and_holds(scene: Scene) -> None:
    words = ("call", "pause", f"resource={scene.flow_id(PAYMENTS)}")
    declined = at_terminal(scene, *words, prompt=YES_OR_NO, types="no\n")
    assert declined.code == NEEDS_CONFIRMATION
    assert "NOT DONE" in declined.shown
    around = without_terminal(scene, *words, "--yes")
    assert around.code == FAILED
    assert "declined" in around.shown
    assert writes(scene) == []


def test_what_changes_while_the_question_stands_is_not_done(scene: Scene) -> None:
    words = ("call", "pause", f"resource={scene.flow_id(PAYMENTS)}")
    refused = at_terminal(scene, *words, prompt=YES_OR_NO, types="yes\n", first=lambda: rename(scene))
    assert refused.code == NEEDS_CONFIRMATION
    assert "Stripe Payments, old" in refused.shown
    assert writes(scene) == []


def test_a_call_without_a_terminal_needs_confirmation(scene: Scene) -> None:
    flow = scene.flow_id(PAYMENTS)
    words = ("call", "pause", f"resource={flow}", "-o", "json")
    asked = without_terminal(scene, *words, typed="yes\n")
    assert asked.code == NEEDS_CONFIRMATION
    token = json.loads(asked.shown.splitlines()[-1])["confirmation"]
    assert writes(scene) == []
    confirmed = without_terminal(scene, *words, f"confirmation={token}")
    assert confirmed.code == OK
    assert scene.statuses(flow) == {"PAUSED"}


def test_yes_gives_back_a_token_and_stands_for_no_person(scene: Scene) -> None:
    flow = scene.flow_id(PAYMENTS)
    paused = without_terminal(scene, "call", "pause", f"resource={flow}", "--yes")
    assert paused.code == OK
    assert scene.statuses(flow) == {"PAUSED"}
    sent = writes(scene)
    delete = ("call", "delete_resource", "type=flow", f"resource={flow}", "--yes")
    for refused in (without_terminal(scene, *delete), at_terminal(scene, *delete)):
        assert refused.code == NEEDS_CONFIRMATION
        assert "nexla-mcp approve" in refused.shown
    assert writes(scene) == sent
    assert without_terminal(scene, *delete, NEXLA_MCP_CONFIRM="deny").code == FAILED
    assert without_terminal(scene, *delete, NEXLA_MCP_CONFIRM="token").code == OK
    assert scene.rows("data_sources", name=PAYMENTS) == []


def test_an_approval_is_used_by_the_next_command(scene: Scene) -> None:
    words = ("call", "delete_resource", "type=flow", f"resource={scene.flow_id(PAYMENTS)}")
    asked = without_terminal(scene, *words)
    assert asked.code == NEEDS_CONFIRMATION
    (code,) = re.findall(r"nexla-mcp approve ([A-Z0-9]{8})", asked.shown)
    assert at_terminal(scene, "approve", code, prompt=NAMED, types=f"{PAYMENTS}\n").code == OK
    assert without_terminal(scene, *words).code == OK
    assert scene.rows("data_sources", name=PAYMENTS) == []


async def test_a_failure_that_left_something_behind_ends_with_the_code_of_what_may_have_been_applied(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A step is refused, and so is taking back the steps before it."""
    clocked = partial(Account, clock=scene.clock)
    monkeypatch.setattr(command, "Account", clocked)
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(SPEC))
    scene.break_("status", method="POST", route="/data_sinks", status=403, count=None)
    scene.break_("status", method="DELETE", status=403, count=None)
    code = await anyio.to_thread.run_sync(
        partial(command.run, scene.settings, command.Request("create_flow", file=file), as_json=True)
    )
    assert code == MAYBE_APPLIED
    assert len(scene.rows("data_sources", name=FLOW)) == 1
    scene.mend()
    code = await anyio.to_thread.run_sync(
        partial(command.run, scene.settings, command.Request("create_flow", file=file), as_json=True)
    )
    assert code == OK
    assert len(scene.rows("data_sources", name=FLOW)) == 1


def lists_before_its_create(scene: Scene, words: tuple[str, ...]) -> int:
    """How often sources are listed before one is made, seen in a run that goes well."""
    scene.sandbox.world.requests.clear()
    assert without_terminal(scene, *words).code == OK
    served = [(request["method"], request["route"]) for request in scene.sandbox.world.requests.listed()]
    return served[: served.index(("POST", "/data_sources"))].count(("GET", "/data_sources"))


@pytest.mark.long
def test_what_may_have_been_applied_ends_with_its_own_code_and_the_same_spec_again_is_safe(
    scene: Scene, tmp_path: Path
) -> None:
    """Long, since a process of its own waits its half minute for the lost request in real time."""

    def deploying(name: str) -> tuple[str, ...]:
        file = tmp_path / f"{name}.json"
        source_only = {"activate": False, "verify": False, "access": [], "destinations": [], "nexsets": []}
        file.write_text(json.dumps({**SPEC, "name": name, **source_only}))
        return ("call", "create_flow", "--file", str(file))

    looks = lists_before_its_create(scene, deploying("Orders US"))
    scene.break_("reset_after", method="POST", route="/data_sources", count=None)
    scene.break_("status", method="GET", route="/data_sources", status=403, skip=looks, count=None)
    unknown = without_terminal(scene, *deploying(FLOW))
    scene.mend()
    assert unknown.code == MAYBE_APPLIED, unknown.shown
    assert len(scene.rows("data_sources", name=FLOW)) == 1
    assert without_terminal(scene, *deploying(FLOW)).code == OK
    assert len(scene.rows("data_sources", name=FLOW)) == 1
