"""`nexla-mcp serve`: one MCP client over stdio."""

from __future__ import annotations

import anyio

from nexla_mcp.server import serve_stdio
from nexla_mcp.settings import Settings


def run(settings: Settings) -> None:
    """Serves until end of input, SIGTERM or SIGINT."""
    anyio.run(serve_stdio, settings)
