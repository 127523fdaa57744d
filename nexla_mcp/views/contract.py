"""Text of `find_operation` and of what an operation answered."""

from __future__ import annotations

import json
from typing import Any

from nexla_mcp.domain.results.contract import OperationFound, OperationRead, OperationsFound
from nexla_mcp.views.table import table
from nexla_mcp.views.text import cut_note, text_of

MOST_COLUMNS = 10


@text_of.register
def _(result: OperationsFound) -> str:
    lines = [line for row in result.rows for line in _found(row)]
    return "\n".join(line for line in (*lines, cut_note(result)) if line) or "Nothing found: try other words."


def _found(row: OperationFound) -> list[str]:
    kind = f" ({row.path})" if row.path else "" if row.listed else " (tool, not listed)"
    lines = [f"{row.name}{kind}, {row.risk}: {row.does}"]
    lines += [f"  takes: {row.takes}"] if row.takes else []
    lines += [f"  better: {row.better}"] if row.better else []
    return lines + ([f"  refused: {row.refused}"] if row.refused else [])


@text_of.register
def _(result: OperationRead) -> str:
    lines = [f"{result.path}:"]
    if result.rows is not None:
        lines[0] += f" {result.total if result.total is not None else len(result.rows)} rows"
        columns = _columns(result.rows)
        lines.append(table(columns, ([_cell(row.get(name)) for name in columns] for row in result.rows)))
    else:
        lines.append(json.dumps(result.answer, ensure_ascii=False, separators=(",", ":")))
    lines += [result.more or "", f"{result.left_out} entries of long values are left out." if result.left_out else ""]
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """The simple fields that any row has; the rest is in the structure beside this text."""
    simple = dict.fromkeys(
        name for row in rows for name, value in row.items() if isinstance(value, (str, int, float)) and value != ""
    )
    return list(simple)[:MOST_COLUMNS]


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    return str(value)[:120]
