"""What the gate says of a plan: every policy, every kind of client, every risk."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mcp_types as protocol
import pytest

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.decisions import DECLINED_FOR, Decision, Decisions
from nexla_mcp.safety.digest import digest_of, digest_of_call
from nexla_mcp.safety.gate import Confirm, ConfirmPolicy, Gate, Needed, NotAgreed, Pass, question_of
from nexla_mcp.safety.people import Answer, AskLaterError, Question, judged
from nexla_mcp.safety.questions import MOST_LISTED, question_about
from nexla_mcp.safety.tokens import LIFETIME, Purpose, Sealed, Seals
from nexla_mcp.tools.people import person_behind

pytestmark = pytest.mark.anyio

NAME = "Stripe Payments"
CALL = digest_of_call("pause", {"resource": 7})
SINK = Target(type=ResourceType.DESTINATION, id=9, name="Payments in Redshift", owner="dana@acme.example")


def plan_of(risk: Risk, **changes: Any) -> Plan:
    told: dict[str, Any] = {
        "tool": "pause",
        "arguments": {"resource": 7},
        "principal": "dana@acme.example of Acme",
        "risk": risk,
        "summary": "Pause it.",
        "steps": (Step(key="pause", action="pause", says="pause it"),),
        "targets": (Target(type=ResourceType.SOURCE, id=7, name=NAME, status="ACTIVE"),),
        "affected": (SINK,),
        "type_to_confirm": NAME,
    }
    return Plan(**{**told, **changes})


@dataclass
class Clock:
    time: datetime = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)

    def now(self) -> datetime:
        return self.time


@dataclass
class Fake:
    """A person who answers at once, or only with the next call."""

    answer: Answer = Answer.AGREED
    later: bool = False
    state: str | None = None
    described: str = "a person of a test"
    asked: list[Question] = field(default_factory=list)

    async def ask(self, question: Question, state: str) -> Answer:
        self.asked.append(question)
        if self.later and self.state is None:
            raise AskLaterError(question, state)
        return self.answer


@dataclass
class Bench:
    """A gate over a file of its own."""

    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.seals = Seals(b"k" * 32)
        self.decisions = Decisions(Database(self.folder / "operations.db"), self.clock.now)

    def gate(self, mode: Confirm = Confirm.AUTO, *allow: str) -> Gate:
        return Gate(ConfirmPolicy(mode, frozenset(allow)), self.seals, self.decisions, self.clock.now)

    def token(self, plan: Plan) -> Sealed:
        return self.seals.seal(Purpose.TOKEN, digest_of(plan), CALL, self.clock.now())

    def approve(self, plan: Plan) -> None:
        request = self.decisions.ask("ab" * 8, digest_of(plan), "{}")
        self.decisions.decide(request, Decision.APPROVED)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


ASKS, RUNS, TOKEN, CODE, REFUSED = "asks", "runs", "token", "approve code", "refused"
NO_PERSON, ASKED_NOW, ASKED_LATER = "asks nobody", "asks at once", "asks by the next call"
CLIENTS = (NO_PERSON, ASKED_NOW, ASKED_LATER)

GATED: dict[Confirm, dict[Risk, tuple[str, str]]] = {
    Confirm.AUTO: {Risk.DISRUPTIVE: (TOKEN, ASKS), Risk.DESTRUCTIVE: (CODE, ASKS)},
    Confirm.HUMAN: {Risk.DISRUPTIVE: (CODE, ASKS), Risk.DESTRUCTIVE: (CODE, ASKS)},
    Confirm.TOKEN: {Risk.DISRUPTIVE: (TOKEN, TOKEN), Risk.DESTRUCTIVE: (TOKEN, TOKEN)},
    Confirm.DENY: {Risk.DISRUPTIVE: (REFUSED, REFUSED), Risk.DESTRUCTIVE: (REFUSED, REFUSED)},
}
"""What happens before a client that can ask nobody, and before one that can ask a person."""


def cases() -> list[tuple[Confirm, str, Risk, str]]:
    found = []
    for mode, client, risk in itertools.product(Confirm, CLIENTS, Risk):
        alone, with_person = GATED[mode].get(risk, (RUNS, RUNS))
        found.append((mode, client, risk, alone if client == NO_PERSON else with_person))
    return found


def person_of(client: str, **told: Any) -> Fake | None:
    return None if client == NO_PERSON else Fake(later=client == ASKED_LATER, **told)


async def happens(gate: Gate, plan: Plan, given: Sealed | None, person: Fake | None) -> str:
    try:
        outcome = await gate.judge(plan, CALL, given, person)
    except AskLaterError:
        return ASKS
    except Failure as failure:
        assert failure.info.code is ErrorCode.NOT_ALLOWED
        return REFUSED
    if isinstance(outcome, Pass):
        return ASKS if person is not None and person.asked else RUNS
    assert isinstance(outcome, Needed)
    assert (outcome.token is None) is not (outcome.code is None), "either the one or the other"
    return CODE if outcome.code else TOKEN


@pytest.mark.parametrize(("mode", "client", "risk", "expected"), cases())
async def test_what_happens(bench: Bench, mode: Confirm, client: str, risk: Risk, expected: str) -> None:
    gate, plan = bench.gate(mode), plan_of(risk)
    assert await happens(gate, plan, None, person_of(client)) == expected
    with_token = await happens(gate, plan, bench.token(plan), person_of(client))
    assert with_token == (RUNS if expected == TOKEN else expected), "a token helps only where one is given out"


@pytest.mark.parametrize(("mode", "client", "risk", "expected"), cases())
async def test_an_allowed_tool_runs_unless_it_was_declined(
    bench: Bench, mode: Confirm, client: str, risk: Risk, expected: str
) -> None:
    del expected
    gate, plan = bench.gate(mode, "pause"), plan_of(risk)
    assert await happens(gate, plan, None, person_of(client)) == RUNS
    bench.decisions.decline(digest_of(plan))
    assert await happens(gate, plan, None, person_of(client)) == REFUSED


@pytest.mark.parametrize(("mode", "client", "risk", "expected"), cases())
async def test_an_approval_on_a_terminal_counts_wherever_a_person_would(
    bench: Bench, mode: Confirm, client: str, risk: Risk, expected: str
) -> None:
    gate, plan = bench.gate(mode), plan_of(risk)
    bench.approve(plan)
    assert await happens(gate, plan, None, person_of(client)) == (REFUSED if expected == REFUSED else RUNS)
    other = plan_of(risk, affected=())
    assert await happens(gate, other, None, person_of(client)) == expected


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.AGREED])
async def test_no_answer_but_one_agrees(bench: Bench, answer: Answer, later: bool) -> None:
    plan = plan_of(Risk.DESTRUCTIVE)
    given = bench.seals.seal(Purpose.QUESTION, digest_of(plan), CALL, bench.clock.now()) if later else None
    person = Fake(answer, later=later, state="carried" if later else None)
    assert isinstance(await bench.gate().judge(plan, CALL, given, person), NotAgreed)
    declined = bench.decisions.declined_until(digest_of(plan)) is not None
    assert declined is (answer is Answer.DECLINED)


async def test_an_operation_goes_by_the_confirmation_that_allowed_it(bench: Bench) -> None:
    """So that a confirmation that comes again meets the operation of the first time."""
    plan = plan_of(Risk.DISRUPTIVE)
    token = bench.token(plan)
    allowed = await bench.gate().judge(plan, CALL, token, None)
    assert isinstance(allowed, Pass)
    assert allowed.operation == token.nonce
    asked = bench.seals.seal(Purpose.QUESTION, digest_of(plan), CALL, bench.clock.now())
    agreed = await bench.gate().judge(plan, CALL, asked, Fake(later=True, state="carried"))
    assert isinstance(agreed, Pass)
    assert agreed.operation == asked.nonce
    unasked = [await bench.gate().judge(plan_of(Risk.WRITE), CALL, None, None) for _ in range(2)]
    assert len({outcome.operation for outcome in unasked if isinstance(outcome, Pass)}) == 2


async def test_a_decline_ends_after_ten_minutes(bench: Bench) -> None:
    plan = plan_of(Risk.DISRUPTIVE)
    await bench.gate().judge(plan, CALL, None, Fake(Answer.DECLINED))
    bench.clock.time += DECLINED_FOR - timedelta(seconds=1)
    assert await happens(bench.gate(), plan, None, None) == REFUSED
    bench.clock.time += timedelta(seconds=1)
    assert await happens(bench.gate(), plan, None, None) == TOKEN


async def test_a_token_ends_after_ten_minutes(bench: Bench) -> None:
    plan = plan_of(Risk.DISRUPTIVE)
    token = bench.token(plan)
    bench.clock.time += LIFETIME
    assert await happens(bench.gate(), plan, token, None) == TOKEN


async def test_an_approval_ends_after_ten_minutes(bench: Bench) -> None:
    plan = plan_of(Risk.DESTRUCTIVE)
    bench.approve(plan)
    bench.clock.time += LIFETIME
    assert await happens(bench.gate(), plan, None, None) == CODE


def test_nobody_approves_what_was_declined_or_is_too_old(bench: Bench) -> None:
    digest = digest_of(plan_of(Risk.DESTRUCTIVE))
    first = bench.decisions.ask("01" * 8, digest, "{}")
    bench.decisions.decline(digest)
    with pytest.raises(Failure) as refused:
        bench.decisions.decide(first, Decision.APPROVED)
    assert refused.value.info.code is ErrorCode.NOT_FOUND
    assert bench.decisions.approved(digest) is None
    bench.clock.time += DECLINED_FOR
    second = bench.decisions.ask("02" * 8, digest, "{}")
    bench.clock.time += LIFETIME
    with pytest.raises(Failure):
        bench.decisions.decide(second, Decision.APPROVED)
    assert bench.decisions.approved(digest) is None


def test_a_decline_outweighs_an_approval(bench: Bench) -> None:
    digest = digest_of(plan_of(Risk.DESTRUCTIVE))
    request = bench.decisions.ask("01" * 8, digest, "{}")
    bench.decisions.decide(request, Decision.APPROVED)
    bench.decisions.decide(request, Decision.DECLINED)
    assert bench.decisions.approved(digest) is None
    assert bench.decisions.declined_until(digest) is not None


def test_a_plan_that_waits_keeps_its_code(bench: Bench) -> None:
    digest = digest_of(plan_of(Risk.DESTRUCTIVE))
    first = bench.decisions.ask("01" * 8, digest, "{}")
    bench.clock.time += timedelta(minutes=9)
    second = bench.decisions.ask("02" * 8, digest, "{}")
    assert (second.code, second.nonce) == (first.code, first.nonce)
    bench.clock.time += timedelta(minutes=9)
    waiting = bench.decisions.waiting(f" {first.code[:4]}-{first.code[4:]} ".lower())
    assert waiting.digest == digest


async def test_a_code_leads_to_the_question_that_a_client_would_ask(bench: Bench) -> None:
    plan = plan_of(Risk.DESTRUCTIVE)
    needed = await bench.gate().judge(plan, CALL, None, None)
    assert isinstance(needed, Needed)
    assert question_of(bench.decisions.waiting(needed.code or "")) == question_about(plan)


VARIED: dict[str, Any] = {
    "version": 2,
    "tool": "delete_resource",
    "arguments": {"resource": 8},
    "principal": "sam@acme.example of Acme",
    "risk": Risk.DESTRUCTIVE,
    "summary": "Pause another.",
    "steps": (
        Step(key="pause", action="pause", says="pause it", undo=Act(action="activate")),
        Step(key="more", action="pause", says="pause more"),
    ),
    "targets": (Target(type=ResourceType.SOURCE, id=7, name="Renamed", status="ACTIVE"),),
    "affected": (SINK.model_copy(update={"status": "PAUSED", "shared_with": ("TEAM Finance: admin",)}),),
    "also": ("flow 11 builds on it",),
    "existing": (SINK,),
    "cannot_be_put_back": ("samples",),
    "rebuild": True,
    "snapshot": {"parts": []},
    "notes": ("what else there is could not be read",),
    "locks": ("flow:7",),
    "undo_on_failure": False,
    "of": "0123456789abcdef",
    "resumes": "0123456789abcdef",
    "type_to_confirm": "Another",
}


def test_every_field_of_a_plan_has_a_variation() -> None:
    assert set(VARIED) == set(Plan.model_fields)


@pytest.mark.parametrize("name", VARIED)
def test_the_digest_covers_every_field_so_that_no_question_shows_more(name: str) -> None:
    """A question is made of a plan alone, and the plan's digest covers all of it."""
    plan = plan_of(Risk.DISRUPTIVE)
    varied = plan_of(**{"risk": Risk.DISRUPTIVE, name: VARIED[name]})
    assert digest_of(varied) != digest_of(plan)
    assert question_about(varied) == question_about(Plan.model_validate_json(varied.model_dump_json()))


