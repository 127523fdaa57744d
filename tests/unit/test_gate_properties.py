"""Whatever comes in whatever order: nothing that destroys passes without a person's word for exactly this plan.

A model keeps beside the gate what people said of which plan and when; each pass has to follow from it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.decisions import DECLINED_FOR, Decision, Decisions, Request
from nexla_mcp.safety.digest import digest_of
from nexla_mcp.safety.gate import Confirm, ConfirmPolicy, Gate, Needed, NotAgreed, Outcome, Pass
from nexla_mcp.safety.people import Answer, AskLaterError, Question
from nexla_mcp.safety.tokens import LIFETIME, Purpose, Seals
from tests.unit.plans import plan

BEGINNING = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
ALLOWED = "named_by_the_operator"
CALL = "c" * 32
GATED = (Risk.DISRUPTIVE, Risk.DESTRUCTIVE)
SPANS = tuple(timedelta(minutes=minutes) for minutes in (1, 4, 9, 10, 11))
INSTANT = timedelta(0)


def made(tool: str, risk: Risk, status: str) -> Plan:
    """Plans that differ in one digested field alone are different plans."""
    target = Target(type=ResourceType.SOURCE, id=7, name="Orders", status=status)
    return plan(tool=tool, risk=risk, targets=(target,), type_to_confirm="Orders")


PLANS = [
    *(made("pause", risk, status) for risk in GATED for status in ("ACTIVE", "PAUSED")),
    made("pause", Risk.WRITE, "ACTIVE"),
    made(ALLOWED, Risk.DESTRUCTIVE, "ACTIVE"),
]
MOSTLY = st.sampled_from((True, True, True, False))


@dataclass
class Somebody:
    """Who can be asked. `answer` None: the answer comes with the next call, as in the newer era."""

    answer: Answer | None
    meanwhile: Callable[[], None]
    state: str | None = None
    described: str = "a person, asked by the client"
    asked: bool = False

    async def ask(self, question: Question, state: str) -> Answer:
        self.asked = True
        if self.answer is None:
            raise AskLaterError(question, state)
        self.meanwhile()
        return self.answer


class ManyCalls(RuleBasedStateMachine):
    """Calls, questions, approvals, declines, replays and time, in any order, for one policy."""

    @initialize(mode=st.sampled_from([Confirm.AUTO, *Confirm]))
    def open(self, mode: Confirm) -> None:
        self.time = BEGINNING
        self.mode = mode
        self.folder = tempfile.TemporaryDirectory()
        self.seals = Seals(b"a key of this test")
        self.decisions = Decisions(Database(Path(self.folder.name) / "operations.db"), lambda: self.time)
        self.gate = Gate(ConfirmPolicy(mode, frozenset({ALLOWED})), self.seals, self.decisions, lambda: self.time)
        self.tokens: list[str] = []
        self.questions: list[str] = []
        self.requests: list[Request] = []
        self.shown: dict[str, str] = {}
        self.ends: dict[str, datetime] = {}
        self.approved: dict[str, datetime] = {}
        self.declined: dict[str, datetime] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def judged(
        self, which: Plan, text: str | None = None, purpose: Purpose = Purpose.TOKEN, who: Somebody | None = None
    ) -> None:
        """One call; what comes of it is held against the model."""
        sealed = self.seals.read(text, purpose) if text is not None else None
        digest, at = digest_of(which), self.time
        agreed = who is not None and who.answer is Answer.AGREED
        try:
            outcome: Outcome = asyncio.run(self.gate.judge(which, CALL, sealed, who))
        except AskLaterError as later:
            self.questions.append(later.state)
            self.note_shown(later.state, digest)
            return
        except Failure as failure:
            assert failure.info.code is ErrorCode.NOT_ALLOWED
            assert self.holds_decline(digest, self.time) or (self.mode is Confirm.DENY and which.risk in GATED)
            self.note_decline(who, text, purpose, digest)
            return
        assert not self.holds_decline(digest, at), "a decline holds on every path"
        self.note_decline(who, text, purpose, digest)
        if isinstance(outcome, Pass):
            self.check_pass(which, outcome, at, text, purpose, who=who, agreed=agreed)
        elif isinstance(outcome, Needed):
            self.note_needed(outcome, digest)
        else:
            assert isinstance(outcome, NotAgreed)

    def check_pass(
        self,
        which: Plan,
        outcome: Pass,
        at: datetime,
        text: str | None,
        purpose: Purpose,
        *,
        who: Somebody | None,
        agreed: bool,
    ) -> None:
        if which.risk not in GATED or which.tool == ALLOWED:
            return
        assert self.mode is not Confirm.DENY
        digest = digest_of(which)
        by_approval = outcome.approval is not None and self.approved.get(digest, BEGINNING) > at
        # What a person was shown in an earlier round is what they answer now.
        earlier = text if purpose is Purpose.QUESTION else None
        answered, ends = (self.shown[earlier], self.ends[earlier]) if earlier else (digest, at + LIFETIME)
        in_time = self.time < ends
        by_answer = agreed and who is not None and who.asked and answered == digest and in_time
        if by_approval:
            self.decisions.use_up(outcome.operation)
            del self.approved[digest]
        person = by_approval or by_answer
        held = text is not None and purpose is Purpose.TOKEN and self.shown.get(text) == digest
        token = held and self.ends[str(text)] > at
        enough = self.mode is Confirm.TOKEN or (self.mode is Confirm.AUTO and which.risk is Risk.DISRUPTIVE)
        assert person or (token and enough)

    def note_decline(self, who: Somebody | None, text: str | None, purpose: Purpose, digest: str) -> None:
        if who is not None and who.asked and who.answer is Answer.DECLINED:
            answered = self.shown[text] if purpose is Purpose.QUESTION and text in self.shown else digest
            self.declined[answered] = self.time + DECLINED_FOR
            self.approved.pop(answered, None)

    def note_needed(self, outcome: Needed, digest: str) -> None:
        assert (outcome.token is None) is not (outcome.code is None)
        if outcome.token is not None:
            self.tokens.append(outcome.token)
            self.note_shown(outcome.token, digest)
        if outcome.code is not None:
            request = self.decisions.waiting(outcome.code)
            assert request.digest == digest
            self.requests.append(request)

    def note_shown(self, text: str, digest: str) -> None:
        self.shown[text] = digest
        self.ends[text] = self.time + LIFETIME

    def holds_decline(self, digest: str, at: datetime) -> bool:
        return self.declined.get(digest, BEGINNING) > at

    @rule(which=st.sampled_from(PLANS))
    def call(self, which: Plan) -> None:
        self.judged(which)

    @rule(which=st.sampled_from(PLANS), answer=st.sampled_from(Answer), span=st.sampled_from((INSTANT, *SPANS)))
    def call_and_be_asked(self, which: Plan, answer: Answer, span: timedelta) -> None:
        self.judged(which, who=Somebody(answer, lambda: self.pass_(span)))

    @rule(which=st.sampled_from(PLANS))
    def call_and_be_asked_later(self, which: Plan) -> None:
        self.judged(which, who=Somebody(None, lambda: None))

    @precondition(lambda self: self.questions)
    @rule(data=st.data(), which=st.sampled_from(PLANS), same=MOSTLY, answer=st.sampled_from(Answer))
    def answer_an_earlier_question(self, data: st.DataObject, which: Plan, same: bool, answer: Answer) -> None:
        text = data.draw(st.sampled_from(self.questions))
        if same:
            which = next(item for item in PLANS if digest_of(item) == self.shown[text])
        self.judged(which, text, Purpose.QUESTION, Somebody(answer, lambda: None, state=text))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), which=st.sampled_from(PLANS), same=MOSTLY, asked=st.booleans())
    def bring_a_token(self, data: st.DataObject, which: Plan, same: bool, asked: bool) -> None:
        text = data.draw(st.sampled_from(self.tokens))
        if same:
            which = next(item for item in PLANS if digest_of(item) == self.shown[text])
        self.judged(which, text, who=Somebody(Answer.DISMISSED, lambda: None) if asked else None)

    @precondition(lambda self: self.questions)
    @rule(data=st.data(), which=st.sampled_from(PLANS))
    def bring_a_question_for_a_token(self, data: st.DataObject, which: Plan) -> None:
        text = data.draw(st.sampled_from(self.questions))
        assert self.seals.read(text, Purpose.TOKEN) is None
        self.judged(which, text, Purpose.QUESTION)

    @rule(which=st.sampled_from(PLANS))
    def bring_a_seal_of_another_server(self, which: Plan) -> None:
        sealed = self.seals.seal(Purpose.TOKEN, digest_of(which), CALL, self.time)
        self.judged(which, Seals(b"another key").write(sealed))

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), decision=st.sampled_from([Decision.APPROVED, Decision.DECLINED]))
    def decide_on_a_terminal(self, data: st.DataObject, decision: Decision) -> None:
        request = data.draw(st.sampled_from(self.requests))
        try:
            self.decisions.decide(request, decision)
        except Failure:
            assert decision is Decision.APPROVED
            return
        if decision is Decision.DECLINED:
            self.declined[request.digest] = self.time + DECLINED_FOR
            self.approved.pop(request.digest, None)
        else:
            assert not self.holds_decline(request.digest, self.time)
            self.approved[request.digest] = self.time + LIFETIME

    @rule(span=st.sampled_from(SPANS))
    def pass_(self, span: timedelta) -> None:
        self.time += span

    @invariant()
    def approvals_are_those_that_people_gave(self) -> None:
        for digest in {request.digest for request in getattr(self, "requests", ())}:
            if self.decisions.approved(digest) is not None:
                assert self.approved.get(digest, BEGINNING) > self.time


ManyCalls.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestManyCalls = ManyCalls.TestCase
