"""What runs leave behind: metrics by node and run, and log entries, in tables of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Store

DAY_MS = 86_400_000

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS run_metrics (
      kind TEXT NOT NULL, resource_id INTEGER NOT NULL, run_id INTEGER NOT NULL, source_id INTEGER NOT NULL,
      data_set_id INTEGER, records INTEGER NOT NULL, size INTEGER NOT NULL, errors INTEGER NOT NULL,
      written_at INTEGER NOT NULL, PRIMARY KEY (kind, resource_id, run_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS run_metrics_by_source ON run_metrics (source_id, run_id)",
    """CREATE TABLE IF NOT EXISTS log_entries (
      source_id INTEGER NOT NULL, run_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, kind TEXT NOT NULL,
      resource_id INTEGER NOT NULL, log TEXT NOT NULL, log_type TEXT NOT NULL, severity TEXT NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS log_entries_by_source ON log_entries (source_id, run_id, timestamp)",
)


class Metric(NamedTuple):
    """One node's share of one run. `run_id` and `written_at` in unix milliseconds, `size` in bytes."""

    kind: str
    resource_id: int
    run_id: int
    source_id: int
    data_set_id: int | None
    records: int
    size: int
    errors: int
    written_at: int


class LogLine(NamedTuple):
    """One entry of a run's log; `timestamp` in unix milliseconds."""

    source_id: int
    run_id: int
    timestamp: int
    kind: str
    resource_id: int
    log: str
    log_type: str
    severity: str


@dataclass(frozen=True)
class LogFilter:
    """Which entries are wanted; None means all. `timestamp` bounds are unix milliseconds, inclusive."""

    source_ids: Sequence[int] | None = None
    nodes: Sequence[tuple[str, int]] | None = None
    run_ids: Sequence[int] | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    severities: Sequence[str] | None = None
    log_types: Sequence[str] | None = None
    text: str | None = None


_METRIC_ROWS = """INSERT OR REPLACE INTO run_metrics SELECT
  json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
  json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]')
FROM json_each(?)"""
_LOG_ROWS = """INSERT INTO log_entries SELECT
  json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
  json_extract(value, '$[6]'), json_extract(value, '$[7]')
FROM json_each(?)"""
_LOG_WHERE = """
FROM log_entries
WHERE (?1 IS NULL OR source_id IN (SELECT value FROM json_each(?1)))
  AND (?2 IS NULL OR kind || ':' || resource_id IN (SELECT value FROM json_each(?2)))
  AND (?3 IS NULL OR run_id IN (SELECT value FROM json_each(?3)))
  AND (?4 IS NULL OR timestamp >= ?4) AND (?5 IS NULL OR timestamp <= ?5)
  AND (?6 IS NULL OR severity IN (SELECT value FROM json_each(?6)))
  AND (?7 IS NULL OR log_type IN (SELECT value FROM json_each(?7)))
  AND (?8 IS NULL OR instr(lower(log), ?8) > 0)"""
_LOG_COLUMNS = "SELECT source_id, run_id, timestamp, kind, resource_id, log, log_type, severity"
_OLDEST_FIRST = " ORDER BY timestamp, rowid LIMIT ?9 OFFSET ?10"
_NEWEST_FIRST = " ORDER BY timestamp DESC, rowid DESC LIMIT ?9 OFFSET ?10"
_METRIC_COLUMNS = """SELECT kind, resource_id, run_id, source_id, data_set_id, records, size, errors, written_at
FROM run_metrics """


