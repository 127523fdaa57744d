"""Runtimes and requests for approval (contract 18, 20)."""

from __future__ import annotations

from nexla_mcp.adapter.models.row import Id, OptionalId, Resource, Row, Said, Time


class Runtime(Resource):
    """An image in which custom code runs. Its state is a boolean, no status word."""

    active: bool | None = None
    dockerpath: str | None = None
    managed: bool | None = None


class ApprovalRequest(Row):
    """Something that somebody has asked for, and that waits for a decision or has got one."""

    id: Id
    org_id: OptionalId = None
    request_type: str | None = None
    topic_id: OptionalId = None
    status: str | None = None
    requestor_id: OptionalId = None
    assignee_id: OptionalId = None
    rejection_reason: Said = None
    created_at: Time = None
    updated_at: Time = None
