"""Toolset troubleshoot: why something is wrong."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.results.diagnosis import Diagnosis
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.times import parse_moment
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.TROUBLESHOOT,
    risk=Risk.READ,
    title="Diagnose a flow",
    summary="""
    Why one flow is sick: state of each node, last runs, the failed run's log lines against the last good run, its
    logins tried now, recent changes. Returns probable causes, ranked, each with evidence and the next tool calls.
    To find sick flows use run_health_check.
    """,
    reaches_third_party=True,
)
async def diagnose_flow(
    context: ToolContext,
    flow: Annotated[int | str, Field(description="Id or exact name.")],
    since: Annotated[str | None, Field(description="Look at runs and changes from here on.")] = None,
) -> Diagnosis:
    from nexla_mcp.operations.diagnosis import diagnose  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    start = parse_moment(since, context.nexla.now()) if since else None
    return await diagnose(context.nexla, flow, start)


TOOLS = (diagnose_flow,)
