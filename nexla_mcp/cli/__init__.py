"""The command line: serve, sandbox, demo, tools, call, doctor, config."""

from __future__ import annotations


def main() -> None:
    """Entry point of the console script `nexla-mcp`."""
    from nexla_mcp.cli.app import app  # noqa: PLC0415 - importing the package must stay free of typer

    app()
