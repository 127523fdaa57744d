"""nexla-mcp: an MCP server that lets AI assistants see, run and repair Nexla data pipelines."""

__version__ = "0.1.0"
