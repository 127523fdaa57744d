"""Toolset audit: who changed what, and who alone may reach a resource."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.flow_spec import AccessSpec
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.audit import AuditTrail
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.times import parse_window
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.AUDIT,
    risk=Risk.READ,
    title="Audit changes",
    summary="""
    Who changed what and when, newest first, with before and after: of one resource, of every part of a flow, or of all
    resources of a type. access_only picks out changes of who may reach something.
    """,
)
async def audit_changes(
    context: ToolContext,
    type: Annotated[ResourceType, Field(description="Its type.")],  # noqa: A002 - the word users know
    resource: Annotated[int | str | None, Field(description="Id or exact name; default all of the type.")] = None,
    whole_flow: Annotated[bool, Field(description="Every part of its flow.")] = False,
    since: Annotated[str | None, Field(description="Start; default 7 days ago.")] = None,
    until: Annotated[str | None, Field(description="End; default now.")] = None,
    who: Annotated[str | None, Field(description="Part of the email.")] = None,
    access_only: Annotated[bool, Field(description="Only changes of access.")] = False,
    limit: Annotated[int, Field(description="Rows.", ge=1, le=500)] = 50,
) -> AuditTrail:
    from nexla_mcp.operations import auditing  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    window = parse_window(since, until, context.nexla.now(), timedelta(days=7))
    return await auditing.audit(
        context.nexla,
        type,
        resource,
        window,
        whole_flow=whole_flow,
        who=who,
        access_only=access_only,
        limit=limit,
    )


@tool(
    toolset=Toolset.AUDIT,
    risk=Risk.DESTRUCTIVE,
    title="Replace access",
    summary="""
    Makes the given grants the only ones of one resource, many, or with whole_flow=true every part of a flow; an empty
    list leaves only the owner. A person has to agree. Never takes away your own way in. Undo puts the old ones back.
    """,
    changes=True,
)
async def replace_access(
    context: ToolContext,
    type: Annotated[ResourceType, Field(description="Of the resources.")],  # noqa: A002 - the word users know
    resources: Annotated[list[int], Field(description="Ids.")],
    grants: Annotated[list[AccessSpec], Field(description="Who may reach them then.")],
    whole_flow: Annotated[bool, Field(description="On every part of their flows.")] = False,
) -> Plan:
    from nexla_mcp.operations.planning import revoking  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    planning = await context.planning()
    return await revoking.plan_replacement(planning, type, resources, grants, whole_flow=whole_flow)


TOOLS = (audit_changes, replace_access)
