"""Toolset discover: who am I, what is there, what is it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.connector import ConnectorAnswer
from nexla_mcp.domain.results.details import ResourceDetails
from nexla_mcp.domain.results.flow import FlowView
from nexla_mcp.domain.results.identity import Identity
from nexla_mcp.domain.results.samples import Samples
from nexla_mcp.domain.results.search import SearchResults, Sight
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.DISCOVER,
    risk=Risk.READ,
    title="Who am I",
    summary="""
    Whom this connection speaks for: user, org, admin or not, what can be seen, unread notifications, platform
    time, whether changes are refused or were interrupted. Call it first in a session, or when access is in doubt.
    """,
)
async def whoami(context: ToolContext) -> Identity:
    from nexla_mcp.operations import identity  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    found = await identity.identify(context.nexla)
    return found.model_copy(update={"interrupted": list(context.interrupted()) or None})


@tool(
    toolset=Toolset.DISCOVER,
    risk=Risk.READ,
    title="Search resources",
    summary="""
    Finds resources of any type, shared ones included; all filters must hold. Use it to get ids and to list what
    exists; get_resource then tells all about one. Returns type, id, name, status (of a credential: its
    verification), owner, connector, my roles, tags.
    """,
)
async def search_resources(
    context: ToolContext,
    types: Annotated[
        list[ResourceType | Sight] | None, Field(description="Types to search; default all resources.")
    ] = None,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    status: Annotated[
        str | None, Field(description="e.g. ACTIVE, PAUSED, INIT; credentials: VERIFIED, FAILED.")
    ] = None,
    tag: Annotated[str | None, Field(description="A whole tag.")] = None,
    owner: Annotated[str | None, Field(description="Part of the owner's email.")] = None,
    connector: Annotated[str | None, Field(description="Connector code, e.g. s3, snowflake.")] = None,
    credential: Annotated[int | str | None, Field(description="Only what uses this credential (id or name).")] = None,
    project: Annotated[int | str | None, Field(description="Only what stands in this project (id or name).")] = None,
    only_mine: Annotated[bool, Field(description="Leave out what others shared with me.")] = False,
    limit: Annotated[int, Field(description="Rows a page.", ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Field(description="From the last page.")] = None,
) -> SearchResults:
    from nexla_mcp.operations.search import Criteria, search  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    criteria = Criteria(
        types=tuple(dict.fromkeys(types or ResourceType)),
        name=name,
        status=status,
        tag=tag,
        owner=owner,
        connector=connector,
        credential=credential,
        project=project,
        only_mine=only_mine,
    )
    return await search(context.nexla, criteria, limit=limit, cursor=cursor)


@tool(
    toolset=Toolset.DISCOVER,
    risk=Risk.READ,
    title="Get a resource",
    summary="""
    Everything about one resource: status, owner, roles, configuration (secrets hidden), schedule, schema, code,
    lookup rows or members, and what it hangs together with. For a flow's tree use get_flow.
    """,
)
async def get_resource(
    context: ToolContext,
    type: Annotated[ResourceType, Field(description="Its type.")],  # noqa: A002 - the word users know
    resource: Annotated[int | str, Field(description="Id or exact name.")],
) -> ResourceDetails:
    from nexla_mcp.operations import details  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await details.describe(context.nexla, type, resource)


@tool(
    toolset=Toolset.DISCOVER,
    risk=Risk.READ,
    title="Get a flow",
    summary="""
    A flow as a tree: source, nexsets, destinations, each with status, connector, credential and what it did in its
    last run; the schedule and the next scheduled run. Takes any node id, the flow's name, or with `type` a resource
    in it.
    """,
)
async def get_flow(
    context: ToolContext,
    flow: Annotated[int | str, Field(description="Id or exact name.")],
    type: Annotated[  # noqa: A002 - the word users know
        ResourceType, Field(description="What `flow` names: flow, source, nexset or destination.")
    ] = ResourceType.FLOW,
    diagram: Annotated[bool, Field(description="Also as a Mermaid chart.")] = False,
) -> FlowView:
    from nexla_mcp.operations import flow_view  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    found = await flow_view.view_flow(context.nexla, flow, type)
    return found.model_copy(update={"diagram": diagram})


class ConnectorPart(str, Enum):
    CREDENTIAL = "credential"
    SOURCE = "source"
    DESTINATION = "destination"


@tool(
    toolset=Toolset.DISCOVER,
    risk=Risk.READ,
    title="Describe a connector",
    summary="""
    What a connector needs: fields of its credential, source and destination with type, required, allowed values and
    which are secret. Without a code it lists all connectors. Asks nothing of the account.
    """,
)
async def describe_connector(
    context: ToolContext,
    connector: Annotated[str | None, Field(description="Code, e.g. s3, snowflake, rest.")] = None,
    part: Annotated[ConnectorPart | None, Field(description="Only this part.")] = None,
) -> ConnectorAnswer:
    del context
    from nexla_mcp.operations import connectors  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return connectors.describe_connector(connector, part.value if part else None)


@tool(
    toolset=Toolset.DISCOVER,
    risk=Risk.READ,
    title="Get samples",
    summary="""
    Sample records of a nexset, with the types and the share of gaps of each field. Use it to see what a transform
    or a destination really gets, and to compare shapes of a nexset and its parent.
    """,
)
async def get_samples(
    context: ToolContext,
    nexset: Annotated[int | str, Field(description="Id or exact name.")],
    limit: Annotated[int, Field(description="How many records.", ge=1, le=100)] = 5,
    live: Annotated[bool, Field(description="Read the topic now instead of Nexla's cache.")] = False,
) -> Samples:
    from nexla_mcp.operations import samples  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await samples.get_samples(context.nexla, nexset, limit=limit, live=live)


TOOLS = (whoami, search_resources, get_resource, get_flow, describe_connector, get_samples)
