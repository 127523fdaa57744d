"""The least a server written with the protocol library can be: one tool over stdio."""

from __future__ import annotations

from mcp.server import MCPServer

server = MCPServer("bare")


@server.tool()
def add(one: int, other: int) -> int:
    """Adds two numbers."""
    return one + other


if __name__ == "__main__":
    server.run()
