"""How well a flow's newest run went, as the platform's own health and dashboard words put it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nexla_mcp.sandbox.simulation.graph import SOURCES
from nexla_mcp.sandbox.simulation.series import LogFilter, Metric

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.series import Series

RED_SHARE = 0.05
YELLOW_SHARE = 0.01
GREEN, YELLOW, RED = "GREEN", "YELLOW", "RED"


@dataclass(frozen=True)
class Condition:
    """Of one flow. `summary` is the newest run's first error line, empty without one."""

    status: str
    run_id: int
    records: int
    errors: int
    summary: str


def color(records: int, errors: int) -> str:
    """By the share of records that failed; what read nothing at all is at best YELLOW."""
    total = records + errors
    if total == 0:
        return YELLOW
    share = errors / total
    return RED if share >= RED_SHARE else YELLOW if share >= YELLOW_SHARE else GREEN


def condition_of(series: Series, source_id: int, before_ms: int | None = None) -> Condition | None:
    """The condition after the newest run (that started by `before_ms`); None for a flow that never ran."""
    run_id = series.latest_run(source_id, before_ms)
    if run_id is None:
        return None
    rows = series.of_run(source_id, run_id)
    worst = max((color(row.records, row.errors) for row in rows), key=(GREEN, YELLOW, RED).index)
    summary = ""
    if worst != GREEN:
        lines = series.logs(LogFilter([source_id], run_ids=[run_id], log_types=["LOG"]))
        lines = [line for line in lines if line.severity != "INFO"]
        summary = lines[0].log if lines else ""
    return Condition(worst, run_id, _read(rows), sum(row.errors for row in rows), summary)


def _read(rows: list[Metric]) -> int:
    return sum(row.records for row in rows if row.kind == SOURCES)
