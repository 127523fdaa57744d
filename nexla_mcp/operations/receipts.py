"""What became of changes, and what can still be done about them."""

from __future__ import annotations

import anyio.to_thread

from nexla_mcp.domain.controls import Control
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.results.operation import OperationAnswer, State
from nexla_mcp.operations.answers import answer_of_list, answer_of_operation
from nexla_mcp.operations.desk import Desk
from nexla_mcp.operations.planning.control import plan_rebuild, plan_resume, plan_undo, read_operation
from nexla_mcp.operations.progress import Progress
from nexla_mcp.safety.ledger import Status


async def newest(desk: Desk, limit: int) -> OperationAnswer:
    """The newest operations of this principal on this machine."""
    return answer_of_list(await anyio.to_thread.run_sync(desk.planning.ledger.newest, limit))


async def receipt(desk: Desk, operation: str, wait_seconds: float, progress: Progress) -> OperationAnswer:
    """One operation in full.

    Raises:
        Failure: `not_found`.
    """
    record = await read_operation(desk.planning, operation)
    if wait_seconds:
        record = await desk.runner.wait(record.id, wait_seconds, progress)
    return answer_of_operation(record, in_full=True)


async def control(desk: Desk, operation: str, action: Control, *, dry_run: bool = False) -> Plan | OperationAnswer:
    """The plan of what to do with an operation; a cancel changes nothing in Nexla and is done at once.

    With `dry_run` nothing is done here either.
    """
    if action is Control.CANCEL:
        return await (_cancel_planned if dry_run else _cancel)(desk, operation)
    plan_of = {Control.RESUME: plan_resume, Control.UNDO: plan_undo, Control.REBUILD: plan_rebuild}[action]
    plan = await plan_of(desk.planning, operation)
    if not plan.changes_nothing or dry_run:
        return plan
    if action is Control.UNDO and plan.of is not None:
        return await _settle(desk, plan.of, plan, Status.CANCELLED)
    if plan.resumes is not None:
        return await _settle(desk, plan.resumes, plan, Status.DONE)
    return plan


async def _settle(desk: Desk, operation: str, plan: Plan, status: Status) -> Plan | OperationAnswer:
    """An interrupted operation that left nothing behind, or nothing to do, is over."""
    record = await read_operation(desk.planning, operation)
    if not record.interrupted:
        return plan
    await anyio.to_thread.run_sync(desk.planning.ledger.settle, operation, status)
    return answer_of_operation(await read_operation(desk.planning, operation), in_full=True)


async def _cancel_planned(desk: Desk, operation: str) -> OperationAnswer:
    record = await read_operation(desk.planning, operation)
    going = record.interrupted or record.alive
    return OperationAnswer(
        state=State.PLANNED if going else State.UNCHANGED,
        summary=f"Cancel operation {record.id} before its next step; what is done stays done."
        if going
        else f"Operation {record.id} has ended: {record.status.value}.",
    )


async def _cancel(desk: Desk, operation: str) -> OperationAnswer:
    record = await read_operation(desk.planning, operation)
    if record.interrupted:
        await anyio.to_thread.run_sync(desk.planning.ledger.settle, record.id)
    elif record.alive and not desk.runner.cancel(record.id):
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"Operation {record.id} is run by another copy of this server, and only that copy can stop it.",
            hint="Ask there, or wait until it has ended.",
            next_tool="get_operation",
        )
    elif not record.alive:
        raise Failure.of(ErrorCode.CONFLICT, f"Operation {record.id} has ended: {record.status.value}.")
    return answer_of_operation(await read_operation(desk.planning, record.id), in_full=True)
