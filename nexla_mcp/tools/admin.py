"""Toolset admin: projects, teams, lookups, approvals, notifications and the people of the org."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.administration import Channel, FlowChange, MemberChange, NotificationAction
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.org_members import OrgMembers
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool

Name = Annotated[str | None, Field(description="Of a new one, or the new name.")]
Description = Annotated[str | None, Field(description="For people.")]


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.WRITE,
    title="Manage a project",
    summary="""
    Makes a project (without `project`), renames or describes one, and adds, removes or replaces its flows. A flow is in
    one project at most. Delete with delete_resource.
    """,
    changes=True,
)
async def manage_project(
    context: ToolContext,
    project: Annotated[int | None, Field(description="Id.")] = None,
    name: Name = None,
    description: Description = None,
    flows: Annotated[list[int] | None, Field(description="Flow ids.")] = None,
    change: Annotated[FlowChange, Field(description="Of the flows.")] = FlowChange.ADD,
) -> Plan:
    from nexla_mcp.operations.planning import projects  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await projects.plan_project(await context.planning(), project, name, description, flows, change)


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DESTRUCTIVE,
    title="Manage a team",
    summary="""
    Makes a team (without `team`), renames or describes one, and adds members, makes them admins, removes or replaces
    them. A person agrees to removals and admins. Never takes away your own way in.
    """,
    changes=True,
)
async def manage_team(
    context: ToolContext,
    team: Annotated[int | None, Field(description="Id.")] = None,
    name: Name = None,
    description: Description = None,
    members: Annotated[list[str] | None, Field(description="Emails.")] = None,
    change: Annotated[MemberChange, Field(description="Of the members.")] = MemberChange.ADD,
) -> Plan:
    from nexla_mcp.operations.planning import teams  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await teams.plan_team(await context.planning(), team, name, description, members, change)


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DISRUPTIVE,
    title="Manage a lookup",
    summary="""
    Makes a static lookup (without `lookup`), renames or describes one, puts rows by their key, each whole, and deletes
    rows by key. Shows before and after.
    """,
    changes=True,
)
async def manage_lookup(
    context: ToolContext,
    lookup: Annotated[int | None, Field(description="Id.")] = None,
    name: Name = None,
    description: Description = None,
    key: Annotated[str | None, Field(description="Key field of a new one.")] = None,
    rows: Annotated[list[dict[str, Any]] | None, Field(description="To put.")] = None,
    remove: Annotated[list[str] | None, Field(description="Keys to delete.")] = None,
    defaults: Annotated[dict[str, Any] | None, Field(description="For keys not found.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import lookups  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    planning = await context.planning()
    return await lookups.plan_lookup(planning, lookup, name, description, key, rows, remove, defaults)


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DESTRUCTIVE,
    title="Decide an approval request",
    summary="Approves or rejects a request that waits. A person has to agree: no decision can be taken back.",
    changes=True,
)
async def decide_approval(
    context: ToolContext,
    request: Annotated[int, Field(description="Id.")],
    approve: Annotated[bool, Field(description="false rejects.")],
    reason: Annotated[str | None, Field(description="Of a rejection.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import approvals  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await approvals.plan_decision(await context.planning(), request, approve=approve, reason=reason)


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.DESTRUCTIVE,
    title="Manage notifications",
    summary="""
    Marks or deletes your notifications, or sets whether an event is sent over a channel: for everything, or one
    resource.
    """,
    changes=True,
)
async def manage_notifications(
    context: ToolContext,
    action: Annotated[NotificationAction, Field(description="What to do.")],
    notifications: Annotated[list[int] | None, Field(description="Ids (mark, delete).")] = None,
    event: Annotated[int | str | None, Field(description="Type: id or name (send, silence).")] = None,
    channel: Annotated[Channel | None, Field(description="Where.")] = None,
    type: Annotated[ResourceType | None, Field(description="Of one resource.")] = None,  # noqa: A002 - the word users know
    resource: Annotated[int | None, Field(description="Its id.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import notifying  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    planning = await context.planning()
    if action in {NotificationAction.SEND, NotificationAction.SILENCE}:
        return await notifying.plan_setting(planning, action, event, channel, type, resource)
    return await notifying.plan_messages(planning, action, notifications or [])


@tool(
    toolset=Toolset.ADMIN,
    risk=Risk.READ,
    title="List org members",
    summary="People of your org: email, admin or not, roles, status and teams. For who reaches a resource: list_access.",
)
async def list_org_members(
    context: ToolContext,
    query: Annotated[str | None, Field(description="Part of email or name.")] = None,
    admins_only: Annotated[bool, Field(description="Only admins.")] = False,
) -> OrgMembers:
    from nexla_mcp.operations import org_members  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await org_members.list_org_members(context.nexla, query, admins_only=admins_only)


TOOLS = (manage_project, manage_team, manage_lookup, decide_approval, manage_notifications, list_org_members)
