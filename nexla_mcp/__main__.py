"""`python -m nexla_mcp` is `nexla-mcp`."""

from nexla_mcp.cli import main

if __name__ == "__main__":
    main()
