"""What can be searched beside resources: notifications, requests that wait for a decision, runtimes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nexla_mcp.adapter.models import ApprovalRequest, Notification, Runtime
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.results.search import Found, Sight
from nexla_mcp.operations.listing import Listing

MOST_NOTIFICATIONS = 500
"""The newest of them are searched."""


async def list_sight(nexla: Nexla, kind: Sight) -> Listing:
    """Everything of a kind that the caller may see; of notifications the newest.

    Raises:
        Failure: when the list cannot be read.
    """
    rows = await _LISTS[kind](nexla)
    return Listing(
        rows=tuple(_found(model) for model in rows.items),
        unreadable=rows.unreadable,
        stopped_because=None if rows.complete else rows.stopped_because,
        models=tuple(rows.items),
    )


_LISTS: dict[Sight, Callable[[Nexla], Awaitable[Rows[Any]]]] = {
    Sight.NOTIFICATION: lambda nexla: nexla.notifications.list(max_rows=MOST_NOTIFICATIONS),
    Sight.APPROVAL: lambda nexla: nexla.platform.pending_approvals(),
    Sight.RUNTIME: lambda nexla: nexla.platform.runtimes(),
}


def _found(model: Notification | ApprovalRequest | Runtime) -> Found:
    if isinstance(model, Notification):
        told = f"{'unread' if model.read_at is None else 'read'} {model.level or ''}".strip()
        return Found(type=Sight.NOTIFICATION, id=model.id, name=model.message, status=told, updated_at=model.created_at)
    if isinstance(model, ApprovalRequest):
        return Found(
            type=Sight.APPROVAL,
            id=model.id,
            name=f"{model.request_type or 'request'} about {model.topic_id} by user {model.requestor_id}",
            status=model.status,
            updated_at=model.created_at,
        )
    return Found(
        type=Sight.RUNTIME,
        id=model.id,
        name=model.name,
        status={True: "ACTIVE", False: "PAUSED"}.get(model.active) if model.active is not None else None,
        owner=model.owner.email if model.owner else None,
        roles=model.access_roles,
        updated_at=model.updated_at,
    )
