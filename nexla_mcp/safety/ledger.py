"""Claims and steps: what was begun, how far it came, and what came of it. The memory behind "done once".

Two tables. An operation is a claim: its id is the confirmation's nonce, so that a replayed confirmation meets the
claim of the first. A step is written before it is taken and again after it, so that a process that dies leaves at
most one step whose outcome has to be looked up.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.domain.plans import Plan
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.executor import is_alive, last_sign_of_life

logger = logging.getLogger(__name__)


class Status(str, Enum):
    """Of an operation as it is written. One that is `running` or `undoing` by a dead process is interrupted."""

    RUNNING = "running"
    UNDOING = "undoing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


PENDING = (Status.RUNNING.value, Status.UNDOING.value)


class StepState(str, Enum):
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    """Refused: it was not done."""
    UNKNOWN = "unknown"
    """It may have been done."""
    UNDONE = "undone"
    NOT_UNDONE = "not_undone"


@dataclass(frozen=True)
class StepRecord:
    position: int
    key: str
    state: StepState
    before: Any
    """What was noted before the step, to know its outcome again."""
    output: Any
    error: ErrorInfo | None
    began_at: datetime


@dataclass(frozen=True)
class OperationRecord:
    id: str
    plan: Plan
    digest: str
    call_digest: str
    decision: str
    status: Status
    executor: str
    alive: bool
    of: str | None
    undone_by: str | None
    error: ErrorInfo | None
    started_at: datetime
    ended_at: datetime | None
    steps: tuple[StepRecord, ...]

    @property
    def interrupted(self) -> bool:
        return self.status.value in PENDING and not self.alive

    def step(self, position: int) -> StepRecord | None:
        return next((step for step in self.steps if step.position == position), None)


@dataclass(frozen=True)
class Claim:
    """What a new operation is written with."""

    id: str
    plan: Plan
    digest: str
    call_digest: str
    decision: str


class Ledger:
    """The operations of one principal, shared by all copies of the server over the same directory."""

    def __init__(self, database: Database, executors: Path, now: Callable[[], datetime]) -> None:
        self.database = database
        self._executors = executors
        self._now = now

    def claim(self, claim: Claim, executor: str) -> OperationRecord | None:
        """Writes the operation; or answers the one that has this id already.

        Raises:
            Failure: `conflict` when another live operation changes the same thing, or when the id was claimed for
                another plan.
        """
        with self.database.writing() as connection:
            existing = connection.execute("SELECT * FROM operations WHERE id = ?", (claim.id,)).fetchone()
            if existing is not None:
                if existing["digest"] != claim.digest:
                    raise _another_plan(claim.id)
                return self._record(connection, existing)
            self._refuse_rivals(connection, claim.plan)
            self._supersede(connection, claim)
            connection.execute(
                "INSERT INTO operations (id, tool, digest, call_digest, plan, locks, decision, status, executor, of,"
                " started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    claim.id,
                    claim.plan.tool,
                    claim.digest,
                    claim.call_digest,
                    claim.plan.model_dump_json(),
                    json.dumps(claim.plan.locks),
                    claim.decision,
                    Status.RUNNING.value,
                    executor,
                    claim.plan.of,
                    self._now().isoformat(),
                ),
            )
        return None

    def take_over(self, operation: str, executor: str) -> OperationRecord:
        """Makes an interrupted operation this process's own. Whoever ran it can write no more of it.

        Raises:
            Failure: `conflict` when it is run by a live process, or has ended.
        """
        with self.database.writing() as connection:
            row = self._row(connection, operation)
            if row["status"] not in PENDING or is_alive(self._executors, row["executor"]):
                raise Failure.of(
                    ErrorCode.CONFLICT,
                    f"Operation {operation} is not interrupted any more. Nothing was done.",
                    hint="get_operation shows how it stands.",
                    next_tool="get_operation",
                )
            self._refuse_rivals(connection, _plan(row))
            connection.execute("UPDATE operations SET executor = ? WHERE id = ?", (executor, operation))
            return self._record(connection, self._row(connection, operation))

    def begin_step(self, operation: str, executor: str, position: int, key: str, before: Any) -> None:
        """Notes that a step is about to be taken. Only after this returns may anything be sent."""
        with self.database.writing() as connection:
            self.require_mine(connection, operation, executor)
            connection.execute(
                "INSERT OR REPLACE INTO steps (operation, position, key, state, before, began_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (operation, position, key, StepState.STARTED.value, json.dumps(before), self._now().isoformat()),
            )

    def end_step(
        self,
        operation: str,
        executor: str,
        position: int,
        state: StepState,
        *,
        output: Any = None,
        error: ErrorInfo | None = None,
    ) -> None:
        with self.database.writing() as connection:
            self.require_mine(connection, operation, executor)
            connection.execute(
                "UPDATE steps SET state = ?, output = COALESCE(?, output), error = ?, ended_at = ?"
                " WHERE operation = ? AND position = ?",
                (
                    state.value,
                    None if output is None else json.dumps(output),
                    error.model_dump_json() if error else None,
                    self._now().isoformat(),
                    operation,
                    position,
                ),
            )

    def set_status(self, operation: str, executor: str, status: Status, error: ErrorInfo | None = None) -> None:
        """Moves an operation on; one that ends keeps its first error."""
        with self.database.writing() as connection:
            self.require_mine(connection, operation, executor)
            self._move(connection, operation, status, error)

    def settle(self, operation: str, status: Status = Status.CANCELLED) -> None:
        """Ends an interrupted operation without doing anything more.

        Raises:
            Failure: `conflict` when it is not interrupted.
        """
        with self.database.writing() as connection:
            row = self._row(connection, operation)
            if row["status"] not in PENDING or is_alive(self._executors, row["executor"]):
                raise Failure.of(ErrorCode.CONFLICT, f"Operation {operation} is not interrupted. Nothing was done.")
            self._move(connection, operation, status)

    def nothing_left(self, plan: Plan) -> None:
        """The same call, made again, found all as it was to be: an operation of it that was cut off is done."""
        arguments = plan.model_dump(mode="json")["arguments"]
        for found in self.interrupted():
            if found.status is Status.RUNNING and found.plan.tool == plan.tool and found.plan.arguments == arguments:
                self.settle(found.id, Status.DONE)

    def last_sent(self, locks: Collection[str]) -> datetime | None:
        """When something may have been sent last by a run that was cut off in a step on the same things.

        Whatever became of the operation since: cancelling it calls nothing back that is on its way.
        """
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT operations.status, locks, executor, began_at FROM steps"
                " JOIN operations ON operations.id = steps.operation WHERE steps.state = ?",
                (StepState.STARTED.value,),
            ).fetchall()
        moments: list[datetime] = []
        for row in rows:
            if not set(locks) & set(json.loads(row["locks"])):
                continue
            if row["status"] not in PENDING or not is_alive(self._executors, row["executor"]):
                began = datetime.fromisoformat(row["began_at"])
                moments.append(max(began, last_sign_of_life(self._executors, row["executor"]) or began))
        return max(moments, default=None)

    def get(self, operation: str) -> OperationRecord | None:
        with self.database.reading() as connection:
            row = connection.execute("SELECT * FROM operations WHERE id = ?", (operation,)).fetchone()
            return self._record(connection, row) if row else None

    def newest(self, limit: int) -> list[OperationRecord]:
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM operations ORDER BY started_at DESC, rowid DESC LIMIT ?", (limit,)
            ).fetchall()
            return self._readable(connection, rows)

    def interrupted(self) -> list[OperationRecord]:
        """Operations whose process is gone, the oldest first."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM operations WHERE status IN (?, ?) ORDER BY started_at", PENDING
            ).fetchall()
            return [record for record in self._readable(connection, rows) if record.interrupted]

    def _refuse_rivals(self, connection: sqlite3.Connection, plan: Plan) -> None:
        wanted = set(plan.locks)
        rows = connection.execute(
            "SELECT id, tool, locks, executor FROM operations WHERE status IN (?, ?)", PENDING
        ).fetchall()
        for row in rows:
            if wanted & set(json.loads(row["locks"])) and is_alive(self._executors, row["executor"]):
                raise Failure.of(
                    ErrorCode.CONFLICT,
                    f"Operation {row['id']} ({row['tool']}) is changing the same thing now. Nothing was done.",
                    hint="Wait until it has ended; get_operation shows how far it is.",
                    next_tool="get_operation",
                    retryable=True,
                )

    def _supersede(self, connection: sqlite3.Connection, claim: Claim) -> None:
        """Interrupted operations on the same things are over: this one takes up what they left behind.

        So is the one that this takes back: going on with something half undone would make neither.
        """
        info = ErrorInfo(
            code=ErrorCode.CONFLICT,
            message=f"It was interrupted; operation {claim.id} took up what it had left behind.",
        )
        for row in connection.execute("SELECT id, locks FROM operations WHERE status IN (?, ?)", PENDING).fetchall():
            if row["id"] == claim.plan.of or set(claim.plan.locks) & set(json.loads(row["locks"])):
                self._move(connection, row["id"], Status.CANCELLED, info)

    def _move(
        self, connection: sqlite3.Connection, operation: str, status: Status, error: ErrorInfo | None = None
    ) -> None:
        """One that undoes another settles that one at the same moment: there is no being killed between the two."""
        now = self._now().isoformat()
        connection.execute(
            "UPDATE operations SET status = ?, error = COALESCE(error, ?), ended_at = ? WHERE id = ?",
            (
                status.value,
                error.model_dump_json() if error else None,
                None if status.value in PENDING else now,
                operation,
            ),
        )
        undone = self._row(connection, operation)["of"]
        if status is Status.DONE and undone is not None:
            connection.execute(
                "UPDATE operations SET undone_by = ?, status = ?, ended_at = COALESCE(ended_at, ?) WHERE id = ?",
                (operation, Status.UNDONE.value, now, undone),
            )

    def require_mine(self, connection: sqlite3.Connection, operation: str, executor: str) -> None:
        if self._row(connection, operation)["executor"] != executor:
            raise Failure.of(
                ErrorCode.CONFLICT, f"Operation {operation} was taken over by another process; this one stops."
            )

    @staticmethod
    def _row(connection: sqlite3.Connection, operation: str) -> sqlite3.Row:
        row: sqlite3.Row | None = connection.execute("SELECT * FROM operations WHERE id = ?", (operation,)).fetchone()
        if row is None:
            raise unknown_operation(operation)
        return row

    def _readable(self, connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[OperationRecord]:
        """Those that this version can read: one of another version hides none of the others."""
        read = [self._record_or_none(connection, row) for row in rows]
        return [record for record in read if record is not None]

    def _record_or_none(self, connection: sqlite3.Connection, row: sqlite3.Row) -> OperationRecord | None:
        try:
            return self._record(connection, row)
        except Failure as failure:
            logger.warning(failure.info.message)
            return None

    def _record(self, connection: sqlite3.Connection, row: sqlite3.Row) -> OperationRecord:
        steps = connection.execute("SELECT * FROM steps WHERE operation = ? ORDER BY position", (row["id"],)).fetchall()
        return OperationRecord(
            id=row["id"],
            plan=_plan(row),
            digest=row["digest"],
            call_digest=row["call_digest"],
            decision=row["decision"],
            status=Status(row["status"]),
            executor=row["executor"],
            alive=row["status"] in PENDING and is_alive(self._executors, row["executor"]),
            of=row["of"],
            undone_by=row["undone_by"],
            error=_error(row["error"]),
            started_at=datetime.fromisoformat(row["started_at"]),
            ended_at=datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None,
            steps=tuple(_step(step) for step in steps),
        )


def unknown_operation(operation: str) -> Failure:
    return Failure.of(
        ErrorCode.NOT_FOUND,
        f"No operation {operation[:60]!r} is known here.",
        hint="get_operation without arguments lists the newest.",
        next_tool="get_operation",
    )


def _another_plan(operation: str) -> Failure:
    return Failure.of(
        ErrorCode.CONFLICT,
        f"Confirmation {operation} was used for another plan. Nothing was done.",
        hint="Call without `confirmation` to get the plan as it is now.",
    )


def _plan(row: sqlite3.Row) -> Plan:
    try:
        return Plan.model_validate_json(row["plan"])
    except ValidationError:
        raise Failure.of(
            ErrorCode.UNSUPPORTED,
            f"Operation {row['id']} was written by another version of this server and cannot be read.",
            hint="Look at its resources with the reading tools.",
        ) from None


def _step(row: sqlite3.Row) -> StepRecord:
    return StepRecord(
        position=row["position"],
        key=row["key"],
        state=StepState(row["state"]),
        before=json.loads(row["before"]) if row["before"] else None,
        output=json.loads(row["output"]) if row["output"] else None,
        error=_error(row["error"]),
        began_at=datetime.fromisoformat(row["began_at"]),
    )


def _error(text: str | None) -> ErrorInfo | None:
    return ErrorInfo.model_validate_json(text) if text else None
