"""Toolset genai."""

from __future__ import annotations

from nexla_mcp.tools.spec import ToolSpec

TOOLS: tuple[ToolSpec, ...] = ()
