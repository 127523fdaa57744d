"""Whether a plan may run now: who has to agree, and whether they did. Anything unclear fails closed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

import anyio.to_thread

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.decisions import Decisions, Request
from nexla_mcp.safety.digest import digest_of
from nexla_mcp.safety.people import Answer, Person, Question
from nexla_mcp.safety.questions import question_about
from nexla_mcp.safety.tokens import Purpose, Sealed, Seals

GATED = frozenset({Risk.DISRUPTIVE, Risk.DESTRUCTIVE})


class Confirm(str, Enum):
    """The operator's policy for plans that can hurt."""

    AUTO = "auto"
    """A person where one can be asked; else a token is enough for disruptive plans, not for destructive ones."""
    HUMAN = "human"
    """A person for both."""
    TOKEN = "token"  # noqa: S105 - a word, no secret
    """A token is enough for both: for unattended jobs."""
    DENY = "deny"
    """Nothing that can hurt is done at all."""


@dataclass(frozen=True)
class ConfirmPolicy:
    mode: Confirm = Confirm.AUTO
    allow: frozenset[str] = frozenset()
    """Tools whose plans need no confirmation."""


@dataclass(frozen=True)
class Pass:
    """The plan may run, as the operation of this id."""

    operation: str
    by: str
    approval: str | None = None
    """The nonce of the approval that is used up by this."""


@dataclass(frozen=True)
class Needed:
    """What would let the plan run. Nothing was done."""

    token: str | None
    expires: datetime
    code: str | None = None
    """For `nexla-mcp approve`, where a person is needed and cannot be asked here."""
    why: str = ""


@dataclass(frozen=True)
class NotAgreed:
    """A person was asked and did not agree, or what they agreed to is no more. Nothing was done."""

    why: str


Outcome = Pass | Needed | NotAgreed

_NOT_AGREED = {
    Answer.DECLINED: "A person declined. Nothing was done. The same change is refused for 10 minutes, on every path.",
    Answer.DISMISSED: "The person closed the question without an answer. Nothing was done.",
    Answer.MISTYPED: "What the person typed is not the name of the target. Nothing was done.",
    Answer.LATE: "Nobody answered in time. Nothing was done; the call can be made again.",
}


@dataclass(frozen=True)
class Gate:
    """Judges plans for one principal. `now` is this machine's clock, timezone-aware.

    Decisions are read and written beside the event loop: another copy may keep their file busy.
    """

    policy: ConfirmPolicy
    seals: Seals
    decisions: Decisions
    now: Callable[[], datetime]
    fresh_id: Callable[[], str] = field(default=lambda: uuid.uuid4().hex[:16])

    async def judge(self, plan: Plan, call: str, given: Sealed | None, person: Person | None) -> Outcome:
        """What the policy and the people say of a plan.

        Args:
            plan: As it is now.
            call: Digest of the tool and its arguments.
            given: The confirmation that came with the call, its seal checked.
            person: Who can be asked; None where nobody can.

        Raises:
            Failure: `not_allowed` where a decline holds, or the policy denies it.
            AskLaterError: the client has to carry a question and call again.
        """
        digest = digest_of(plan)
        await self._refuse_declined(digest)
        if plan.risk not in GATED:
            return Pass(self.fresh_id(), "needed no confirmation")
        if plan.tool in self.policy.allow:
            return Pass(self.fresh_id(), "the operator's setting NEXLA_MCP_CONFIRM_ALLOW")
        if self.policy.mode is Confirm.DENY:
            raise _denied(plan)
        approved = await anyio.to_thread.run_sync(self.decisions.approved, digest)
        if approved is not None:
            return Pass(approved, "a person, with nexla-mcp approve", approved)
        if self._asks(plan, person) and person is not None:
            return await self._ask(plan, digest, call, given, person)
        if given is not None and given.purpose is Purpose.TOKEN and self._token_is_enough(plan):
            if given.digest == digest and given.expires > self.now():
                return Pass(given.nonce, "a token: the plan had been shown")
            return await self._needed(plan, digest, call, _why_not(given, digest))
        return await self._needed(plan, digest, call, "")

    def _asks(self, plan: Plan, person: Person | None) -> bool:
        return person is not None and not (self.policy.mode is Confirm.TOKEN and plan.risk in GATED)

    def _token_is_enough(self, plan: Plan) -> bool:
        if self.policy.mode is Confirm.AUTO:
            return plan.risk is Risk.DISRUPTIVE
        return self.policy.mode is Confirm.TOKEN

    async def _ask(self, plan: Plan, digest: str, call: str, given: Sealed | None, person: Person) -> Outcome:
        asked = given if given is not None and given.purpose is Purpose.QUESTION else None
        sealed = asked or self.seals.seal(Purpose.QUESTION, digest, call, self.now())
        answer = await person.ask(question_about(plan), self.seals.write(sealed))
        if answer is Answer.DECLINED:
            # Of what the person saw, even where it has changed since: it may change back.
            await anyio.to_thread.run_sync(self.decisions.decline, sealed.digest)
        elif sealed.expires <= self.now():
            return NotAgreed("The answer came too late. Nothing was done.")
        elif sealed.digest != digest:
            return NotAgreed("Things changed since the person was asked: this is the plan as it is now.")
        if answer is not Answer.AGREED:
            return NotAgreed(_NOT_AGREED[answer])
        # While this person thought, another may have declined elsewhere.
        await self._refuse_declined(digest)
        return Pass(sealed.nonce, person.described)

    async def _needed(self, plan: Plan, digest: str, call: str, why: str) -> Needed:
        sealed = self.seals.seal(Purpose.TOKEN, digest, call, self.now())
        if self._token_is_enough(plan):
            return Needed(self.seals.write(sealed), sealed.expires, why=why)
        question = _as_json(question_about(plan))
        request = await anyio.to_thread.run_sync(self.decisions.ask, sealed.nonce, digest, question)
        return Needed(None, request.until, request.code, why)

    async def _refuse_declined(self, digest: str) -> None:
        until = await anyio.to_thread.run_sync(self.decisions.declined_until, digest)
        if until is not None:
            raise Failure.of(
                ErrorCode.NOT_ALLOWED,
                "A person declined this very change. Nothing was done.",
                hint=f"Do not look for a way around it. It can be asked for again after {until:%H:%M} UTC.",
            )


def question_of(request: Request) -> Question:
    """What to show the person who approves a request."""
    kept = json.loads(request.question)
    return Question(kept["text"], kept["typed"])


def _as_json(question: Question) -> str:
    return json.dumps({"text": question.text, "typed": question.typed})


def _why_not(given: Sealed, digest: str) -> str:
    if given.digest != digest:
        return "The confirmation was for another state of things: this is the plan as it is now."
    return "The confirmation had expired."


def _denied(plan: Plan) -> Failure:
    return Failure.of(
        ErrorCode.NOT_ALLOWED,
        f"{plan.tool}: this plan is {plan.risk.value}, and the operator allows no such plan (NEXLA_MCP_CONFIRM=deny). "
        "Nothing was done.",
        hint="dry_run=true shows the plan. Only the operator of this server can change the setting.",
    )
