"""Toolset deploy: whole pipelines written down, copied and changed over."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.batches import BatchType, OnError, Verb, Where
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.environments import EnvironmentComparison
from nexla_mcp.domain.results.flow_export import FileFormat, FlowExport
from nexla_mcp.domain.results.readiness import Readiness
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import ToolSpec, tool


@tool(
    toolset=Toolset.DEPLOY,
    risk=Risk.READ,
    title="Export a flow",
    summary="""
    A live flow as the spec that create_flow takes, ready for a file: names for ids where they are unique, never a
    secret. Says what a spec cannot hold.
    """,
)
async def export_flow(
    context: ToolContext,
    flow: Annotated[int | str, Field(description="Id of any node, or exact name.")],
    format: Annotated[FileFormat, Field(description="Of the file.")] = FileFormat.YAML,  # noqa: A002 - the word users know
) -> FlowExport:
    from nexla_mcp.operations import exporting  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await exporting.export_flow(context.nexla, flow, format)


@tool(
    toolset=Toolset.DEPLOY,
    risk=Risk.WRITE,
    title="Copy a flow",
    summary="""
    A flow once more, resting unless activate, with other logins, name, project; if a step or its first run fails the
    copy is deleted. Safe to repeat: a copy of that name is kept.
    """,
    changes=True,
    reaches_third_party=True,
)
async def copy_flow(
    context: ToolContext,
    flow: Annotated[int, Field(description="Id of any node.")],
    credentials: Annotated[dict[str, int] | None, Field(description="Old id: new id; others are shared.")] = None,
    name: Annotated[str | None, Field(description="Of the copy; default: the original's.")] = None,
    project: Annotated[int | None, Field(description="Id of its project.")] = None,
    activate: Annotated[bool, Field(description="Let it run.")] = False,
    with_access: Annotated[bool, Field(description="Grant what the original grants.")] = False,
) -> Plan:
    from nexla_mcp.operations.planning import copying  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await copying.plan_copy(
        await context.planning(),
        flow,
        credentials=credentials or {},
        name=name,
        project=project,
        activate=activate,
        with_access=with_access,
    )


@tool(
    toolset=Toolset.DEPLOY,
    risk=Risk.DISRUPTIVE,
    title="Migrate a schema",
    summary="""
    Puts a new nexset, of another transform or schema, in a nexset's place: runs both, compares records, fields and
    failures, then switches the destinations and looks at the next run. If anything fails all is put back. The old one
    is kept, resting.
    """,
    changes=True,
)
async def migrate_schema(
    context: ToolContext,
    nexset: Annotated[int, Field(description="Id of the present one.")],
    transform: Annotated[int | None, Field(description="Id of a reusable one.")] = None,
    code: Annotated[list[dict[str, Any]] | str | None, Field(description="Or Jolt list, or script.")] = None,
    json_schema: Annotated[dict[str, Any] | None, Field(description="Its records have to fit.")] = None,
    name: Annotated[str | None, Field(description="Of the new one.")] = None,
    parallel: Annotated[
        dict[str, dict[str, Any]] | None, Field(description="Destination id: config fields of a double.")
    ] = None,
    wait_minutes: Annotated[int, Field(description="For each run.", ge=1, le=1440)] = 90,
) -> Plan:
    from nexla_mcp.operations.planning import migrating  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await migrating.plan_migration(
        await context.planning(),
        nexset,
        transform=transform,
        code=code,
        schema=json_schema,
        name=name,
        parallel=parallel or {},
        wait_minutes=wait_minutes,
    )


@tool(
    toolset=Toolset.DEPLOY,
    risk=Risk.READ,
    title="Check readiness",
    summary="""
    The production checklist of a flow, each point looked up: logins tried, access, notifications, docs, validation,
    secrets in configs, name, status, rollback. Gaps come with the call that mends them.
    """,
    reaches_third_party=True,
)
async def check_readiness(
    context: ToolContext,
    flow: Annotated[int | str, Field(description="Id of any node, or exact name.")],
) -> Readiness:
    from nexla_mcp.operations import readiness  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await readiness.check_readiness(context.nexla, flow, context.planning)


@tool(
    toolset=Toolset.DEPLOY,
    risk=Risk.READ,
    title="Compare environments",
    summary="""
    Two environments side by side, flows matched by name: what only one has, and which fields differ. References are
    compared by name; secrets are never shown.
    """,
)
async def compare_environments(
    context: ToolContext,
    left: Annotated[str, Field(description="tag:NAME, project:ID or name, or org.")],
    right: Annotated[str, Field(description="As left.")],
    profile: Annotated[str | None, Field(description="The operator's name for right's account, if another.")] = None,
    specs: Annotated[bool, Field(description="Also specs of what is only left, for create_flow.")] = False,
) -> EnvironmentComparison:
    from nexla_mcp.operations import environments  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await environments.compare_environments(context.nexla, left, right, profile, specs=specs)


@tool(
    toolset=Toolset.DEPLOY,
    risk=Risk.DESTRUCTIVE,
    title="Run a batch",
    summary="""
    Does one thing to up to 10,000 resources, some at a time, confirmed once: to `items`, those of a `file`, or what
    `where` finds. Safe to repeat. Counts what is done, unchanged, failed, unknown; undo takes back all but deletes.
    """,
    changes=True,
)
async def run_batch(
    context: ToolContext,
    action: Annotated[Verb, Field(description="What is done.")],
    type: Annotated[BatchType, Field(description="Of all of them.")],  # noqa: A002 - the word users know
    items: Annotated[
        list[dict[str, Any]] | None,
        Field(description="create: arguments of create_source etc.; else {id, fields?}."),
    ] = None,
    file: Annotated[str | None, Field(description="YAML, JSON, JSONL or CSV of items.")] = None,
    where: Annotated[Where | None, Field(description="Which, as in search_resources.")] = None,
    fields: Annotated[dict[str, Any] | None, Field(description="update: set on all.")] = None,
    on_error: Annotated[OnError, Field(description="After an item fails.")] = OnError.CONTINUE,
    parallel: Annotated[int, Field(description="At a time.", ge=1, le=16)] = 8,
) -> Plan:
    from nexla_mcp.operations import item_files  # noqa: PLC0415 - a start should not pay for work nobody asked for yet
    from nexla_mcp.operations.planning import batches  # noqa: PLC0415

    planning = await context.planning()
    if file is not None:
        items = item_files.with_items(items, item_files.read_items(file, planning.nexla.connection.file_folders))
    return await batches.plan_batch(
        planning,
        action,
        ResourceType(type.value),
        items=items,
        where=where,
        fields=fields,
        on_error=on_error,
        parallel=parallel,
    )


TOOLS: tuple[ToolSpec, ...] = (
    export_flow,
    copy_flow,
    migrate_schema,
    check_readiness,
    compare_environments,
    run_batch,
)
