"""Approves or rejects a request. A decision is for good."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import Failure
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.lost import looked_up, patiently


class Decide(Action):
    """Arguments: `request`, `approve`, and the `reason` of a rejection."""

    name: ClassVar[str] = "decide"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        request = arguments["request"]
        operation = "approve_approval_request" if arguments["approve"] else "reject_approval_request"
        body = None if arguments["approve"] else {"reason": arguments["reason"]}
        try:
            await work.nexla.operations.call(operation, ids={"request_id": request}, body=body)
        except Failure as lost:
            seen = partial(_seen, work, arguments)
            return await looked_up(work, lost, seen, resource=f"approval {request}", next_tool="search_resources")
        return {"id": request, "told": "approved" if arguments["approve"] else "rejected"}

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(_seen, work, arguments))


async def _seen(work: Work, arguments: Arguments) -> Output | None:
    """A request that waits no more has been decided; by whom, and how, no answer tells (contract 20)."""
    pending = await work.nexla.platform.pending_approvals()
    if not pending.complete or any(row.id == arguments["request"] for row in pending):
        return None
    return {"id": arguments["request"], "told": "decided; its answer was lost, so look at its outcome"}