@pytest.mark.parametrize("name", Target.model_fields)
def test_the_digest_covers_all_of_a_target(name: str) -> None:
    changed = {"type": ResourceType.NEXSET, "id": 10, "shared_with": ("TEAM Finance: admin",)}.get(name, "another")
    target = SINK.model_copy(update={name: changed})
    plan = plan_of(Risk.DISRUPTIVE)
    assert digest_of(plan.model_copy(update={"affected": (target,)})) != digest_of(plan)


@pytest.mark.parametrize("name", ["summary", "targets", "affected", "also", "cannot_be_put_back", "notes", "principal"])
def test_the_question_tells_what_would_be_hit(name: str) -> None:
    plan = plan_of(Risk.DISRUPTIVE)
    assert question_about(plan.model_copy(update={name: VARIED[name]})).text != question_about(plan).text


def test_a_long_list_is_counted_to_its_end() -> None:
    many = tuple(SINK.model_copy(update={"id": number}) for number in range(100, 130))
    text = question_about(plan_of(Risk.DISRUPTIVE, affected=many)).text
    assert f"{30 - MOST_LISTED} more" in text


def test_whoever_named_a_resource_adds_no_line_and_no_colour() -> None:
    honest = question_about(plan_of(Risk.DISRUPTIVE, summary="Grant TEAM x: admin on 1 of 1 resources."))
    sly = "Grant TEAM x\nNothing is at stake.\x1b[8m\u202e: admin on 1 of 1 resources."
    told = question_about(plan_of(Risk.DISRUPTIVE, summary=sly))
    assert len(told.text.splitlines()) == len(honest.text.splitlines())
    assert not set("\x1b\u202e") & set(told.text)


