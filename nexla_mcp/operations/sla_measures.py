"""One flow's runs held against one service level. Judges what was read and reads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.results.sla import Kept, Measure, SlaCheck, SlaTarget
from nexla_mcp.operations.evidence import Counts, Run


@dataclass(frozen=True)
class Observed:
    """What was read of a flow."""

    lineage: Lineage
    runs: tuple[Run, ...]
    """The newest first."""
    cut: str | None
    """Why the runs do not reach back as far as was asked; None when they do."""
    now: datetime
    window: timedelta
    fresh_within: timedelta | None

    @property
    def ends(self) -> tuple[LineageNode, ...]:
        """Where records arrive: the destinations, or the last nodes of a flow that has none."""
        ends = self.lineage.of_type(ResourceType.DESTINATION)
        return ends or tuple(node for node in self.lineage.nodes if not self.lineage.children(node))

    @property
    def recent(self) -> tuple[Run, ...]:
        """The runs that began within the window."""
        return tuple(run for run in self.runs if run.started_at and run.started_at > self.now - self.window)

    def total(self, node: LineageNode) -> Counts:
        return sum((counts for run in self.recent if (counts := run.at(node.key))), Counts())


def judge(target: SlaTarget, seen: Observed) -> Iterator[SlaCheck]:
    """One check for each thing that the target asks for."""
    if seen.fresh_within is not None:
        yield _freshness(target, seen, seen.fresh_within)
    if target.min_records is not None:
        yield _volume(target, seen, target.min_records)
    if target.max_error_rate is not None:
        yield _errors(target, seen, target.max_error_rate)


def _freshness(target: SlaTarget, seen: Observed, within: timedelta) -> SlaCheck:
    """The end of the flow that has waited longest decides."""
    arrived = {node.key: _last_arrival(seen, node) for node in seen.ends}
    oldest = min(seen.ends, key=lambda node: moment.timestamp() if (moment := _moment(arrived[node.key])) else 0.0)
    run = arrived[oldest.key]
    moment = _moment(run)
    where = f"at {oldest.type.value} {oldest.id}"
    if moment is None:
        verdict = Kept.UNKNOWN if seen.cut else Kept.BREACHED
        text = f"no run since {_back(seen)} brought records {where}{_why(seen)}{_resting(oldest)}"
    else:
        verdict = Kept.MET if seen.now - moment <= within else Kept.BREACHED
        text = f"records arrived last with the run that began {moment:%Y-%m-%d %H:%MZ}, {where}{_resting(oldest)}"
    return _check(target, seen, Measure.FRESHNESS, verdict, f"within {spell(within)}", text, oldest, run)


def _volume(target: SlaTarget, seen: Observed, least: int) -> SlaCheck:
    lowest = min(seen.ends, key=lambda node: seen.total(node).records)
    records = seen.total(lowest).records
    verdict = Kept.MET if records >= least else Kept.UNKNOWN if seen.cut else Kept.BREACHED
    text = (
        f"{records:,} records in {len(seen.recent)} runs, at {lowest.type.value} {lowest.id}"
        f"{_why(seen) if verdict is Kept.UNKNOWN else ''}{_resting(lowest)}"
    )
    wanted = f"{least:,} records in {spell(seen.window)}"
    return _check(target, seen, Measure.VOLUME, verdict, wanted, text, lowest, next(iter(seen.recent), None))


def _errors(target: SlaTarget, seen: Observed, most: float) -> SlaCheck:
    worst = max(seen.lineage.nodes, key=lambda node: seen.total(node).error_rate)
    counts = seen.total(worst)
    wanted = f"at most {most:.2%} in {spell(seen.window)}"
    if not counts.records and not counts.errors:
        text = f"nothing ran in the last {spell(seen.window)}{_why(seen)}: there is no rate"
        return _check(target, seen, Measure.ERROR_RATE, Kept.UNKNOWN, wanted, text, worst, None)
    verdict = Kept.BREACHED if counts.error_rate > most else Kept.UNKNOWN if seen.cut else Kept.MET
    text = (
        f"{counts.error_rate:.2%}: {counts.errors:,} errors beside {counts.records:,} records, "
        f"at {worst.type.value} {worst.id}{_why(seen) if verdict is Kept.UNKNOWN else ''}"
    )
    sick = next((run for run in seen.recent if (at := run.at(worst.key)) and at.errors), None)
    return _check(target, seen, Measure.ERROR_RATE, verdict, wanted, text, worst, sick)


def _last_arrival(seen: Observed, node: LineageNode) -> Run | None:
    return next((run for run in seen.runs if (counts := run.at(node.key)) and counts.records and run.started_at), None)


def _moment(run: Run | None) -> datetime | None:
    return run.started_at if run is not None else None


def _check(
    target: SlaTarget,
    seen: Observed,
    measure: Measure,
    verdict: Kept,
    wanted: str,
    text: str,
    node: LineageNode,
    run: Run | None,
) -> SlaCheck:
    return SlaCheck(
        flow_id=seen.lineage.flow_id,
        name=seen.lineage.name,
        target=target.name,
        measure=measure,
        verdict=verdict,
        wanted=wanted,
        seen=text,
        type=node.type,
        id=node.id,
        run_id=run.run_id if run else None,
    )


def _back(seen: Observed) -> str:
    return f"{seen.now - max(seen.window, seen.fresh_within or timedelta()):%Y-%m-%d %H:%MZ}"


def _why(seen: Observed) -> str:
    return f" (not all runs were read: {seen.cut})" if seen.cut else ""


def _resting(node: LineageNode) -> str:
    return f", which is {node.status}" if (node.status or "").upper() in {"PAUSED", "INIT", "DRAFT"} else ""


def spell(span: timedelta) -> str:
    """`45 min`, `2 h`, `3 days`."""
    minutes = round(span.total_seconds() / 60)
    for unit, size in (("days", 1440), ("h", 60)):
        if minutes >= 2 * size or (unit == "h" and minutes >= size):
            return f"{minutes / size:.3g} {unit}"
    return f"{minutes} min"
