"""Items of a batch from a file of a folder that the operator has opened for that."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure

MOST_BYTES = 32 * 1024 * 1024
Items = list[dict[str, Any]]


def read_items(name: str, folders: Sequence[Path]) -> Items:
    """The objects in a YAML, JSON, JSON-lines or CSV file; columns `config.path` become nested fields.

    Raises:
        Failure: `not_allowed` for a file outside of the folders; `bad_input` for one that cannot be read.
    """
    path = _allowed(name, folders)
    items = parsed_file(path)
    if isinstance(items, Mapping):
        items = items.get("items")
    if not isinstance(items, list) or not all(isinstance(item, (dict, int)) for item in items):
        raise _unreadable(path, "it holds no list of items")
    return as_items(items)


def parsed_file(path: Path) -> Any:
    """What a file holds, by its suffix: YAML (and JSON with it), JSON lines or CSV.

    Raises:
        Failure: `bad_input` for one that cannot be read.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _unreadable(path, f"it is larger than {MOST_BYTES // 1024 // 1024} MB")
        with path.open(encoding="utf-8-sig", newline="") as opened:
            text = opened.read()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, type(error).__name__) from None
    return _parsed(path, text)


def as_items(listed: Sequence[Any]) -> list[Any]:
    """The items of a list; a list of ids alone is how deletes are written."""
    return [{"id": item} if isinstance(item, int) else item for item in listed]


def with_items(items: Items | None, read: Items) -> Items:
    """The items of a call that names a file.

    Raises:
        Failure: `bad_input` when it gives items of its own as well.
    """
    if items is not None:
        raise Failure.of(ErrorCode.BAD_INPUT, "Give either `items` or `file`. Nothing was done.")
    return read


def _allowed(name: str, folders: Sequence[Path]) -> Path:
    if not folders:
        raise Failure.of(
            ErrorCode.NOT_ALLOWED,
            "No folder is open for files. Nothing was done.",
            hint="The operator names them in NEXLA_MCP_FILE_FOLDERS; or give `items`. The command line has --file.",
        )
    for folder in folders:
        root = folder.expanduser().resolve()
        path = (root / name).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path
    raise Failure.of(
        ErrorCode.NOT_ALLOWED,
        f"{name[:80]!r} is no file in a folder that is open for files. Nothing was done.",
        hint="Give its path within one of the folders of NEXLA_MCP_FILE_FOLDERS.",
    )


def _parsed(path: Path, text: str) -> Any:
    kind = path.suffix.lower()
    try:
        if kind == ".csv":
            rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
            if any(None in row for row in rows):
                raise _unreadable(path, "a row has more cells than there are columns")
            return [_nested(row) for row in rows]
        if kind in {".jsonl", ".ndjson"}:
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        if kind == ".json":
            return json.loads(text)
    except (ValueError, csv.Error, RecursionError) as error:
        raise _unreadable(path, type(error).__name__) from None
    import yaml  # noqa: PLC0415 - most batches come without a file

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise _unreadable(path, type(error).__name__) from None


def _nested(row: Mapping[str, str | None]) -> dict[str, Any]:
    """A row of a table; numbers as numbers, empty cells left out."""
    nested: dict[str, Any] = {}
    for column, cell in row.items():
        if not column or cell is None or cell == "":
            continue
        *above, last = column.split(".") if column.startswith(("config.", "fields.", "credentials.")) else [column]
        place = nested
        if above:
            # `start.cron` is one field of a configuration, and not a field in a field.
            place = nested.setdefault(above[0], {})
            last = ".".join([*above[1:], last])
        is_id = last in {"id", "credential", "nexset"} and cell.isascii() and cell.isdigit()
        place[last] = int(cell) if is_id else cell
    return nested


def _unreadable(path: Path, why: str) -> Failure:
    return Failure.of(ErrorCode.BAD_INPUT, f"{path.name} cannot be used: {why}. Nothing was done.")
