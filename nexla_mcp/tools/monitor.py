"""Toolset monitor: how the pipelines do."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.results.health import HealthReport
from nexla_mcp.operations import health
from nexla_mcp.safety.policy import Risk, Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.MONITOR,
    risk=Risk.READ,
    title="Health check",
    summary="""
    Finds what is wrong with flows: paused parts, missed schedules, errors, lost records, schema changes, refused
    logins. Checks every flow unless filtered. Returns verdicts with evidence, worst first, and what could not be
    checked. diagnose_flow then tells why one flow is sick.
    """,
    reaches_third_party=True,
)
async def run_health_check(
    context: ToolContext,
    flows: Annotated[list[int | str] | None, Field(description="Ids or exact names; default all.")] = None,
    tag: Annotated[str | None, Field(description="A whole tag.")] = None,
    project: Annotated[int | str | None, Field(description="Id or name.")] = None,
    only_problems: Annotated[bool, Field(description="Leave out healthy and resting flows.")] = False,
    probe: Annotated[bool, Field(description="Try logins now; false trusts Nexla's record.")] = True,
    cursor: Annotated[str | None, Field(description="From the last page.")] = None,
) -> HealthReport:
    return await health.run_health_check(
        context.nexla,
        health.Scope(tuple(flows) if flows is not None else None, tag, project, cursor),
        only_problems=only_problems,
        probe=probe,
        progress=context.progress,
    )


TOOLS = (run_health_check,)
