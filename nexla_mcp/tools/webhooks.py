"""Toolset webhooks: records sent to a source of one's own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import ToolSpec, tool


@tool(
    toolset=Toolset.WEBHOOKS,
    risk=Risk.WRITE,
    title="Send records to a webhook",
    summary="""
    Sends records to a running webhook source (nexla_rest), each batch once. Nothing calls them back. Tells what was
    taken, what may have been, what was not.
    """,
    changes=True,
    reaches_third_party=True,
    idempotent=False,
)
async def send_webhook_records(
    context: ToolContext,
    source: Annotated[int, Field(description="Id.")],
    records: Annotated[list[dict[str, Any]], Field(description="JSON objects, at most 1000.", min_length=1)],
    key: Annotated[str | None, Field(description="Reference, if Nexla does not tell it: env:NAME.")] = None,
    detect_schema: Annotated[bool, Field(description="Detect the schema anew.")] = False,
) -> Plan:
    from nexla_mcp.operations.planning.sending import plan_send  # noqa: PLC0415 - only a change needs all of it

    return await plan_send(await context.planning(), source, records, key, detect_schema=detect_schema)


TOOLS: tuple[ToolSpec, ...] = (send_webhook_records,)
