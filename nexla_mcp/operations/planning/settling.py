"""Waits until it is certain what an operation that died has left behind."""

from __future__ import annotations

from collections.abc import Set

import anyio.to_thread

from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.safety.ledger import StepState


async def settled(planning: Planning, locks: Set[str]) -> None:
    """Until the settling window of interrupted steps on the same things is over.

    A request that was on its way when its process died may still be carried out: whoever looks too early does not
    see it, and would do it again.
    """
    nexla = planning.nexla
    begun = [
        step.began_at
        for record in await anyio.to_thread.run_sync(planning.ledger.interrupted)
        if locks & set(record.plan.locks)
        for step in record.steps
        if step.state is StepState.STARTED
    ]
    if not begun:
        return
    left = nexla.connection.settle_seconds - (nexla.clock.now() - max(begun)).total_seconds()
    if left > 0:
        await nexla.clock.sleep(left)
