"""What happens: reading work such as health and diagnosis. Knows nothing of MCP and nothing of HTTP."""
