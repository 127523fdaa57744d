"""Tables for a reader who pays by the byte: a header once, cells parted by bars, no padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from nexla_mcp.safety.untrusted import unmarked

Cell = str | int | float | bool | datetime | None


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A header line and a line a row. Columns that are empty in every row are left out."""
    shown = [[cell(value) for value in row] for row in rows]
    if not shown:
        return ""
    kept = [index for index in range(len(columns)) if any(row[index] != "-" for row in shown)]
    lines = [" | ".join(columns[index] for index in kept)]
    lines += [" | ".join(row[index] for index in kept) for row in shown]
    return "\n".join(lines)


def cell(value: Cell) -> str:
    """A value as short text: times to the minute in UTC, a dash for nothing, no line breaks."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return unmarked(str(value)).replace("\n", " ").replace("|", "/")


def moment(value: datetime) -> str:
    """`2026-11-22 14:05Z`."""
    return f"{value.astimezone(timezone.utc):%Y-%m-%d %H:%MZ}"


def ago(seconds: float) -> str:
    """A span in its largest sensible unit: `45 s`, `12 min`, `5.0 h`, `3.2 days`."""
    for unit, size in (("days", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            number = seconds / size
            return f"{number:.0f} {unit}" if unit == "min" else f"{number:.1f} {unit}"
    return f"{seconds:.0f} s"


def number(value: float) -> str:
    """Counts with thin grouping: `12,345`."""
    return f"{value:,.0f}"
