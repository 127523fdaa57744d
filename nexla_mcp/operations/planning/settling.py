"""Waits until it is certain what an operation that died has left behind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import anyio.to_thread

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.operations.planning.planning import Planning


async def settled(planning: Planning, locks: Collection[str]) -> None:
    """Until the settling window of steps that were cut off on the same things is over.

    A request that was on its way when its process died may still be carried out: whoever looks too early does not
    see it, and would do it again.
    """
    await settle_since(planning.nexla, await anyio.to_thread.run_sync(planning.ledger.last_sent, locks))


async def refuse_half_done(planning: Planning, lock: str) -> None:
    """For changes that are planned from how things ran before: what was cut off in the middle has paused some of it.

    Raises:
        Failure: `conflict`, when an operation on the same thing waits to be resumed or undone.
    """
    for record in await anyio.to_thread.run_sync(planning.ledger.interrupted):
        if lock in record.plan.locks:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"Operation {record.id} ({record.plan.tool}) was interrupted in the middle of the same thing. Nothing "
                "was done.",
                hint=f"Resume or undo it first: control_operation(operation={record.id!r}, action='resume').",
                next_tool="control_operation",
            )


async def settle_since(nexla: Nexla, sent: datetime | None) -> None:
    """Until the window that began when something was last sent is over."""
    if sent is None:
        return
    left = nexla.connection.settle_seconds - (nexla.clock.now() - sent).total_seconds()
    if left > 0:
        await nexla.clock.sleep(left)
