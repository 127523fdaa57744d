"""Tools of the toolset build that derive, transform and change."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.preview import Preview
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.scripts import Language, Output
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool

Code = Annotated[list[dict[str, Any]] | str | None, Field(description="Jolt, or script.")]


class Changeable(str, Enum):
    """What update_resource changes."""

    CREDENTIAL = "credential"
    SOURCE = "source"
    NEXSET = "nexset"
    DESTINATION = "destination"
    TRANSFORM = "transform"
    ATTRIBUTE_TRANSFORM = "attribute_transform"
    LOOKUP = "lookup"
    PROJECT = "project"
    TEAM = "team"


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.WRITE,
    title="Create a nexset",
    summary="""
    Derives a nexset by a reusable transform or own code; rests until activate.
    """,
    changes=True,
)
async def create_nexset(
    context: ToolContext,
    name: Annotated[str, Field(description="Its name.")],
    parent: Annotated[int, Field(description="Parent's id.")],
    transform: Annotated[int | None, Field(description="Reusable one's id.")] = None,
    code: Code = None,
    description: Annotated[str | None, Field(description="For people.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import deriving  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await deriving.plan_nexset(await context.planning(), name, parent, transform, code, description)


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.WRITE,
    title="Create a transform",
    summary="""
    Stores code that several nexsets may use: of whole records (Jolt, or a script) or of one attribute (a script).
    Checked first; a script needs a function of (input, metadata, args). Nothing uses it until create_nexset or
    update_resource names its id.
    """,
    changes=True,
)
async def create_transform(
    context: ToolContext,
    name: Annotated[str, Field(description="Its name.")],
    code: Annotated[list[dict[str, Any]] | str, Field(description="Jolt, or script.")],
    output: Annotated[Output, Field(description="What it makes.")] = Output.RECORD,
    language: Annotated[Language, Field(description="Of a script.")] = Language.PYTHON,
    description: Annotated[str | None, Field(description="For people.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import deriving  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await deriving.plan_transform(await context.planning(), name, code, output, language, description)


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.READ,
    title="Preview a transform",
    summary="""
    Runs Jolt on samples of a nexset, here and before anything is changed: records before and after, fields lost,
    gained and retyped, records that fail. Scripts are checked and never run.
    """,
)
async def preview_transform(
    context: ToolContext,
    nexset: Annotated[int | str | None, Field(description="Id or exact name: whose samples.")] = None,
    transform: Annotated[int | str | None, Field(description="Id or exact name of one that exists.")] = None,
    code: Code = None,
    records: Annotated[list[dict[str, Any]] | None, Field(description="Instead of samples.")] = None,
    limit: Annotated[int, Field(description="How many records.", ge=1, le=100)] = 20,
) -> Preview:
    from nexla_mcp.operations.transforming import previewing  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await previewing.preview(
        context.nexla, nexset=nexset, transform=transform, code=code, records=records, limit=limit
    )


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.DESTRUCTIVE,
    title="Update a resource",
    summary="""
    Changes fields of one resource and shows each difference first. A config is merged with what is there (null
    removes a field); credentials and tags are replaced. Fields: name, description, tags, config, credential, nexset,
    transform, code, credentials. Refuses if it was changed meanwhile. Where it runs, looks at its next run.
    """,
    changes=True,
    reaches_third_party=True,
)
async def update_resource(
    context: ToolContext,
    type: Annotated[Changeable, Field(description="What the id is of.")],  # noqa: A002 - the word users know
    resource: Annotated[int, Field(description="Id.")],
    changes: Annotated[dict[str, Any], Field(description="New values by field.")],
    seen: Annotated[str | None, Field(description="Its updated_at or digest as you read it.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import updating  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await updating.plan_update(await context.planning(), ResourceType(type.value), resource, changes, seen)


TOOLS = (create_nexset, create_transform, preview_transform, update_resource)
