"""Tools in the protocol's own types."""

from __future__ import annotations

import mcp_types as protocol

from nexla_mcp.domain.risk import Risk
from nexla_mcp.tools.spec import ToolSpec
from nexla_mcp.tools.toolbox import Outcome


def listed(spec: ToolSpec) -> protocol.Tool:
    """A tool as a client lists it. The hints follow from the risk, never from the tool's own word."""
    return protocol.Tool(
        name=spec.name,
        title=spec.title,
        description=spec.summary,
        input_schema=spec.arguments.schema(),
        output_schema=spec.output_schema,
        annotations=protocol.ToolAnnotations(
            title=spec.title,
            read_only_hint=spec.risk is Risk.READ,
            destructive_hint=spec.risk in {Risk.DISRUPTIVE, Risk.DESTRUCTIVE},
            idempotent_hint=spec.idempotent,
            open_world_hint=spec.reaches_third_party,
        ),
    )


def answered(outcome: Outcome) -> protocol.CallToolResult:
    """The answer to `tools/call`; a failure is a result with `isError`, which the model gets to read."""
    return protocol.CallToolResult(
        content=[protocol.TextContent(type="text", text=outcome.text)],
        structured_content=outcome.structured,
        is_error=outcome.error is not None,
    )
