"""Every tool there is, in the order a model should meet them."""

from __future__ import annotations

from importlib import import_module

from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.spec import ToolSpec


def all_tools() -> tuple[ToolSpec, ...]:
    """The tools of all toolsets, each in the module of its toolset's name. What of them is offered is the policy's
    decision."""
    # Here, since a start that nobody asks anything needs no tool.
    return tuple(spec for toolset in Toolset for spec in import_module(f"nexla_mcp.tools.{toolset.value}").TOOLS)
