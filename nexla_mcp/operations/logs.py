"""The log of a flow or of one resource in it, of a run or a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from nexla_mcp.adapter.models import LogEntry
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Lineage
from nexla_mcp.domain.results.logs import Logs, Severity
from nexla_mcp.domain.times import Window, parse_window
from nexla_mcp.operations.cursors import offset_of
from nexla_mcp.operations.evidence import Run, key_told
from nexla_mcp.operations.evidence_gathering import read_runs
from nexla_mcp.operations.lineage import IN_A_TREE, read_tree
from nexla_mcp.operations.log_lines import at_least, fold
from nexla_mcp.operations.resolve import resolve

RUNS_SOUGHT = timedelta(days=14)
"""How far back the latest (failed) run is looked for."""
DEFAULT_WINDOW = timedelta(hours=24)
MOST_RUNS = 25
"""Runs read one by one where Nexla offers no log of the whole flow."""
MOST_LINES = 5_000

LATEST = "latest"
LATEST_FAILED = "latest_failed"


@dataclass(frozen=True)
class LogQuery:
    """Which lines are wanted. `run`: `latest`, `latest_failed`, or a run id as text."""

    run: str | None = None
    severity: Severity | None = None
    text: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class _Read:
    entries: Rows[LogEntry]
    run_id: int | None = None
    window: Window | None = None
    note: str | None = None


async def fetch_logs(
    nexla: Nexla,
    kind: ResourceType,
    reference: int | str,
    query: LogQuery,
    *,
    limit: int,
    cursor: str | None = None,
) -> Logs:
    """One page of lines, the newest first, those that say the same folded.

    Raises:
        Failure: `bad_input` for a type without logs, `not_found` when no such run is known; else as for every read.
    """
    if kind not in (ResourceType.FLOW, *IN_A_TREE):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"Nexla keeps no logs of a {kind.value}.",
            hint="Ask for a flow, source, nexset or destination.",
        )
    target = await resolve(nexla, kind, reference)
    lineage = (await read_tree(nexla, target.id, kind)).lineage
    read = await (_of_run if query.run else _of_window)(nexla, lineage, query)
    wanted = None if kind is ResourceType.FLOW else (kind, target.id)
    matching = [
        entry
        for entry in read.entries
        if at_least(entry, query.severity)
        and (query.text is None or query.text.casefold() in (entry.log or "").casefold())
        and (wanted is None or key_told(entry.resource_type, entry.resource_id) == wanted)
    ]
    lines = fold(matching, lineage)
    offset = offset_of(cursor)
    shown = lines[offset : offset + limit]
    more = offset + len(shown) < len(lines)
    return Logs(
        flow_id=lineage.flow_id,
        name=lineage.name,
        run_id=read.run_id,
        since=read.window.start if read.window else None,
        until=read.window.end if read.window else None,
        read=len(read.entries),
        matched=len(matching),
        lines=shown,
        total=len(lines),
        offset=offset,
        cursor=str(offset + len(shown)) if more else None,
        note="; ".join(filter(None, [read.note, _lost(read.entries)])) or None,
    )


async def _of_run(nexla: Nexla, lineage: Lineage, query: LogQuery) -> _Read:
    origin = lineage.origin
    now = nexla.now()
    run_id, note = await _chosen_run(nexla, lineage, (query.run or "").strip(), now)
    entries = await nexla.logs.of_run(
        lineage.flow_id, origin.type, origin.id, run_id, until=now + timedelta(minutes=1), max_rows=MOST_LINES
    )
    return _Read(entries, run_id=run_id, note=note)


async def _chosen_run(nexla: Nexla, lineage: Lineage, run: str, now: datetime) -> tuple[int, str | None]:
    """The run meant, and what should be said of the choice."""
    if run.isascii() and run.isdigit():
        return int(run), None
    if run not in {LATEST, LATEST_FAILED}:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "`run` is neither a run id nor one of the two words.",
            hint='Use "latest", "latest_failed" or a run id from get_metrics by=run.',
        )
    runs, _ = await read_runs(nexla, lineage, Window(now - RUNS_SOUGHT, now))
    known = [item for item in runs if item.run_id is not None]
    chosen = known if run == LATEST else [item for item in known if failed(item)]
    if not chosen or chosen[0].run_id is None:
        what = "run" if run == LATEST else "run with errors"
        raise Failure.of(
            ErrorCode.NOT_FOUND,
            f"No {what} of flow {lineage.flow_id} is known in the last {RUNS_SOUGHT.days} days.",
            hint="run_health_check says whether the flow runs at all; since and until read lines without a run.",
            next_tool="run_health_check",
        )
    if run == LATEST_FAILED:
        return chosen[0].run_id, "Nexla reports no run states: failed means that the run counted errors"
    return chosen[0].run_id, None


def failed(run: Run) -> bool:
    """Whether a run counted errors anywhere: the only sign of failure that Nexla reports."""
    return run.errors > 0


async def _of_window(nexla: Nexla, lineage: Lineage, query: LogQuery) -> _Read:
    window = parse_window(query.since, query.until, nexla.now(), DEFAULT_WINDOW)
    try:
        entries = await nexla.logs.by_flow(lineage.flow_id, since=window.start, until=window.end, max_rows=MOST_LINES)
        return _Read(entries, window=window)
    except Failure as failure:
        if failure.info.code not in {ErrorCode.NOT_FOUND, ErrorCode.UNSUPPORTED}:
            raise
    return await _run_by_run(nexla, lineage, window)


async def _run_by_run(nexla: Nexla, lineage: Lineage, window: Window) -> _Read:
    """Where Nexla has no log of a whole flow: the logs of the origin's runs in the window, the newest first."""
    origin = lineage.origin
    runs, cut = await read_runs(nexla, lineage, window)
    ids = [run.run_id for run in runs if run.run_id is not None]
    lines: list[LogEntry] = []
    unreadable = 0
    for run_id in ids[:MOST_RUNS]:
        rows = await nexla.logs.by_resource(origin.type, origin.id, run_id, since=window.start, until=window.end)
        lines += rows.items
        unreadable += rows.unreadable
    why = cut if len(ids) <= MOST_RUNS else f"only the newest {MOST_RUNS} of {len(ids)} runs were read"
    return _Read(Rows(tuple(lines), unreadable, None, why is None, why), window=window)


def _lost(entries: Rows[LogEntry]) -> str | None:
    parts = [f"{entries.unreadable} lines could not be read"] if entries.unreadable else []
    parts += [f"not all lines were read: {entries.stopped_because}"] if not entries.complete else []
    return "; ".join(parts) or None
