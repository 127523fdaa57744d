"""What people decided about plans, kept for every copy of the server, for ten minutes by a clock that is given."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.decisions import DECLINED_FOR, Decision, Decisions, Request
from nexla_mcp.safety.tokens import LIFETIME

BEGINNING = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
MOMENT = timedelta(microseconds=1)
ONE, OTHER = "1" * 32, "2" * 32
AMBIGUOUS = "01IOilo"


@dataclass
class Clock:
    time: datetime = BEGINNING

    def now(self) -> datetime:
        return self.time

    def pass_(self, span: timedelta) -> None:
        self.time += span


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "operations.db"


@pytest.fixture
def decisions(file: Path, clock: Clock) -> Decisions:
    return Decisions(Database(file), clock.now)


def asked(decisions: Decisions, digest: str = ONE, nonce: str = "a1" * 8) -> Request:
    return decisions.ask(nonce, digest, '{"text": "Delete it?"}')


def nothing_waits(decisions: Decisions, code: str) -> bool:
    try:
        decisions.waiting(code)
    except Failure as failure:
        assert failure.info.code is ErrorCode.NOT_FOUND
        return True
    return False


def test_a_plan_that_is_put_up_can_be_found_by_its_code(decisions: Decisions, file: Path, clock: Clock) -> None:
    request = asked(decisions)
    assert (request.digest, request.state, request.until) == (ONE, Decision.ASKED, BEGINNING + LIFETIME)
    assert Decisions(Database(file), clock.now).waiting(request.code) == request
    assert decisions.approved(ONE) is None
    assert decisions.declined_until(ONE) is None


def test_a_code_is_known_however_a_person_types_it(decisions: Decisions) -> None:
    request = asked(decisions)
    spaced = f" {request.code[:4].lower()}-{request.code[4:].lower()}\n"
    assert decisions.waiting(spaced) == request


def test_no_other_code_finds_it(decisions: Decisions) -> None:
    request = asked(decisions)
    other = ("B" if request.code[0] == "A" else "A") + request.code[1:]
    assert nothing_waits(decisions, other)
    assert nothing_waits(decisions, "")
    assert nothing_waits(decisions, "' OR 1=1 --")


def test_a_plan_has_one_code_however_often_it_is_asked_for(decisions: Decisions, clock: Clock) -> None:
    first = asked(decisions)
    clock.pass_(timedelta(minutes=9))
    again = asked(decisions, nonce="b2" * 8)
    assert (again.code, again.nonce) == (first.code, first.nonce)
    assert again.until == clock.time + LIFETIME
    clock.pass_(timedelta(minutes=9))
    assert decisions.waiting(first.code) == again


def test_two_plans_have_two_codes(decisions: Decisions) -> None:
    one, other = asked(decisions), asked(decisions, OTHER, "b2" * 8)
    assert one.code != other.code
    assert decisions.waiting(one.code).digest == ONE
    assert decisions.waiting(other.code).digest == OTHER


def test_copies_that_ask_at_once_get_the_same_code(file: Path, clock: Clock) -> None:
    codes: list[str] = []
    gate = threading.Barrier(8)

    def work(number: int) -> None:
        copy = Decisions(Database(file), clock.now)
        gate.wait()
        codes.append(asked(copy, nonce=f"{number:016x}").code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 8
    assert len(set(codes)) == 1


def test_codes_cannot_be_misread_and_differ(decisions: Decisions) -> None:
    codes = [asked(decisions, f"{number:032x}", f"{number:016x}").code for number in range(40)]
    assert len(set(codes)) == len(codes)
    assert not set("".join(codes)) & set(AMBIGUOUS)
    assert {len(code) for code in codes} == {8}
    assert all(code.isalnum() and code == code.upper() for code in codes)


def test_a_code_ends_after_ten_minutes(decisions: Decisions, clock: Clock) -> None:
    request = asked(decisions)
    clock.pass_(LIFETIME - MOMENT)
    assert not nothing_waits(decisions, request.code)
    clock.pass_(MOMENT)
    assert nothing_waits(decisions, request.code)
    assert asked(decisions, nonce="b2" * 8).code != request.code


def test_an_approval_is_for_this_plan_alone_and_ends(decisions: Decisions, clock: Clock) -> None:
    request = asked(decisions)
    decisions.decide(request, Decision.APPROVED)
    assert decisions.approved(ONE) == request.nonce
    assert decisions.approved(OTHER) is None
    assert nothing_waits(decisions, request.code)
    clock.pass_(LIFETIME - MOMENT)
    assert decisions.approved(ONE) == request.nonce
    clock.pass_(MOMENT)
    assert decisions.approved(ONE) is None


def test_an_approval_is_used_up_once(decisions: Decisions) -> None:
    request = asked(decisions)
    decisions.decide(request, Decision.APPROVED)
    decisions.use_up(request.nonce)
    assert decisions.approved(ONE) is None


def test_an_approval_that_comes_too_late_is_none(decisions: Decisions, clock: Clock) -> None:
    request = asked(decisions)
    clock.pass_(LIFETIME)
    with pytest.raises(Failure):
        decisions.decide(request, Decision.APPROVED)
    assert decisions.approved(ONE) is None


@pytest.mark.parametrize("by_code", [True, False])
def test_a_decline_holds_for_ten_minutes(decisions: Decisions, clock: Clock, by_code: bool) -> None:
    request = asked(decisions)
    if by_code:
        decisions.decide(request, Decision.DECLINED)
    else:
        decisions.decline(ONE)
    assert decisions.declined_until(ONE) == BEGINNING + DECLINED_FOR
    assert decisions.declined_until(OTHER) is None
    clock.pass_(DECLINED_FOR - MOMENT)
    assert decisions.declined_until(ONE) is not None
    clock.pass_(MOMENT)
    assert decisions.declined_until(ONE) is None


def test_a_decline_takes_back_an_approval(decisions: Decisions, clock: Clock) -> None:
    decisions.decide(asked(decisions), Decision.APPROVED)
    clock.pass_(timedelta(minutes=1))
    decisions.decline(ONE)
    assert decisions.approved(ONE) is None
    clock.pass_(DECLINED_FOR)
    assert decisions.approved(ONE) is None


def test_who_approves_after_another_declined_approves_nothing(decisions: Decisions) -> None:
    request = asked(decisions)
    decisions.decide(request, Decision.DECLINED)
    with pytest.raises(Failure):
        decisions.decide(request, Decision.APPROVED)
    assert decisions.approved(ONE) is None
    assert decisions.declined_until(ONE) is not None


def test_the_longer_of_two_declines_holds(decisions: Decisions, clock: Clock) -> None:
    decisions.decline(ONE)
    clock.pass_(timedelta(minutes=5))
    decisions.decline(ONE)
    assert decisions.declined_until(ONE) == clock.time + DECLINED_FOR


def test_asking_again_lifts_no_decline(decisions: Decisions) -> None:
    decisions.decline(ONE)
    asked(decisions)
    assert decisions.declined_until(ONE) is not None
