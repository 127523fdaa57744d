"""Writes the catalog, the request bodies and the connector pages: `python -m nexla_mcp.connectors.generate`.

With `--check` nothing is written, and the exit code is 1 when something is stale.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from nexla_mcp.connectors.catalog import Catalog
from nexla_mcp.connectors.extract import catalog_data
from nexla_mcp.connectors.pages import pages
from nexla_mcp.connectors.request_bodies import request_bodies

PACKAGE = Path(__file__).parent
DOCS = PACKAGE.parent.parent / "docs" / "connectors"


def generated(document: dict[str, Any]) -> dict[Path, str]:
    """The text of every generated file by its path; the same document always gives the same text."""
    data = catalog_data(document)
    without_credential = sorted(code for code, entry in data["connectors"].items() if "credential" not in entry)
    bodies = request_bodies(document, without_credential)
    texts = {DOCS / name: text for name, text in pages(Catalog(_stable(data))).items()}
    texts[PACKAGE / "catalog.json"] = _lines(data)
    texts[PACKAGE / "request_bodies.json"] = _lines(bodies)
    return texts


def _stable(data: dict[str, Any]) -> dict[str, Any]:
    return {key: dict(sorted(value.items())) for key, value in sorted(data.items())}


def _lines(data: dict[str, Any]) -> str:
    """JSON with one line for each second-level entry, so that a change shows as a small difference."""
    blocks = []
    for key, entries in _stable(data).items():
        rows = [f" {json.dumps(name)}:{_compact(entry)}" for name, entry in entries.items()]
        blocks.append(f"{json.dumps(key)}:{{\n" + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main(arguments: list[str] | None = None) -> int:
    """Generates, or checks. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nexla_mcp.connectors.generate", description=__doc__)
    parser.add_argument("document", type=Path, help="the OpenAPI document of the contract")
    parser.add_argument("--check", action="store_true", help="only say whether something is stale")
    options = parser.parse_args(arguments)
    texts = generated(json.loads(options.document.read_text(encoding="utf-8")))
    extra = sorted(set(DOCS.glob("*.md")) - set(texts))
    changed = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if options.check:
        for path in (*changed, *extra):
            sys.stderr.write(f"{path.name} is stale: run `make docs` and commit the result.\n")
        return 1 if changed or extra else 0
    DOCS.mkdir(parents=True, exist_ok=True)
    for path in extra:
        path.unlink()
    for path in changed:
        path.write_text(texts[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
