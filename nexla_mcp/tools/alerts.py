"""Toolset alerts: service levels, runs held against each other, and word to those who have to know."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.alerts import Severity
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.results.run_comparison import RunComparison
from nexla_mcp.domain.results.sla import SlaReport, SlaTarget
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.ALERTS,
    risk=Risk.READ,
    title="Check service levels",
    summary="""
    Holds flows against targets: freshness, volume, error rate. Each breach comes with its evidence.
    """,
)
async def check_sla(
    context: ToolContext,
    targets: Annotated[list[SlaTarget] | None, Field(description="Default: the operator's stored ones.")] = None,
) -> SlaReport:
    from nexla_mcp.operations import sla  # noqa: PLC0415 - a start should not pay for work nobody asked for yet
    from nexla_mcp.operations.monitoring_file import stored_targets  # noqa: PLC0415

    wanted = targets or stored_targets(context.nexla.connection.monitoring)
    return await sla.check_sla(context.nexla, wanted, context.progress)


@tool(
    toolset=Toolset.ALERTS,
    risk=Risk.READ,
    title="Compare runs",
    summary="""
    A run of a flow against another or the median: each node's records, bytes and errors, changes in between.
    """,
)
async def compare_runs(
    context: ToolContext,
    flow: Annotated[int | str, Field(description="Id or exact name.")],
    run: Annotated[str, Field(description="latest or a run id.")] = "latest",
    against: Annotated[str, Field(description="previous, median or a run id.")] = "previous",
    runs: Annotated[int, Field(description="Median of.", ge=2, le=100)] = 10,
) -> RunComparison:
    from nexla_mcp.operations import run_comparison  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await run_comparison.compare_runs(context.nexla, flow, run, against, runs)


@tool(
    toolset=Toolset.ALERTS,
    risk=Risk.WRITE,
    title="Send an alert",
    summary="""
    Sends a message once to a channel that the operator named.
    """,
    changes=True,
    reaches_third_party=True,
    idempotent=False,
)
async def send_alert(
    context: ToolContext,
    channel: Annotated[str, Field(description="Name.")],
    title: Annotated[str, Field(description="Short.")],
    text: Annotated[str, Field(description="Plain.")],
    severity: Annotated[Severity, Field(description="How bad.")] = Severity.WARNING,
) -> Plan:
    from nexla_mcp.operations.planning.alerting import plan_alert  # noqa: PLC0415 - only a change needs all of it

    return await plan_alert(await context.planning(), channel, title, text, severity)


TOOLS = (check_sla, compare_runs, send_alert)
