"""Writes the generated pages: tools, recipes and the connector pages. `--check` fails when they are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.operations_page import page as operations_page
from docs.recipes_page import page as recipes_page
from nexla_mcp.cli.tools import as_markdown
from nexla_mcp.connectors.generate import main as connector_pages
from nexla_mcp.contract.generate import main as operations_file
from nexla_mcp.tools.registry import all_tools

DOCS = Path(__file__).parent
CONTRACT = DOCS.parent / "tests" / "contract" / "openapi.json"


def main(arguments: list[str]) -> int:
    """Writes, or with `--check` only compares; 1 when something is stale."""
    check = arguments == ["--check"]
    pages = {"tools.md": as_markdown(all_tools()), "recipes.md": recipes_page(), "operations.md": operations_page()}
    stale = [name for name, text in pages.items() if _written(DOCS / name, text, check=check)]
    contract = [str(CONTRACT), *arguments]
    return connector_pages(contract) or operations_file(contract) or int(bool(stale))


def _written(page: Path, text: str, *, check: bool) -> bool:
    """Writes a page, or says whether it is stale."""
    if not check:
        page.write_text(text, encoding="utf-8")
        return False
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return False
    sys.stderr.write(f"docs/{page.name} is stale: run `make docs` and commit the result.\n")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
