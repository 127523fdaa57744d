"""Claims and steps: each operation once, by one process at a time, and never by one that lost it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.domain.plans import Act, Plan, Step
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.digest import digest_of
from nexla_mcp.safety.executor import Executor
from nexla_mcp.safety.ledger import Claim, Ledger, OperationRecord, Status, StepState
from nexla_mcp.safety.pending import interrupted
from nexla_mcp.safety.state import StateDirectory
from tests.unit.plans import plan

BEGINNING = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
ERROR = ErrorInfo(code=ErrorCode.FORBIDDEN, message="It was refused.")


@dataclass
class Place:
    """A state directory, its ledger, and the runs over it; a second passes with each look at the clock."""

    state: StateDirectory
    seconds: Iterator[int] = field(default_factory=itertools.count)
    runs: list[Executor] = field(default_factory=list)

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=next(self.seconds))

    def ledger(self) -> Ledger:
        """As another copy of the server opens it."""
        return Ledger(Database(self.state.database), self.state.executors, self.now)

    def run(self) -> Executor:
        """Somebody who runs an operation, alive until `die`."""
        self.runs.append(Executor(self.state.executors, self.now))
        return self.runs[-1]

    def die(self, run: Executor) -> None:
        self.runs.remove(run)
        run.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    state = StateDirectory(tmp_path / "state")
    state.make()
    made = Place(state)
    yield made
    for run in list(made.runs):
        made.die(run)


@pytest.fixture
def ledger(place: Place) -> Ledger:
    return place.ledger()


def claim(identifier: str, *, call: str = "c", decision: str = "needed no confirmation", **changes: Any) -> Claim:
    made = plan(**{"locks": (f"lock of {identifier}",), **changes})
    return Claim(identifier, made, digest_of(made), call, decision)


def known(ledger: Ledger, operation: str) -> OperationRecord:
    record = ledger.get(operation)
    assert record is not None
    return record


def refused(code: ErrorCode, act: Callable[[], object]) -> Failure:
    with pytest.raises(Failure) as caught:
        act()
    assert caught.value.info.code is code
    return caught.value


def test_a_claim_is_written_as_it_was_made(place: Place, ledger: Ledger) -> None:
    run, made = place.run(), claim("one", call="the call", decision="a person")
    assert ledger.claim(made, run.id) is None
    record = known(place.ledger(), "one")
    assert (record.plan, record.digest, record.call_digest) == (made.plan, made.digest, "the call")
    assert (record.decision, record.status, record.executor) == ("a person", Status.RUNNING, run.id)
    assert (record.alive, record.interrupted, record.ended_at, record.steps) == (True, False, None, ())
    assert record.started_at.tzinfo is not None


def test_the_same_claim_again_meets_the_first(place: Place, ledger: Ledger) -> None:
    first, second = place.run(), place.run()
    ledger.claim(claim("one"), first.id)
    met = place.ledger().claim(claim("one"), second.id)
    assert met is not None
    assert (met.id, met.executor) == ("one", first.id)
    assert known(ledger, "one").executor == first.id


@pytest.mark.parametrize("status", Status)
def test_it_meets_it_however_it_ended(place: Place, ledger: Ledger, status: Status) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    ledger.set_status("one", run.id, status)
    met = ledger.claim(claim("one"), place.run().id)
    assert met is not None
    assert met.status is status


def test_an_id_is_good_for_one_plan(place: Place, ledger: Ledger) -> None:
    ledger.claim(claim("one"), place.run().id)
    refused(ErrorCode.CONFLICT, lambda: ledger.claim(claim("one", summary="Something else."), place.run().id))
    assert known(ledger, "one").plan.summary == plan().summary


def test_of_many_that_claim_at_once_one_is_the_first(place: Place) -> None:
    run, first = place.run(), []
    gate = threading.Barrier(8)

    def work() -> None:
        copy = place.ledger()
        gate.wait()
        if copy.claim(claim("one"), run.id) is None:
            first.append(threading.get_ident())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(first) == 1
    assert [record.id for record in place.ledger().newest(10)] == ["one"]


@pytest.mark.parametrize(
    ("first", "second", "rivals"),
    [
        (("a",), ("a",), True),
        (("a", "b"), ("b", "c"), True),
        (("a",), ("b",), False),
        ((), ("a",), False),
        ((), (), False),
    ],
)
def test_two_live_operations_never_change_the_same_thing(
    place: Place, ledger: Ledger, first: tuple[str, ...], second: tuple[str, ...], rivals: bool
) -> None:
    ledger.claim(claim("one", locks=first), place.run().id)
    if rivals:
        failure = refused(ErrorCode.CONFLICT, lambda: ledger.claim(claim("two", locks=second), place.run().id))
        assert "one" in failure.info.message
        assert failure.info.retryable
        assert ledger.get("two") is None
    else:
        assert ledger.claim(claim("two", locks=second), place.run().id) is None


@pytest.mark.parametrize("status", [status for status in Status if status not in {Status.RUNNING, Status.UNDOING}])
def test_an_operation_that_has_ended_holds_nothing(place: Place, ledger: Ledger, status: Status) -> None:
    run = place.run()
    ledger.claim(claim("one", locks=("a",)), run.id)
    ledger.set_status("one", run.id, status)
    assert ledger.claim(claim("two", locks=("a",)), place.run().id) is None
    assert known(ledger, "one").status is status


def test_one_that_takes_itself_back_still_holds_it(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one", locks=("a",)), run.id)
    ledger.set_status("one", run.id, Status.UNDOING)
    refused(ErrorCode.CONFLICT, lambda: ledger.claim(claim("two", locks=("a",)), place.run().id))


def test_what_a_dead_process_left_is_superseded(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one", locks=("a", "b")), run.id)
    ledger.claim(claim("elsewhere", locks=("z",)), run.id)
    place.die(run)
    assert ledger.claim(claim("two", locks=("b",)), place.run().id) is None
    over = known(ledger, "one")
    assert (over.status, over.interrupted) == (Status.CANCELLED, False)
    assert over.error is not None
    assert "two" in over.error.message
    assert known(ledger, "elsewhere").interrupted
    assert not known(ledger, "two").interrupted


def test_what_a_superseded_operation_failed_with_is_kept(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one", locks=("a",)), run.id)
    ledger.set_status("one", run.id, Status.UNDOING, ERROR)
    place.die(run)
    ledger.claim(claim("two", locks=("a",)), place.run().id)
    assert known(ledger, "one").error == ERROR


def test_a_claim_that_is_refused_supersedes_nothing(place: Place, ledger: Ledger) -> None:
    dead, alive = place.run(), place.run()
    ledger.claim(claim("dead", locks=("a",)), dead.id)
    ledger.claim(claim("alive", locks=("b",)), alive.id)
    place.die(dead)
    refused(ErrorCode.CONFLICT, lambda: ledger.claim(claim("two", locks=("a", "b")), place.run().id))
    assert known(ledger, "dead").interrupted


def test_an_interrupted_operation_can_be_taken_over(place: Place, ledger: Ledger) -> None:
    old, new = place.run(), place.run()
    ledger.claim(claim("one"), old.id)
    refused(ErrorCode.CONFLICT, lambda: ledger.take_over("one", new.id))
    place.die(old)
    assert known(ledger, "one").interrupted
    taken = ledger.take_over("one", new.id)
    assert (taken.executor, taken.alive, taken.interrupted) == (new.id, True, False)
    third = place.run()
    refused(ErrorCode.CONFLICT, lambda: ledger.take_over("one", third.id))


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED, Status.CANCELLED, Status.UNDONE])
def test_one_that_has_ended_cannot_be_taken_over(place: Place, ledger: Ledger, status: Status) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    ledger.set_status("one", run.id, status)
    place.die(run)
    refused(ErrorCode.CONFLICT, lambda: ledger.take_over("one", place.run().id))


def test_nor_one_whose_thing_another_changes_now(place: Place, ledger: Ledger) -> None:
    old = place.run()
    ledger.claim(claim("one", locks=("a",)), old.id)
    place.die(old)
    with Database(place.state.database).writing() as connection:
        connection.execute("UPDATE operations SET locks = '[]'")
    ledger.claim(claim("two", locks=("a",)), place.run().id)
    with Database(place.state.database).writing() as connection:
        connection.execute("UPDATE operations SET locks = '[\"a\"]'")
    refused(ErrorCode.CONFLICT, lambda: ledger.take_over("one", place.run().id))


WRITES: dict[str, Callable[[Ledger, str], None]] = {
    "begin a step": lambda ledger, run: ledger.begin_step("one", run, 1, "other", None),
    "end a step": lambda ledger, run: ledger.end_step("one", run, 0, StepState.DONE, output={"id": 1}),
    "fail a step": lambda ledger, run: ledger.end_step("one", run, 0, StepState.FAILED, error=ERROR),
    "end it": lambda ledger, run: ledger.set_status("one", run, Status.DONE),
    "begin to undo": lambda ledger, run: ledger.set_status("one", run, Status.UNDOING, ERROR),
}


@pytest.mark.parametrize("write", WRITES)
def test_whoever_lost_an_operation_writes_no_more_of_it(place: Place, ledger: Ledger, write: str) -> None:
    old, new = place.run(), place.run()
    ledger.claim(claim("one"), old.id)
    ledger.begin_step("one", old.id, 0, "source", {"matching": []})
    place.die(old)
    ledger.take_over("one", new.id)
    before = known(ledger, "one")
    refused(ErrorCode.CONFLICT, lambda: WRITES[write](ledger, old.id))
    assert known(ledger, "one") == before
    WRITES[write](ledger, new.id)
    assert known(ledger, "one") != before


@pytest.mark.parametrize("write", WRITES)
def test_nobody_writes_of_what_there_is_not(place: Place, ledger: Ledger, write: str) -> None:
    refused(ErrorCode.NOT_FOUND, lambda: WRITES[write](ledger, place.run().id))
    refused(ErrorCode.NOT_FOUND, lambda: ledger.take_over("one", "anybody"))
    assert ledger.get("one") is None


def test_a_step_from_its_beginning_to_its_end(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    ledger.begin_step("one", run.id, 0, "source", {"matching": [1, 2]})
    begun = known(ledger, "one").step(0)
    assert begun is not None
    assert (begun.key, begun.state, begun.before) == ("source", StepState.STARTED, {"matching": [1, 2]})
    assert (begun.output, begun.error) == (None, None)
    ledger.end_step("one", run.id, 0, StepState.DONE, output={"id": 7})
    ended = known(place.ledger(), "one").step(0)
    assert ended is not None
    assert (ended.state, ended.before, ended.output) == (StepState.DONE, {"matching": [1, 2]}, {"id": 7})
    assert ended.began_at == begun.began_at


def test_a_step_that_is_taken_back_keeps_what_it_gave(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    ledger.begin_step("one", run.id, 0, "source", None)
    ledger.end_step("one", run.id, 0, StepState.DONE, output={"id": 7})
    ledger.end_step("one", run.id, 0, StepState.NOT_UNDONE, error=ERROR)
    step = known(ledger, "one").step(0)
    assert step is not None
    assert (step.state, step.output, step.error) == (StepState.NOT_UNDONE, {"id": 7}, ERROR)


def test_steps_stand_in_the_order_of_the_plan(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    for position in (2, 10, 0, 1):
        ledger.begin_step("one", run.id, position, f"step {position}", None)
    record = known(ledger, "one")
    assert [step.position for step in record.steps] == [0, 1, 2, 10]
    assert record.step(3) is None


def test_an_operation_keeps_its_first_error_and_its_end(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    ledger.set_status("one", run.id, Status.UNDOING, ERROR)
    assert known(ledger, "one").ended_at is None
    ledger.set_status("one", run.id, Status.FAILED, ErrorInfo(code=ErrorCode.INTERNAL, message="Another."))
    record = known(ledger, "one")
    assert (record.error, record.status) == (ERROR, Status.FAILED)
    assert record.ended_at is not None
    assert record.ended_at > record.started_at


def test_one_that_is_taken_back_names_the_other(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    ledger.set_status("one", run.id, Status.DONE)
    ledger.claim(claim("two", of="one"), run.id)
    assert known(ledger, "two").of == "one"
    ledger.set_status("two", run.id, Status.DONE)
    assert (known(ledger, "one").status, known(ledger, "one").undone_by) == (Status.UNDONE, "two")


def test_one_whose_undoing_fails_is_not_undone(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    ledger.set_status("one", run.id, Status.DONE)
    ledger.claim(claim("two", of="one"), run.id)
    ledger.set_status("two", run.id, Status.FAILED, ERROR)
    assert (known(ledger, "one").status, known(ledger, "one").undone_by) == (Status.DONE, None)


def test_only_an_interrupted_operation_is_settled(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("one"), run.id)
    refused(ErrorCode.CONFLICT, lambda: ledger.settle("one"))
    place.die(run)
    ledger.settle("one")
    assert known(ledger, "one").status is Status.CANCELLED
    refused(ErrorCode.CONFLICT, lambda: ledger.settle("one"))


def test_the_newest_come_first(place: Place, ledger: Ledger) -> None:
    run = place.run()
    for number in range(5):
        ledger.claim(claim(f"{9 - number}"), run.id)
    assert [record.id for record in ledger.newest(3)] == ["5", "6", "7"]
    assert [record.id for record in ledger.newest(10)] == ["5", "6", "7", "8", "9"]


def test_the_newest_come_first_when_the_clock_stands(place: Place) -> None:
    ledger, run = Ledger(Database(place.state.database), place.state.executors, lambda: BEGINNING), place.run()
    for number in range(5):
        ledger.claim(claim(f"{9 - number}"), run.id)
    assert [record.id for record in ledger.newest(2)] == ["5", "6"]


def test_interrupted_are_those_that_did_not_end_the_oldest_first(place: Place, ledger: Ledger) -> None:
    first, second, alive = place.run(), place.run(), place.run()
    for identifier, run in (("c", first), ("b", second), ("a", first), ("live", alive), ("done", first)):
        ledger.claim(claim(identifier), run.id)
    ledger.set_status("a", first.id, Status.UNDOING)
    ledger.set_status("done", first.id, Status.DONE)
    assert ledger.interrupted() == []
    place.die(first)
    place.die(second)
    assert [record.id for record in ledger.interrupted()] == ["c", "b", "a"]
    assert [row[0] for row in interrupted(place.state)] == ["c", "b", "a"]


def test_a_start_over_a_directory_without_operations_finds_none(tmp_path: Path) -> None:
    assert interrupted(StateDirectory(tmp_path / "nowhere")) == []


def test_a_plan_is_kept_whole(place: Place, ledger: Ledger) -> None:
    step = Step(key="k", action="grant", arguments={"nested": [{"$output": "a"}, None, 1.5]}, says="say")
    step = step.model_copy(update={"undo": Act(action="restore_grant", arguments={"roles": []})})
    made = claim("one", steps=(step,), snapshot={"parts": []}, arguments={"password": {"$secret": "env:PW"}})
    ledger.claim(made, place.run().id)
    assert known(ledger, "one").plan == made.plan
    assert digest_of(known(ledger, "one").plan) == made.digest


def test_an_operation_of_another_version_does_not_hide_the_others(place: Place, ledger: Ledger) -> None:
    run = place.run()
    ledger.claim(claim("strange"), run.id)
    with Database(place.state.database).writing() as connection:
        connection.execute("UPDATE operations SET plan = json_set(plan, '$.risk', 'unheard-of')")
    ledger.claim(claim("one"), run.id)
    assert "one" in [record.id for record in ledger.newest(10)]


def test_the_schema_of_plans_is_the_one_that_is_known(place: Place, ledger: Ledger) -> None:
    ledger.claim(claim("one"), place.run().id)
    assert known(ledger, "one").plan.version == Plan.model_fields["version"].default
