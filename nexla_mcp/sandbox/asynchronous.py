"""Operations that can be asked for with `async=true` and polled by their request id (contract 2.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import Refusal

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Call


def answered(call: Call, work: Callable[[], Any]) -> Any:
    """The answer, or with `async=true` an AsyncResponse.

    The work is done when it is asked for; a poll tells how it ended. A request id is known only to the caller
    who got it, for the path it was given on.
    """
    if not call.flag("async"):
        return work()
    now = iso(call.world.clock.now())
    request_id = call.integer("request_id")
    if request_id is None:
        request_id = call.world.store.next_id("requests")
        outcome = {"request_started_at": now, **_outcome(work), "request_completed_at": now}
        call.world.store.remember(_name(call, request_id), outcome)
        return {"request_id": request_id, "status": "pending", "request_started_at": now, "progress": 0}
    outcome = call.world.store.recall(_name(call, request_id))
    if outcome is None:
        raise Refusal(404, f"Request {request_id} not found")
    return {"request_id": request_id, **outcome, "progress": 100}


def _name(call: Call, request_id: int) -> str:
    values = "/".join(call.path.values())
    return f"async.{request_id}.{call.principal.user_id}.{call.method}.{call.route}.{values}"


def _outcome(work: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"status": "completed", "result": work()}
    except Refusal as refusal:
        return {"status": "failed", "result": {"message": refusal.message}}
