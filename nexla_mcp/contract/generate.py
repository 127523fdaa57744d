"""Writes operations.json: `python -m nexla_mcp.contract.generate DOCUMENT`; with `--check` it is only compared."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from nexla_mcp.contract.extract import operations_data

FILE = Path(__file__).parent / "operations.json"


def text_of(document: dict[str, Any]) -> str:
    """JSON with one line for each operation and definition, so that a change shows as a small difference."""
    blocks = []
    for key, entries in operations_data(document).items():
        rows = [
            f" {json.dumps(name)}:{json.dumps(entry, separators=(',', ':'))}" for name, entry in sorted(entries.items())
        ]
        blocks.append(f"{json.dumps(key)}:{{\n" + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main(arguments: list[str] | None = None) -> int:
    """Generates, or checks. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nexla_mcp.contract.generate", description=__doc__)
    parser.add_argument("document", type=Path, help="the OpenAPI document of the contract")
    parser.add_argument("--check", action="store_true", help="only say whether it is stale")
    options = parser.parse_args(arguments)
    text = text_of(json.loads(options.document.read_text(encoding="utf-8")))
    if not options.check:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{FILE.name} is stale: run `make docs` and commit the result.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
