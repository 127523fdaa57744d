"""The one way a change comes about: planned, judged, agreed to, run, and told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import anyio
import anyio.to_thread

from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.results.base import Result
from nexla_mcp.domain.results.operation import State
from nexla_mcp.operations.answers import answer_of_operation, answer_of_plan, error_of
from nexla_mcp.operations.desk import Desk
from nexla_mcp.safety.digest import digest_of, digest_of_call
from nexla_mcp.safety.gate import Needed, NotAgreed, Outcome, Pass
from nexla_mcp.safety.ledger import Claim
from nexla_mcp.safety.people import Person
from nexla_mcp.safety.tokens import Purpose, Sealed
from nexla_mcp.tools.context import WAIT_SECONDS, ToolContext
from nexla_mcp.tools.spec import CONFIRMATION, DRY_RUN, ToolSpec

WHOLE_CALL_SECONDS = 55.0
"""How long a call takes at most when a person was asked in the middle of it: older clients give up after 60 s."""
SHORTEST_WAIT = 3.0


@dataclass(frozen=True)
class Change:
    """One call of a tool that changes something."""

    spec: ToolSpec
    arguments: dict[str, Any]
    """As read, with `dry_run` and `confirmation`."""
    given: dict[str, Any]
    """As they came, to know the same call again."""
    person: Person | None
    wait_seconds: float | None = WAIT_SECONDS

    def after(self, asked_for: float) -> Change:
        """The same call when a person has thought for so many seconds."""
        if self.wait_seconds is None:
            return self
        left = max(SHORTEST_WAIT, WHOLE_CALL_SECONDS - asked_for)
        return replace(self, wait_seconds=min(self.wait_seconds, left))


async def make(change: Change, context: ToolContext) -> tuple[Result, ErrorInfo | None]:
    """The answer, and its error when an operation failed.

    Raises:
        Failure: nothing was done.
        AskLaterError: nothing was done yet; the client has to ask a person and call again.
    """
    desk = await context.open_desk()
    context = replace(context, dry_run=change.arguments[DRY_RUN])
    call = _fingerprint(desk, change)
    sealed = _sealed(desk, change, call)
    if sealed is not None and await anyio.to_thread.run_sync(desk.planning.ledger.get, sealed.nonce) is not None:
        return await _told(desk, sealed.nonce, change, context)
    planned = await change.spec.function(context, **_its_own(change.arguments))
    if not isinstance(planned, Plan):
        return planned, None
    if planned.changes_nothing or change.arguments[DRY_RUN]:
        if not change.arguments[DRY_RUN]:
            await anyio.to_thread.run_sync(desk.planning.ledger.nothing_left, planned)
        return answer_of_plan(planned, State.PLANNED), None
    began = anyio.current_time()
    outcome = await desk.gate.judge(planned, call, sealed, change.person)
    return await _proceed(desk, planned, outcome, call, change.after(anyio.current_time() - began), context)


async def _proceed(
    desk: Desk, plan: Plan, outcome: Outcome, call: str, change: Change, context: ToolContext
) -> tuple[Result, ErrorInfo | None]:
    if isinstance(outcome, Needed):
        return answer_of_plan(plan, State.CONFIRMATION_REQUIRED, why=outcome.why, needed=outcome), None
    if isinstance(outcome, NotAgreed):
        return answer_of_plan(plan, State.NOT_CONFIRMED, why=outcome.why), None
    if change.person is not None and outcome.by == change.person.described and change.person.state is None:
        changed = await _changed_meanwhile(plan, change, context)
        if changed is not None:
            why = "Things changed while the person was asked: this is the plan as it is now. Nothing was done."
            return answer_of_plan(changed, State.NOT_CONFIRMED, why=why), None
    await _start(desk, plan, outcome, call)
    return await _told(desk, plan.resumes or outcome.operation, change, context)


async def _changed_meanwhile(plan: Plan, change: Change, context: ToolContext) -> Plan | None:
    """The plan as it is now, if it is another than the one that was agreed to: a person may think for a while."""
    again = await change.spec.function(context, **_its_own(change.arguments))
    if isinstance(again, Plan) and digest_of(again) != digest_of(plan):
        return again
    return None


async def _start(desk: Desk, plan: Plan, outcome: Pass, call: str) -> None:
    await desk.runner.start(Claim(outcome.operation, plan, digest_of(plan), call, outcome.by))
    if outcome.approval is not None:
        await anyio.to_thread.run_sync(desk.gate.decisions.use_up, outcome.approval)


async def _told(desk: Desk, operation: str, change: Change, context: ToolContext) -> tuple[Result, ErrorInfo | None]:
    """The operation when it has ended, or as far as it is when the call has waited long enough."""
    record = await desk.runner.wait(operation, change.wait_seconds, context.progress)
    return answer_of_operation(record), error_of(record)


def _fingerprint(desk: Desk, change: Change) -> str:
    return desk.gate.seals.fingerprint(digest_of_call(change.spec.name, _its_own(change.given)))


def _its_own(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments without those that every change has."""
    return {name: value for name, value in arguments.items() if name not in {DRY_RUN, CONFIRMATION}}


def _sealed(desk: Desk, change: Change, call: str) -> Sealed | None:
    """The confirmation that came with the call, in its arguments or with a person's answer.

    Raises:
        Failure: `bad_input` when it is forged, or belongs to another call.
    """
    state = change.person.state if change.person is not None else None
    text, purpose = (state, Purpose.QUESTION) if state is not None else (change.arguments[CONFIRMATION], Purpose.TOKEN)
    if text is None:
        return None
    sealed = desk.gate.seals.read(text, purpose)
    if sealed is None or sealed.call != call:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "This confirmation is not one for this call with these arguments. Nothing was done.",
            hint="Make the call without `confirmation`: it answers with the plan and how it can be confirmed.",
        )
    return sealed
