"""Toolset access: who may reach what."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.access import AccessList
from nexla_mcp.safety.policy import Risk, Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.ACCESS,
    risk=Risk.READ,
    title="List access",
    summary="""
    Who may reach a resource: owner, and each user, team or org with its roles. A flow's parts do not inherit:
    whole_flow=true looks at every resource of the flow and names who reaches only some of them.
    """,
)
async def list_access(
    context: ToolContext,
    type: Annotated[ResourceType, Field(description="Its type; not user or org.")],  # noqa: A002 - the word users know
    resource: Annotated[int | str, Field(description="Id or exact name.")],
    whole_flow: Annotated[bool, Field(description="Look at everything in the same flow.")] = False,
) -> AccessList:
    from nexla_mcp.operations import access  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await access.list_access(context.nexla, type, resource, whole_flow=whole_flow)


TOOLS = (list_access,)
