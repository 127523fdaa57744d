"""Toolset api: everything else that there is, found by what it does and called by its name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.results.base import Result
from nexla_mcp.domain.results.contract import OperationsFound
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import ToolSpec, tool


@tool(
    toolset=Toolset.API,
    risk=Risk.READ,
    title="Find an operation",
    summary="""
    Finds what has no tool in your list: further tools (copy and migrate flows, batches, alerts, webhooks, tasks,
    projects, teams …) and every operation of Nexla's API, by words or exact name. Tells arguments (* required), risk,
    and which tool does it better. Call what it finds with call_operation.
    """,
)
async def find_operation(
    context: ToolContext,
    query: Annotated[str, Field(description="What it should do, or its name.")],
    limit: Annotated[int, Field(description="Rows.", ge=1, le=50)] = 8,
) -> OperationsFound:
    from nexla_mcp.operations import finding  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return finding.find(query, [_found(context, spec) for spec in context.toolbox.specs], limit)


def _found(context: ToolContext, spec: ToolSpec) -> Any:
    from nexla_mcp.operations.finding import Tool  # noqa: PLC0415

    refusal = context.toolbox.refusal_of(spec.name)
    schema = spec.arguments.schema()
    required = set(schema.get("required", ()))
    takes = ", ".join(f"{name}{'*' if name in required else ''}" for name in schema["properties"])
    return Tool(
        spec.name,
        spec.summary,
        spec.risk.value,
        takes,
        listed=context.toolbox.lists(spec.name),
        refused=refusal.message if refusal else None,
    )


def _only_reads(arguments: dict[str, Any]) -> bool:
    """Whether the operation that is named changes nothing; of one that is unknown nothing is sent at all."""
    from nexla_mcp.contract.operations import operations  # noqa: PLC0415

    found = operations().get(str(arguments.get("operation", "")).strip())
    return found is None or found.way.risk is Risk.READ


@tool(
    toolset=Toolset.API,
    risk=Risk.DESTRUCTIVE,
    title="Call an operation",
    summary="""
    Calls a tool that is not in your list, or any operation of Nexla's API, as find_operation describes it. Reads run at
    once. Changes get the same plan, confirmation and receipt as everything else. Prefer a tool of your list.
    """,
    changes=True,
    reads=_only_reads,
    carries=True,
)
async def call_operation(
    context: ToolContext,
    operation: Annotated[str, Field(description="Name from find_operation.")],
    arguments: Annotated[
        dict[str, Any] | None, Field(description="Its arguments; of an API operation path ids, query, `body`.")
    ] = None,
) -> Plan | Result:
    from nexla_mcp.contract.operations import operation_named  # noqa: PLC0415

    found = operation_named(operation)
    if found.way.refused:
        permitted = [name for name in found.way.tools if context.toolbox.refusal_of(name) is None]
        raise _not_allowed(found.name, found.way.refused, permitted[0] if permitted else None)
    refusals = [refusal for name in found.way.tools if (refusal := context.toolbox.refusal_of(name)) is not None]
    if refusals and len(refusals) == len(found.way.tools):
        raise _not_allowed(found.name, refusals[0].message)
    request = found.request(arguments or {})
    if found.way.risk is Risk.READ:
        from nexla_mcp.operations import contract_reading  # noqa: PLC0415

        return await contract_reading.read_operation(context.nexla, found, request)
    from nexla_mcp.operations.planning import calling  # noqa: PLC0415

    return await calling.plan_call(await context.planning(), found, request)


def _not_allowed(name: str, why: str, instead: str | None = None) -> Failure:
    return Failure.of(
        ErrorCode.NOT_ALLOWED,
        f"{name} is not called through this server: {why.rstrip('.')}. Nothing was sent to Nexla.",
        hint=f"Use {instead}." if instead else "Do not look for a way around it; a person can do it in Nexla.",
        next_tool=instead,
    )


TOOLS = (find_operation, call_operation)