@pytest.mark.parametrize("name", [None, "", " ", "\u200b\u200b", "\x1b[8m"])
def test_what_cannot_be_put_back_is_never_agreed_to_by_nothing(name: str | None) -> None:
    for targets in ((), (Target(type=ResourceType.SOURCE, id=7, name=name),)):
        question = question_about(plan_of(Risk.DESTRUCTIVE, type_to_confirm=name, targets=targets))
        assert question.typed
        for typed in ("", " ", name, True, None):
            assert judged(question, typed) is Answer.MISTYPED


@pytest.mark.parametrize("name", [NAME, 'Say "orders"', "a\nb", "a  b", "Zero\u200bwidth", "<data>", "N" * 300, "É"])
def test_a_name_is_agreed_to_as_it_is_and_as_it_is_shown(name: str) -> None:
    question = question_about(plan_of(Risk.DESTRUCTIVE, type_to_confirm=name))
    shown = question.text.rpartition(': "')[2][:-1]
    assert judged(question, name) is Answer.AGREED
    assert judged(question, f" {shown} ") is Answer.AGREED
    assert judged(question, f"{name[:10]}x") is Answer.MISTYPED


@pytest.mark.parametrize(
    ("elicitation", "version", "back_channel", "can"),
    [
        (None, "2025-11-25", True, False),
        ({}, "2025-11-25", True, True),
        ({"form": {}}, "2025-11-25", True, True),
        ({"form": {}, "url": {}}, "2025-11-25", True, True),
        ({"url": {}}, "2025-11-25", True, False),
        ({}, "2025-11-25", False, False),
        (None, "2026-07-28", False, False),
        ({}, "2026-07-28", False, True),
        ({"url": {}}, "2026-07-28", True, False),
    ],
)
def test_who_can_be_asked(elicitation: dict[str, Any] | None, version: str, back_channel: bool, can: bool) -> None:
    declared = protocol.ClientCapabilities.model_validate(
        {"elicitation": elicitation} if elicitation is not None else {}
    )
    session = SimpleNamespace(client_capabilities=declared, can_send_request=back_channel)
    context: Any = SimpleNamespace(session=session, protocol_version=version, request_id=1)
    call = protocol.CallToolRequestParams(name="pause", arguments={})
    assert (person_behind(context, call) is not None) is can


def test_a_client_without_capabilities_can_ask_nobody() -> None:
    context: Any = SimpleNamespace(session=SimpleNamespace(client_capabilities=None), protocol_version="2025-11-25")
    assert person_behind(context, protocol.CallToolRequestParams(name="pause")) is None
