"""Toolset admin: projects, teams, lookups, approvals, notifications and the people of the org."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.administration import (
    Channel,
    Decision,
    LookupAction,
    Member,
    NotificationAction,
    ProjectAction,
    TeamAction,
)
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.members import OrgMembers
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DISRUPTIVE,
    title="Manage a project",
    summary="Makes or describes a project, and sets its flows. A flow is in one at most, so adding moves it.",
    changes=True,
)
async def manage_project(
    context: ToolContext,
    action: Annotated[ProjectAction, Field(description="What to do.")],
    project: Annotated[int | None, Field(description="Id; not to create.")] = None,
    name: Annotated[str | None, Field(description="New name.")] = None,
    description: Annotated[str | None, Field(description="For people.")] = None,
    flows: Annotated[list[int] | None, Field(description="Ids.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import administration  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    planning = await context.planning()
    return await administration.plan_project(planning, action, project, name, description, flows or [])


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DESTRUCTIVE,
    title="Manage a team",
    summary="Makes or describes a team, and sets its members and admins. A person agrees to removals.",
    changes=True,
)
async def manage_team(
    context: ToolContext,
    action: Annotated[TeamAction, Field(description="What to do.")],
    team: Annotated[int | None, Field(description="Id; not to create.")] = None,
    name: Annotated[str | None, Field(description="New name.")] = None,
    description: Annotated[str | None, Field(description="For people.")] = None,
    members: Annotated[list[Member] | None, Field(description="Who.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import administration  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await administration.plan_team(await context.planning(), action, team, name, description, members or [])


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DISRUPTIVE,
    title="Manage a lookup",
    summary="Makes or describes a static lookup, puts rows by key, each whole, or deletes rows by key.",
    changes=True,
)
async def manage_lookup(
    context: ToolContext,
    action: Annotated[LookupAction, Field(description="What to do.")],
    lookup: Annotated[int | None, Field(description="Id; not to create.")] = None,
    name: Annotated[str | None, Field(description="New name.")] = None,
    key: Annotated[str | None, Field(description="Primary key field.")] = None,
    rows: Annotated[list[dict[str, Any]] | None, Field(description="To put.")] = None,
    keys: Annotated[list[str] | None, Field(description="To delete.")] = None,
    defaults: Annotated[dict[str, Any] | None, Field(description="For keys not found.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import administration  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await administration.plan_lookup(
        await context.planning(),
        action,
        lookup,
        name=name,
        key=key,
        rows=rows or [],
        keys=keys or [],
        defaults=defaults,
    )


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DESTRUCTIVE,
    title="Decide an approval request",
    summary="Approves or rejects a request that waits. It cannot be taken back, so a person has to agree.",
    changes=True,
)
async def decide_approval(
    context: ToolContext,
    request: Annotated[int, Field(description="Id.")],
    decision: Annotated[Decision, Field(description="Which.")],
    reason: Annotated[str | None, Field(description="Of a rejection.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import administration  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await administration.plan_decision(await context.planning(), request, decision, reason)


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DISRUPTIVE,
    title="Manage notifications",
    summary="Sets which events you get over which channel, for all or one resource; marks or deletes notifications.",
    changes=True,
)
async def manage_notifications(
    context: ToolContext,
    action: Annotated[NotificationAction, Field(description="What to do.")],
    notifications: Annotated[list[int] | None, Field(description="Ids.")] = None,
    event: Annotated[int | str | None, Field(description="Id or name.")] = None,
    channel: Annotated[Channel | None, Field(description="Where.")] = None,
    type: Annotated[  # noqa: A002 - the word users know
        ResourceType | None, Field(description="Of the resource.")
    ] = None,
    resource: Annotated[int | None, Field(description="Id.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import notifying  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    planning = await context.planning()
    if action in {NotificationAction.ENABLE, NotificationAction.DISABLE}:
        return await notifying.plan_setting(planning, action, event, channel, type, resource)
    return await notifying.plan_messages(planning, action, notifications or [])


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.READ,
    title="List org members",
    summary="People of your org: email, roles, who is admin, status. For who reaches a resource: list_access.",
)
async def list_org_members(
    context: ToolContext,
    name: Annotated[str | None, Field(description="Part of name or email.")] = None,
    admins_only: Annotated[bool, Field(description="Only admins.")] = False,
) -> OrgMembers:
    from nexla_mcp.operations import members  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await members.org_members(context.nexla, name, admins_only=admins_only)


TOOLS = (manage_project, manage_team, manage_lookup, decide_approval, manage_notifications, list_org_members)
