"""One run of a flow held against another, or against the usual, and what was changed in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from nexla_mcp.adapter.models import AuditEntry
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.results.run_comparison import ChangeBetween, NodeDifference, RunComparison
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.evidence import Counts, Run, started_at
from nexla_mcp.operations.evidence_gathering import read_runs
from nexla_mcp.operations.health_thresholds import DEFAULTS
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.parallel import outcomes

LATEST, PREVIOUS, MEDIAN = "latest", "previous", "median"
MOST_FIELDS = 8
_SIDES = timedelta(hours=1)
"""Read around a run that is named, since reports are asked for by time."""


@dataclass(frozen=True)
class _Other:
    """What the run is held against."""

    runs: tuple[Run, ...]

    def of(self, node: LineageNode) -> tuple[float | None, float | None, float | None]:
        """Records, bytes and errors of a node, of several runs the medians."""
        counts = [found for run in self.runs if (found := run.at(node.key)) is not None]
        if not counts:
            return None, None, None
        return (
            median(item.records for item in counts),
            median(item.size for item in counts),
            median(item.errors for item in counts),
        )


async def compare_runs(nexla: Nexla, flow: int | str, run: str, against: str, runs: int) -> RunComparison:
    """Node by node, with the audit log between the two.

    Args:
        nexla: The account.
        flow: Id or exact name.
        run: `latest` or a run id.
        against: `previous`, `median` or a run id.
        runs: How many earlier runs the median is taken over.

    Raises:
        Failure: `not_found` when there are not enough runs; else as for every read.
    """
    lineage = (await read_tree(nexla, flow)).lineage
    known, cut = await _read(nexla, lineage, run, against, runs + 1)
    chosen = _chosen(known, run)
    other = _other(known, chosen, against, runs)
    oldest = min(other.runs, key=lambda item: item.run_id or 0)
    changes, lost = await _changes(nexla, lineage, oldest.started_at, chosen.started_at)
    young = chosen.started_at is not None and nexla.now() - chosen.started_at < DEFAULTS.settle
    single = against != MEDIAN
    return RunComparison(
        flow_id=lineage.flow_id,
        name=lineage.name,
        run_id=chosen.run_id or 0,
        started=chosen.started_at,
        against=oldest.run_id if single else None,
        against_started=oldest.started_at,
        median_of=None if single else len(other.runs),
        nodes=[_difference(node, chosen.at(node.key), other) for node in lineage.nodes],
        changes=changes,
        still_counting=young or None,
        not_read=[*([f"older runs: {cut}"] if cut else []), *lost] or None,
    )


async def _read(nexla: Nexla, lineage: Lineage, run: str, against: str, wanted: int) -> tuple[list[Run], str | None]:
    """Runs, the newest first, as far back as is needed."""
    now = nexla.now()
    named = [_run_id(text) for text in (run, against) if text not in {LATEST, PREVIOUS, MEDIAN}]
    starts = [moment for number in named if (moment := started_at(number)) is not None]
    if starts:
        window = Window(min(starts) - _SIDES, now)
        if against not in {PREVIOUS, MEDIAN}:
            found, ended = await read_runs(nexla, lineage, window)
            return list(found), ended
    newest = min(starts, default=now)
    for span in (DEFAULTS.shortest_window, DEFAULTS.default_window, DEFAULTS.longest_window):
        found, ended = await read_runs(nexla, lineage, Window(newest - span, now))
        if sum(item.run_id is not None and item.started_at <= newest for item in found if item.started_at) >= wanted:
            break
    return list(found), ended


def _chosen(runs: Sequence[Run], run: str) -> Run:
    if run == LATEST:
        found = next((item for item in runs if item.run_id is not None), None)
    else:
        found = next((item for item in runs if item.run_id == _run_id(run)), None)
    if found is None:
        raise _no_run(
            "Nexla reports no run of this flow in the last 30 days." if run == LATEST else f"It has no run {run[:20]}."
        )
    return found


def _other(runs: Sequence[Run], chosen: Run, against: str, number: int) -> _Other:
    earlier = [item for item in runs if item.run_id is not None and item.run_id < (chosen.run_id or 0)]
    if against == PREVIOUS:
        earlier = earlier[:1]
    elif against == MEDIAN:
        earlier = earlier[:number]
    else:
        earlier = [item for item in runs if item.run_id == _run_id(against) and item is not chosen]
    if not earlier:
        raise _no_run(f"There is no other run to hold run {chosen.run_id} against.")
    return _Other(tuple(earlier))


def _difference(node: LineageNode, counts: Counts | None, other: _Other) -> NodeDifference:
    records, size, errors = other.of(node)
    change = counts.records / records - 1 if counts is not None and records else None
    return NodeDifference(
        type=node.type,
        id=node.id,
        name=node.name,
        records=counts.records if counts else None,
        records_before=records,
        size=counts.size if counts else None,
        size_before=size,
        errors=counts.errors if counts else None,
        errors_before=errors,
        change=round(change, 4) if change is not None else None,
    )


async def _changes(
    nexla: Nexla, lineage: Lineage, since: datetime | None, until: datetime | None
) -> tuple[list[ChangeBetween], list[str]]:
    """What the audit logs of the flow's parts tell between two starts; an update while a run goes may count for it."""
    first, last = sorted((since or nexla.now(), until or nexla.now()))
    reads = [partial(nexla.audit.entries, *node.key, since=first, until=last) for node in lineage.nodes]
    answers = await outcomes(reads)
    changes: list[ChangeBetween] = []
    lost: list[str] = []
    for node, answer in zip(lineage.nodes, answers, strict=True):
        if isinstance(answer, Failure):
            lost.append(f"audit log of {node.type.value} {node.id}: {answer.info.code.value}")
        else:
            changes += _told(node, answer)
    return sorted(changes, key=lambda item: item.at.timestamp() if item.at else 0.0, reverse=True), lost


def _told(node: LineageNode, entries: Iterable[AuditEntry]) -> list[ChangeBetween]:
    return [
        ChangeBetween(
            at=entry.created_at,
            type=node.type,
            id=node.id,
            event=entry.event,
            by=(entry.user.email or entry.user.full_name) if entry.user else entry.owner_email,
            fields=tuple(sorted(entry.object_changes))[:MOST_FIELDS],
        )
        for entry in entries
        if set(entry.object_changes) - {"updated_at"} or not entry.object_changes
    ]


def _run_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):  # noqa: PLR2004 - 19 digits hold 64 bits
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{text[:40]!r} is no run: give a run id, or latest, previous, median.",
            hint="get_metrics with by='run' lists runs with their ids.",
            next_tool="get_metrics",
        )
    return int(text)


def _no_run(message: str) -> Failure:
    return Failure.of(
        ErrorCode.NOT_FOUND,
        message,
        hint="get_metrics with by='run' lists the runs that Nexla reports.",
        next_tool="get_metrics",
    )
