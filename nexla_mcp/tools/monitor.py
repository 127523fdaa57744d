"""Toolset monitor: how the pipelines do."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.health import HealthReport
from nexla_mcp.domain.results.logs import Logs, Severity
from nexla_mcp.domain.results.metrics import Grain, Metrics
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.times import parse_window
from nexla_mcp.safety.policy import Toolset
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
    from nexla_mcp.operations import health  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await health.run_health_check(
        context.nexla,
        health.Scope(tuple(flows) if flows is not None else None, tag, project, cursor),
        only_problems=only_problems,
        probe=probe,
        progress=context.progress,
    )


@tool(
    toolset=Toolset.MONITOR,
    risk=Risk.READ,
    title="Get metrics",
    summary="""
    Records, bytes and errors of a flow, source, nexset, destination or org, by day or by run, with totals, the
    median, the trend against it and a chart. by=run of a flow shows each node's share of each run: see where records
    were lost. Nexla knows no durations and no run states.
    """,
)
async def get_metrics(
    context: ToolContext,
    resource: Annotated[int | str, Field(description="Id or exact name.")],
    type: Annotated[  # noqa: A002 - the word users know
        ResourceType, Field(description="flow, source, nexset, destination; org only by day.")
    ] = ResourceType.FLOW,
    by: Annotated[Grain, Field(description="Rows by day or by run.")] = Grain.DAY,
    since: Annotated[str | None, Field(description="Start; default 7 days ago.")] = None,
    until: Annotated[str | None, Field(description="End; default now.")] = None,
    limit: Annotated[int, Field(description="Rows a page.", ge=1, le=1000)] = 50,
    cursor: Annotated[str | None, Field(description="From the last page.")] = None,
) -> Metrics:
    from nexla_mcp.operations.metrics import measure  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    window = parse_window(since, until, context.nexla.now(), timedelta(days=7))
    return await measure(context.nexla, type, resource, by, window, limit=limit, cursor=cursor)


@tool(
    toolset=Toolset.MONITOR,
    risk=Risk.READ,
    title="Fetch logs",
    summary="""
    Log lines of a flow, or of one source, nexset or destination in it: of one run, or of a stretch of time (default
    the last 24 hours). Lines that say the same are folded with a count; the newest come first. For causes rather
    than lines use diagnose_flow.
    """,
)
async def fetch_logs(
    context: ToolContext,
    resource: Annotated[int | str, Field(description="Id or exact name.")],
    type: Annotated[  # noqa: A002 - the word users know
        ResourceType, Field(description="flow, source, nexset or destination.")
    ] = ResourceType.FLOW,
    run: Annotated[str | None, Field(description="latest, latest_failed or a run id; else a time window.")] = None,
    severity: Annotated[Severity | None, Field(description="This or worse.")] = None,
    text: Annotated[str | None, Field(description="Part of the line.")] = None,
    since: Annotated[str | None, Field(description="Start, without run.")] = None,
    until: Annotated[str | None, Field(description="End, without run.")] = None,
    limit: Annotated[int, Field(description="Lines a page.", ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Field(description="From the last page.")] = None,
) -> Logs:
    from nexla_mcp.operations.logs import LogQuery  # noqa: PLC0415
    from nexla_mcp.operations.logs import fetch_logs as fetch  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    query = LogQuery(run, severity, text, since, until)
    return await fetch(context.nexla, type, resource, query, limit=limit, cursor=cursor)


TOOLS = (run_health_check, get_metrics, fetch_logs)
