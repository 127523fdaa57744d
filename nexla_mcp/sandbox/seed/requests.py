"""What waits for somebody: two requests for approval, and a schema and a document of the org's own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.routes.approvals import APPROVALS, PENDING

if TYPE_CHECKING:
    from datetime import datetime

    from nexla_mcp.sandbox.seed.people import Cast
    from nexla_mcp.sandbox.world import World

_REQUESTS = (("sam", "publish_data_set", 3), ("priya", "subscribe_data_set", 1))
"""Who asks for what, and how many days ago; both about the org's first nexset."""


def plant(world: World, cast: Cast, now: datetime) -> None:
    nexset = world.store.all(kinds.NEXSETS)[0]
    for person, kind, days in _REQUESTS:
        made = iso(now - timedelta(days=days))
        world.store.insert(
            APPROVALS,
            {
                "org_id": cast.org_id,
                "request_type": kind,
                "topic_id": nexset["id"],
                "status": PENDING,
                "requestor_id": cast.people[person].user_id,
                "assignee_id": None,
                "rejection_reason": None,
                "created_at": made,
                "updated_at": made,
            },
        )
    made = iso(now - timedelta(days=200))
    owned = {"owner_id": cast.people["dana"].user_id, "org_id": cast.org_id, "created_at": made, "updated_at": made}
    schema = {"properties": {"order_id": {"type": "string"}, "total": {"type": "number"}}}
    world.store.insert(kinds.SCHEMAS, {**owned, "name": "Order", "description": None, "schema": schema})
    world.store.insert(
        kinds.DOCS, {**owned, "name": "How we name flows", "text": "Area, then system.", "doc_type": "md"}
    )