class Series:
    """The run history of a sandbox; only ever appended to, apart from pruning."""

    def __init__(self, store: Store) -> None:
        self._store = store
        for statement in _SCHEMA:
            store.execute(statement)

    def append(self, metrics: Iterable[Metric], lines: Iterable[LogLine]) -> None:
        with self._store.transaction():
            self._store.execute(_METRIC_ROWS, (json.dumps(list(metrics)),))
            self._store.execute(_LOG_ROWS, (json.dumps(list(lines)),))

    def prune(self, source_id: int, keep: int) -> None:
        """Forgets all but the newest `keep` runs of a source."""
        rows = self._store.execute(
            "SELECT DISTINCT run_id FROM run_metrics WHERE source_id = ? ORDER BY run_id DESC LIMIT 1 OFFSET ?",
            (source_id, keep),
        )
        if rows:
            for statement in (
                "DELETE FROM run_metrics WHERE source_id = ? AND run_id <= ?",
                "DELETE FROM log_entries WHERE source_id = ? AND run_id <= ?",
            ):
                self._store.execute(statement, (source_id, rows[0][0]))

    def of_node(self, kind: str, resource_id: int) -> list[Metric]:
        """A node's rows, the newest run first."""
        return self._metrics("WHERE kind = ? AND resource_id = ? ORDER BY run_id DESC", (kind, resource_id))

    def of_source(self, source_id: int, from_ms: int, to_ms: int) -> list[Metric]:
        """Every node's rows of a source's runs that started within the bounds, oldest first."""
        return self._metrics(
            "WHERE source_id = ? AND run_id BETWEEN ? AND ? ORDER BY run_id, kind, resource_id",
            (source_id, from_ms, to_ms),
        )

    def of_run(self, source_id: int, run_id: int) -> list[Metric]:
        return self.of_source(source_id, run_id, run_id)

    def latest_run(self, source_id: int, before_ms: int | None = None) -> int | None:
        rows = self._store.execute(
            "SELECT MAX(run_id) FROM run_metrics WHERE source_id = ?1 AND (?2 IS NULL OR run_id <= ?2)",
            (source_id, before_ms),
        )
        return rows[0][0] if rows else None

    def runs(self, source_id: int) -> list[int]:
        """The run ids of a source, the newest first."""
        rows = self._store.execute(
            "SELECT DISTINCT run_id FROM run_metrics WHERE source_id = ? ORDER BY run_id DESC", (source_id,)
        )
        return [row[0] for row in rows]

    def totals(self, nodes: Sequence[tuple[str, int]], from_ms: int, to_ms: int) -> dict[tuple[str, int], list[int]]:
        """(kind, id) -> [records, size, errors] of the runs that started within the bounds."""
        rows = self._store.execute(
            """SELECT kind, resource_id, SUM(records), SUM(size), SUM(errors) FROM run_metrics
            WHERE run_id BETWEEN ? AND ? AND kind || ':' || resource_id IN (SELECT value FROM json_each(?))
            GROUP BY kind, resource_id""",
            (from_ms, to_ms, _keys(nodes)),
        )
        return {(row[0], row[1]): list(row[2:]) for row in rows}

    def daily(self, nodes: Sequence[tuple[str, int]], from_ms: int, to_ms: int) -> dict[int, list[int]]:
        """Day (whole days since 1970, UTC) -> [records, size, errors] of all the given nodes together."""
        rows = self._store.execute(
            """SELECT run_id / 86400000, SUM(records), SUM(size), SUM(errors) FROM run_metrics
            WHERE run_id BETWEEN ? AND ? AND kind || ':' || resource_id IN (SELECT value FROM json_each(?))
            GROUP BY 1 ORDER BY 1""",
            (from_ms, to_ms, _keys(nodes)),
        )
        return {row[0]: list(row[1:]) for row in rows}

    def log_count(self, wanted: LogFilter) -> int:
        return int(self._store.execute("SELECT COUNT(*)" + _LOG_WHERE, _bound(wanted))[0][0])

    def logs(self, wanted: LogFilter, limit: int = -1, offset: int = 0, *, newest_first: bool = False) -> list[LogLine]:
        order = _NEWEST_FIRST if newest_first else _OLDEST_FIRST
        rows = self._store.execute(_LOG_COLUMNS + _LOG_WHERE + order, (*_bound(wanted), limit, offset))
        return [LogLine(*row) for row in rows]

    def _metrics(self, where: str, parameters: tuple[Any, ...]) -> list[Metric]:
        return [Metric(*row) for row in self._store.execute(_METRIC_COLUMNS + where, parameters)]


def _keys(nodes: Sequence[tuple[str, int]]) -> str:
    return json.dumps([f"{kind}:{identifier}" for kind, identifier in nodes])


def _bound(wanted: LogFilter) -> tuple[Any, ...]:
    def array(values: Sequence[Any] | None) -> str | None:
        return None if values is None else json.dumps(list(values))

    return (
        array(wanted.source_ids),
        None if wanted.nodes is None else _keys(wanted.nodes),
        array(wanted.run_ids),
        wanted.from_ms,
        wanted.to_ms,
        array(wanted.severities),
        array(wanted.log_types),
        wanted.text.lower() if wanted.text else None,
    )
