"""Every tool there is, in the order a model should meet them."""

from __future__ import annotations

from nexla_mcp.tools.spec import ToolSpec


def all_tools() -> tuple[ToolSpec, ...]:
    """The tools of all toolsets. What of them is offered is the policy's decision."""
    # Here, since a start that nobody asks anything needs no tool.
    from nexla_mcp.tools import access, build, discover, monitor, operate, troubleshoot  # noqa: PLC0415

    return (*discover.TOOLS, *build.TOOLS, *operate.TOOLS, *monitor.TOOLS, *troubleshoot.TOOLS, *access.TOOLS)
