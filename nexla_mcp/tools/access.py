"""Toolset access: who may reach what."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.flow_spec import Role, SubjectType
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.access import AccessList
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.ACCESS,
    risk=Risk.READ,
    title="List access",
    summary="""
    Who may reach a resource: owner, and each user, team or org with its roles. A flow's parts do not inherit:
    whole_flow=true looks at every resource of the flow and names who reaches only some of them. `person`: what one
    member may do, through teams too.
    """,
)
async def list_access(
    context: ToolContext,
    type: Annotated[ResourceType, Field(description="Its type; not user or org.")],  # noqa: A002 - the word users know
    resource: Annotated[int | str, Field(description="Id or exact name.")],
    whole_flow: Annotated[bool, Field(description="Look at everything in the same flow.")] = False,
    person: Annotated[str | None, Field(description="Email.")] = None,
) -> AccessList:
    from nexla_mcp.operations import access  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await access.list_access(context.nexla, type, resource, whole_flow=whole_flow, person=person)


@tool(
    toolset=Toolset.ACCESS,
    risk=Risk.DESTRUCTIVE,
    title="Grant access",
    summary="""
    Gives a user, team or the org a role beside what they have, on one resource, many, or with whole_flow=true every
    part of a flow. Admin, or the whole org, needs a person's agreement. Shows before and after.
    """,
    changes=True,
)
async def grant_access(
    context: ToolContext,
    type: Annotated[ResourceType, Field(description="Of the resources.")],  # noqa: A002 - the word users know
    resources: Annotated[list[int], Field(description="Ids.")],
    to: Annotated[SubjectType, Field(description="Whom.")],
    who: Annotated[int | str | None, Field(description="Email of a user, name or id of a team.")] = None,
    role: Annotated[Role, Field(description="collaborator sees, operator also runs, admin changes.")] = (
        Role.COLLABORATOR
    ),
    whole_flow: Annotated[bool, Field(description="On every part of their flows.")] = False,
) -> Plan:
    from nexla_mcp.operations.planning import grants  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    planning = await context.planning()
    return await grants.plan_grant(planning, type, resources, to, who, role, whole_flow=whole_flow)


@tool(
    toolset=Toolset.ACCESS,
    risk=Risk.DESTRUCTIVE,
    title="Revoke access",
    summary="""
    Takes a role, or all of them, of a user, team or the org away, on one resource, many, or with whole_flow=true every
    part of a flow. A person has to agree. Never takes away your own way in. Undo gives exactly the same back.
    """,
    changes=True,
)
async def revoke_access(
    context: ToolContext,
    type: Annotated[ResourceType, Field(description="Of the resources.")],  # noqa: A002 - the word users know
    resources: Annotated[list[int], Field(description="Ids.")],
    to: Annotated[SubjectType, Field(description="Whose.")],
    who: Annotated[int | str | None, Field(description="Email of a user, name or id of a team.")] = None,
    role: Annotated[Role | None, Field(description="Only this one; default all.")] = None,
    whole_flow: Annotated[bool, Field(description="On every part of their flows.")] = False,
) -> Plan:
    from nexla_mcp.operations.planning import revoking  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    planning = await context.planning()
    return await revoking.plan_revocation(planning, type, resources, to, who, role, whole_flow=whole_flow)


TOOLS = (list_access, grant_access, revoke_access)
