"""Requests that somebody has to decide (contract 20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import forbidden
from nexla_mcp.sandbox.routes.families import fields_of
from nexla_mcp.sandbox.routing import Call, Route

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

APPROVALS = "approval_requests"
PENDING = "pending"
_SHOWN = (
    "id",
    "org_id",
    "request_type",
    "topic_id",
    "status",
    "requestor_id",
    "assignee_id",
    "rejection_reason",
    "created_at",
    "updated_at",
)


def list_pending(call: Call) -> list[Any]:
    """Those that nobody has taken, for the admins of the org."""
    if not call.principal.is_org_admin:
        return []
    return [_shape(item) for item in _of_org(call) if item["status"] == PENDING and item.get("assignee_id") is None]


def list_requested(call: Call) -> list[Any]:
    return [_shape(item) for item in _of_org(call) if item["requestor_id"] == call.principal.user_id]


def approve(call: Call) -> Any:
    return _shape(_decided(call, "approved"))


def reject(call: Call) -> None:
    reason = call.body.get("reason") if isinstance(call.body, dict) else None
    _decided(call, "rejected", rejection_reason=str(reason) if reason else None)


def _decided(call: Call, status: str, **more: Any) -> Document:
    """A decision is final: a second one is refused, as is one by somebody who may not decide."""
    before = call.world.store.get(APPROVALS, call.id("request_id"))
    if before is None or before["org_id"] != call.principal.org_id or not call.principal.is_org_admin:
        raise forbidden()
    if before["status"] != PENDING:
        raise forbidden("This request is decided already")
    if before.get("assignee_id") not in {None, call.principal.user_id}:
        raise forbidden("This request is assigned to somebody else")
    changes = {"status": status, "assignee_id": call.principal.user_id, **more}
    after = call.world.store.put(APPROVALS, {**before, **changes, "updated_at": iso(call.world.clock.now())})
    audit.record(call.world, audit.author(call), "update", APPROVALS, after, before=before)
    return after


def _of_org(call: Call) -> list[Document]:
    return call.world.store.all(APPROVALS, org_id=call.principal.org_id)


def _shape(item: Document) -> dict[str, Any]:
    return fields_of(item, *_SHOWN)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/approval_requests/pending", list_pending),
    Route("GET", "/approval_requests/requested", list_requested),
    Route("PUT", "/approval_requests/{request_id}/approve", approve),
    Route("DELETE", "/approval_requests/{request_id}/reject", reject),
)
