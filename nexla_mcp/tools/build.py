"""Toolset build: what one needs on the way to a pipeline."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.flow_spec import AccessSpec, DestinationSpec, FlowSpec, NexsetSpec, SourceSpec
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.results.probe import ProbeAnswer, ProbeMode
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools import transforming
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.READ,
    title="Probe a credential",
    summary="""
    Lets Nexla log in with a credential now and says whether the third party accepts it: ok, refused, pending or
    unclear. mode=tree lists folders or tables it can see, mode=sample reads a few rows. Changes nothing.
    """,
    reaches_third_party=True,
)
async def probe_credential(
    context: ToolContext,
    credential: Annotated[int | str, Field(description="Id or exact name.")],
    mode: Annotated[ProbeMode, Field(description="test the login, list a tree, or read a sample.")] = ProbeMode.TEST,
    path: Annotated[str | None, Field(description="Folder or file (tree, sample).")] = None,
    database: Annotated[str | None, Field(description="Database (tree, sample).")] = None,
    table: Annotated[str | None, Field(description="Table (tree, sample).")] = None,
    depth: Annotated[int, Field(description="Levels of a tree.", ge=1, le=5)] = 1,
) -> ProbeAnswer:
    from nexla_mcp.operations import probing  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await probing.probe(context.nexla, credential, mode, path=path, database=database, table=table, depth=depth)


Name = Annotated[str, Field(description="Its name.")]
Code = Annotated[str, Field(description="Connector code, e.g. s3.")]
Description = Annotated[str | None, Field(description="For people.")]
Login = Annotated[int | None, Field(description="Id of its credential.")]


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.WRITE,
    title="Create a credential",
    summary="""
    Stores a login in Nexla and tries it. Secrets only as references, which the server resolves: "env:NAME",
    "file:PATH", "keyring:SERVICE/USER". describe_connector(part=credential) lists the fields.
    """,
    changes=True,
    reaches_third_party=True,
)
async def create_credential(
    context: ToolContext,
    name: Name,
    connector: Code,
    credentials: Annotated[dict[str, Any], Field(description="Its fields.")],
    description: Description = None,
) -> Plan:
    from nexla_mcp.operations.planning import creating  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await creating.plan_credential(await context.planning(), name, connector, credentials, description)


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.WRITE,
    title="Create a source",
    summary="""
    A source alone; it rests until activate, and Nexla detects its nexset only then. For a whole pipeline use
    create_flow.
    """,
    changes=True,
)
async def create_source(
    context: ToolContext,
    name: Name,
    connector: Code,
    config: Annotated[dict[str, Any], Field(description="Its source fields.")],
    credential: Login = None,
    description: Description = None,
) -> Plan:
    from nexla_mcp.operations.planning import creating  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await creating.plan_source(await context.planning(), name, connector, config, credential, description)


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.WRITE,
    title="Create a destination",
    summary="""
    Lets an existing nexset be written somewhere; it rests until activate.
    """,
    changes=True,
)
async def create_destination(
    context: ToolContext,
    name: Name,
    connector: Code,
    nexset: Annotated[int, Field(description="Id of what is written.")],
    config: Annotated[dict[str, Any], Field(description="Its destination fields.")],
    credential: Login = None,
    description: Description = None,
) -> Plan:
    from nexla_mcp.operations.planning import creating  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    planning = await context.planning()
    return await creating.plan_destination(planning, name, connector, nexset, config, credential, description)


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.WRITE,
    title="Create a flow",
    summary="""
    Builds a whole pipeline, activates it and looks whether its first run moved records. Logins are tried first. Safe
    to repeat: what exists as described is kept, nothing is doubled. If a step fails, what was made is taken back.
    """,
    changes=True,
    reaches_third_party=True,
)
async def create_flow(
    context: ToolContext,
    name: Annotated[str, Field(description="Of the flow; its source's, too.")],
    source: Annotated[SourceSpec, Field(description="Where data comes from.")],
    nexsets: Annotated[list[NexsetSpec] | None, Field(description="Derived from the detected one.")] = None,
    destinations: Annotated[list[DestinationSpec] | None, Field(description="Where data goes.")] = None,
    access: Annotated[list[AccessSpec] | None, Field(description="Granted on every part.")] = None,
    activate: Annotated[bool, Field(description="Let it run.")] = True,
    verify: Annotated[bool, Field(description="Undo if its first run fails.")] = True,
) -> Plan:
    from nexla_mcp.operations.planning import deploying  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    spec = FlowSpec(
        name=name,
        source=source,
        nexsets=nexsets or [],
        destinations=destinations or [],
        access=access or [],
        activate=activate,
        verify=verify,
    )
    return await deploying.plan_flow(await context.planning(), spec)


TOOLS = (probe_credential, create_credential, create_source, create_destination, create_flow, *transforming.TOOLS)
