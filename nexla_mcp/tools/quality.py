"""Toolset quality: whether records are as they should be."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.results.quality import FieldRule, QualityReport
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.QUALITY,
    risk=Risk.READ,
    title="Check data quality",
    summary="""
    Holds nexset samples against rules and a JSON Schema: what fails, how often. Suggests both
    without either.
    """,
)
async def check_data_quality(
    context: ToolContext,
    nexset: Annotated[int | str, Field(description="Id or exact name.")],
    rules: Annotated[list[FieldRule] | None, Field(description="For fields.")] = None,
    json_schema: Annotated[dict[str, Any] | None, Field(description="Of a record.")] = None,
    limit: Annotated[int, Field(description="Samples.", ge=1, le=1000)] = 100,
    live: Annotated[bool, Field(description="Uncached.")] = False,
) -> QualityReport:
    from nexla_mcp.operations.quality import checking  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await checking.check_data_quality(context.nexla, nexset, rules or (), json_schema, limit=limit, live=live)


TOOLS = (check_data_quality,)
