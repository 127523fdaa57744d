"""Waits until it is certain what an operation that died has left behind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import anyio.to_thread

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Act
from nexla_mcp.operations.actions.action import Work
from nexla_mcp.operations.actions.statuses import RestoreStatuses
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.safety.ledger import OperationRecord, Status, StepState

LOOKED_THROUGH = 100
"""Newest operations among which one is looked for that failed and could not be taken back."""


async def settled(planning: Planning, locks: Collection[str]) -> None:
    """Until the settling window of steps that were cut off on the same things is over.

    A request that was on its way when its process died may still be carried out: whoever looks too early does not
    see it, and would do it again.
    """
    await settle_since(planning.nexla, await anyio.to_thread.run_sync(planning.ledger.last_sent, locks))


async def refuse_half_done(planning: Planning, lock: str) -> None:
    """For changes that are planned from how things ran before: what was left in the middle has paused some of it.

    Raises:
        Failure: `conflict`, when an operation on the same thing waits to be resumed or undone.
    """
    for record in await anyio.to_thread.run_sync(planning.ledger.interrupted):
        if lock in record.plan.locks:
            raise _half_done(record, "was interrupted in the middle of the same thing", "resume")
    for record in await anyio.to_thread.run_sync(planning.ledger.newest, LOOKED_THROUGH):
        if lock in record.plan.locks and await _left_resting(planning, record):
            raise _half_done(record, "ended without starting again what it had paused", "undo")


_NOT_BACK = {
    Status.FAILED: frozenset({StepState.NOT_UNDONE}),
    Status.CANCELLED: frozenset({StepState.STARTED, StepState.UNKNOWN, StepState.DONE}),
}
"""Steps whose work is still there. One that failed has tried to take all back; a cancelled one has not."""


async def _left_resting(planning: Planning, record: OperationRecord) -> bool:
    """Whether statuses that an operation has not put back are still not what they were."""
    if record.undone_by is not None:
        return False
    states = _NOT_BACK.get(record.status, frozenset())
    left = (record.plan.steps[known.position].undo for known in record.steps if known.state in states)
    for undo in left:
        if undo is not None and undo.action == RestoreStatuses.name and await _is_to_do(planning, undo):
            return True
    return False


async def _is_to_do(planning: Planning, undo: Act) -> bool:
    try:
        return await RestoreStatuses().foresee(Work(planning.nexla), undo.arguments, frozenset()) is not None
    except Failure as failure:
        if failure.info.code is not ErrorCode.NOT_FOUND:
            raise
        return False


def _half_done(record: OperationRecord, why: str, way_out: str) -> Failure:
    return Failure.of(
        ErrorCode.CONFLICT,
        f"Operation {record.id} ({record.plan.tool}) {why}. Nothing was done.",
        hint=f"First: control_operation(operation={record.id!r}, action={way_out!r}).",
        next_tool="control_operation",
    )


async def settle_since(nexla: Nexla, sent: datetime | None) -> None:
    """Until the window that began when something was last sent is over."""
    if sent is None:
        return
    left = nexla.connection.settle_seconds - (nexla.clock.now() - sent).total_seconds()
    if left > 0:
        await nexla.clock.sleep(left)
