"""Writes the generated pages: docs/tools.md and the connector pages. `--check` fails when they are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from nexla_mcp.cli.tools import as_markdown
from nexla_mcp.connectors.generate import main as connector_pages
from nexla_mcp.tools.registry import all_tools

DOCS = Path(__file__).parent
CONTRACT = DOCS.parent / "tests" / "contract" / "openapi.json"


def main(arguments: list[str]) -> int:
    """Writes, or with `--check` only compares; 1 when something is stale."""
    stale = _tools_page(check=arguments == ["--check"])
    return connector_pages([str(CONTRACT), *arguments]) or int(stale)


def _tools_page(*, check: bool) -> bool:
    """Writes the page, or says whether it is stale."""
    page = DOCS / "tools.md"
    text = as_markdown(all_tools())
    if not check:
        page.write_text(text, encoding="utf-8")
        return False
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return False
    sys.stderr.write("docs/tools.md is stale: run `make docs` and commit the result.\n")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
