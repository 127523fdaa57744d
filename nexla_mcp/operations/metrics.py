"""Records, sizes and errors of a resource or a flow, by day or by run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from statistics import median

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.units import run_started_at, to_day
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.metrics import Grain, MetricRow, Metrics
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.cursors import offset_of
from nexla_mcp.operations.evidence_gathering import read_runs
from nexla_mcp.operations.lineage import IN_A_TREE, read_tree
from nexla_mcp.operations.resolve import resolve

_WHOLE_DAYS = "Days are whole UTC days, also where the window begins or ends within one."
CHART_BARS = 60
"""So many fit on a line."""
LEAST_FOR_A_TREND = 3
_BARS = "▁▂▃▄▅▆▇█"
MEASURED = (ResourceType.FLOW, *IN_A_TREE, ResourceType.ORG)


@dataclass(frozen=True)
class _Read:
    """What was read, the newest first; the totals count what enters a flow once."""

    name: str | None
    rows: Sequence[MetricRow]
    entering: Sequence[MetricRow]
    note: str | None = None


_Reader = Callable[[Nexla, ResourceType, int, Window], Awaitable[_Read]]


async def measure(
    nexla: Nexla,
    kind: ResourceType,
    reference: int | str,
    by: Grain,
    window: Window,
    *,
    limit: int,
    cursor: str | None = None,
) -> Metrics:
    """One page of rows with totals and the median over the whole window.

    Raises:
        Failure: `bad_input` for a type that has no metrics or an org by run; else as for every read.
    """
    if kind not in MEASURED or (kind is ResourceType.ORG and by is Grain.RUN):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"Nexla reports no metrics of a {kind.value} by {by.value}.",
            hint="Ask for a flow, source, nexset or destination; of an org only by=day.",
        )
    target = await resolve(nexla, kind, reference)
    read = await _reader(kind, by)(nexla, kind, target.id, window)
    offset = offset_of(cursor)
    shown = list(read.rows[offset : offset + limit])
    more = offset + len(shown) < len(read.rows)
    amounts = [row.records or 0 for row in read.entering]
    sizes = [row.size for row in read.entering if row.size is not None]
    return Metrics(
        type=kind,
        id=target.id,
        name=read.name or target.name,
        by=by,
        since=window.start,
        until=window.end,
        rows=shown,
        records=sum(amounts),
        errors=sum(row.errors or 0 for row in read.rows),
        size=sum(sizes) if sizes else None,
        median_records=median(amounts) if amounts else None,
        trend=_trend(read.entering, by, to_day(nexla.now())),
        chart=chart(amounts[:CHART_BARS][::-1]),
        total=len(read.rows),
        offset=offset,
        cursor=str(offset + len(shown)) if more else None,
        note=read.note,
    )


def _trend(entering: Sequence[MetricRow], by: Grain, today: str) -> float | None:
    """The newest against the usual. A day that is not over yet would always seem to fall behind."""
    whole = [row.records or 0 for row in entering if by is Grain.RUN or (row.day or "")[:10] != today[:10]]
    usual = median(whole[1:]) if len(whole) > LEAST_FOR_A_TREND else 0
    return round(whole[0] / usual - 1, 3) if usual else None


def chart(amounts: Sequence[int]) -> str | None:
    """A bar for each amount, the highest as high as it goes; nothing is a dot."""
    if len(amounts) <= 1 or not max(amounts):
        return None
    step = max(amounts) / len(_BARS)
    return "".join(_BARS[min(len(_BARS), ceil(amount / step)) - 1] if amount > 0 else "·" for amount in amounts)


def _reader(kind: ResourceType, by: Grain) -> _Reader:
    if kind is ResourceType.ORG:
        return _account
    if kind is ResourceType.FLOW:
        return _flow_runs if by is Grain.RUN else _flow_days
    return _runs if by is Grain.RUN else _days


async def _days(nexla: Nexla, kind: ResourceType, identifier: int, window: Window) -> _Read:
    days = await nexla.metrics.daily(kind, identifier, *_days_of(window))
    rows = [
        MetricRow(day=item.time, records=item.records, size=item.size, errors=item.errors)
        for item in sorted(days, key=lambda item: item.time or "", reverse=True)
    ]
    return _Read(None, rows, rows, _WHOLE_DAYS)


def _days_of(window: Window) -> tuple[date, date]:
    """The first and the last UTC day that the window touches; its end is not in it."""
    return window.start.date(), (window.end - timedelta(microseconds=1)).date()


async def _runs(nexla: Nexla, kind: ResourceType, identifier: int, window: Window) -> _Read:
    runs = await nexla.metrics.runs(kind, identifier)
    rows = []
    for item in sorted(runs, key=lambda item: item.run_id or 0, reverse=True):
        started = run_started_at(item.run_id) if item.run_id is not None else None
        if started is None or window.start <= started < window.end:
            rows.append(
                MetricRow(run_id=item.run_id, started=started, records=item.records, size=item.size, errors=item.errors)
            )
    return _Read(None, rows, rows, None if runs.complete else runs.stopped_because)


async def _flow_runs(nexla: Nexla, _: ResourceType, identifier: int, window: Window) -> _Read:
    """Each node's share of each run."""
    lineage = (await read_tree(nexla, identifier)).lineage
    runs, cut = await read_runs(nexla, lineage, window)
    rows = [
        MetricRow(
            run_id=run.run_id,
            started=run.started_at,
            type=node.type,
            id=node.id,
            name=node.name,
            records=counts.records,
            size=counts.size,
            errors=counts.errors,
        )
        for run in runs
        for node in lineage.nodes
        if (counts := run.at(node.key)) is not None
    ]
    origin = lineage.origin.key
    return _Read(lineage.name, rows, [row for row in rows if (row.type, row.id) == origin], cut)


async def _flow_days(nexla: Nexla, kind: ResourceType, identifier: int, window: Window) -> _Read:
    """Runs added up by the UTC day of their start: Nexla reports days of single resources only."""
    read = await _flow_runs(nexla, kind, identifier, window)
    entering = _added_up(read.entering)
    errors = {row.day: row.errors for row in _added_up(read.rows)}
    rows = [row.model_copy(update={"errors": errors.get(row.day, row.errors)}) for row in entering]
    note = "Records and size are what the source read; errors are of all nodes. Days are those of the runs' starts."
    return _Read(read.name, rows, rows, f"{read.note}. {note}" if read.note else note)


def _added_up(rows: Sequence[MetricRow]) -> list[MetricRow]:
    days: dict[str, MetricRow] = {}
    for row in rows:
        day = to_day(row.started) if row.started else "unknown"
        before = days.get(day, MetricRow(day=day, records=0, size=0, errors=0))
        days[day] = MetricRow(
            day=day,
            records=(before.records or 0) + (row.records or 0),
            size=(before.size or 0) + (row.size or 0),
            errors=(before.errors or 0) + (row.errors or 0),
        )
    return [days[day] for day in sorted(days, reverse=True)]


async def _account(nexla: Nexla, _: ResourceType, identifier: int, window: Window) -> _Read:
    first, last = _days_of(window)
    days = await nexla.metrics.account(org_id=identifier, since=first, until=last)
    rows = [
        MetricRow(day=to_day(item.start_time) if item.start_time else None, records=item.records, size=item.size)
        for item in sorted(days, key=lambda item: item.start_time.timestamp() if item.start_time else 0, reverse=True)
    ]
    return _Read(None, rows, rows, f"Nexla reports no errors of a whole account. {_WHOLE_DAYS}")
