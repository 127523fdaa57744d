"""The runbook in one call: what a flow did, what is wrong with it, why probably, and what to look at next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from nexla_mcp.adapter.models import AuditEntry, LogEntry
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.diagnosis import ChangeRow, Diagnosis, NodeState, RunRow
from nexla_mcp.domain.results.lineage import Key, LineageNode
from nexla_mcp.domain.results.logs import Severity
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.diagnosis_causes import causes_of
from nexla_mcp.operations.diagnosis_shapes import Shapes, compare_shapes
from nexla_mcp.operations.evidence import FlowEvidence, Run
from nexla_mcp.operations.evidence_gathering import gather, read_log_lines, read_runs
from nexla_mcp.operations.health_checks import judge
from nexla_mcp.operations.health_thresholds import DEFAULTS
from nexla_mcp.operations.log_lines import at_least, fold
from nexla_mcp.operations.parallel import Read, outcomes

CHANGES_LOOKED_BACK = timedelta(days=7)
"""A change shows its effect in the next runs; what is older has been run with for long."""
MOST_LINES = 500
RUNS_SHOWN = 8
USUAL_SHARE = 0.5
"""A run to compare with moved at least this share of the median."""
LONGEST_VALUE = 60
"""Characters of an old or new value that are worth showing."""


async def diagnose(nexla: Nexla, reference: int | str, since: datetime | None = None) -> Diagnosis:
    """Everything the runbook asks of one flow, and the causes that what was found speaks for.

    Args:
        nexla: The account.
        reference: The flow, by any node id or its name.
        since: Look at runs and changes from here on; by default as far as the schedule makes sensible.

    Raises:
        Failure: when the flow itself cannot be read. What else fails is named in `not_checked`.
    """
    evidence = await gather(nexla, reference, since=since, log_lines=True)
    bad, good = runs_to_compare(evidence)
    reads: list[Read] = [
        partial(_good_run_before, nexla, evidence, good, further=bad is not None and since is None),
        partial(_lines, nexla, evidence, bad),
        partial(_changes, nexla, evidence, since or evidence.now - CHANGES_LOOKED_BACK),
        partial(compare_shapes, nexla, evidence.lineage),
    ]
    older, lines, changes, shapes = await outcomes(reads)
    good = older if isinstance(older, Run) else good
    if isinstance(lines, tuple) and bad is not None:
        # Judged by the run looked at: the last one may be too young to have said anything.
        evidence = evidence.but(log_lines=lines)
    health = judge(evidence)
    entries = lines if isinstance(lines, tuple) else ()
    folded = fold((entry for entry in entries if _tells_something(entry)), evidence.lineage)
    known_changes, unread_changes = changes if isinstance(changes, tuple) else ([], [])
    unread = (f"{look.value}: {why}" for look, why in evidence.unread.items())
    not_checked = [*health.not_checked, *unread, *unread_changes]
    not_checked += [
        f"{what}: {answer.info.code.value}"
        for what, answer in (
            ("older runs", older),
            ("log lines", lines),
            ("changes", changes),
            ("sample shapes", shapes),
        )
        if isinstance(answer, Failure)
    ]
    upcoming = evidence.schedule.after(evidence.now) if evidence.schedule and evidence.runs_at_all else None
    return Diagnosis(
        flow_id=evidence.lineage.flow_id,
        name=evidence.lineage.name,
        verdict=health.verdict,
        causes=causes_of(
            evidence, health.findings, folded, known_changes, shapes if isinstance(shapes, Shapes) else None
        ),
        nodes=[_node(node, bad, good) for node in evidence.lineage.nodes],
        run_id=bad.run_id if bad else None,
        good_run_id=good.run_id if good else None,
        runs=[_run_row(evidence, run) for run in evidence.runs[:RUNS_SHOWN]],
        log_lines=folded,
        changes=known_changes,
        rerun=_rerun(upcoming, evidence),
        next_scheduled_run=upcoming,
        not_checked=list(dict.fromkeys(not_checked)) or None,
    )


def runs_to_compare(evidence: FlowEvidence) -> tuple[Run | None, Run | None]:
    """The last run in which more than stray records failed, else the last run; and the last good run before it."""
    runs = evidence.runs
    bad = next((run for run in runs if _failed(run)), runs[0] if runs else None)
    return bad, _last_good(evidence, runs[runs.index(bad) + 1 :]) if bad is not None else None


def _failed(run: Run) -> bool:
    return any(counts.error_rate >= DEFAULTS.error_warning for counts in run.counts.values())


def _last_good(evidence: FlowEvidence, runs: Sequence[Run]) -> Run | None:
    """The newest run that moved about as much as usual and lost no more than stray records."""
    origin = evidence.lineage.origin.key
    fair = [(run, counts.records) for run in runs if not _failed(run) and (counts := run.at(origin)) and counts.records]
    enough = median(records for _, records in fair) * USUAL_SHARE if fair else 0
    return next((run for run, records in fair if records >= enough), None)


async def _good_run_before(nexla: Nexla, evidence: FlowEvidence, known: Run | None, *, further: bool) -> Run | None:
    """The good run known, else one from further back than the evidence reaches."""
    start = evidence.now - DEFAULTS.longest_window
    if known is not None or not further or evidence.window.start <= start:
        return known
    runs, _ = await read_runs(nexla, evidence.lineage, Window(start, evidence.window.start))
    return _last_good(evidence, runs)


async def _lines(nexla: Nexla, evidence: FlowEvidence, run: Run | None) -> tuple[LogEntry, ...]:
    if run is None or run.run_id is None:
        return ()
    if evidence.runs and run is evidence.runs[0] and evidence.log_lines:
        return evidence.log_lines
    return await read_log_lines(nexla, evidence.lineage, run.run_id, evidence.now, MOST_LINES)


async def _changes(nexla: Nexla, evidence: FlowEvidence, since: datetime) -> tuple[list[ChangeRow], list[str]]:
    """Changes on every resource of the flow and on its credentials, and what of that could not be read."""
    keys: list[Key] = [node.key for node in evidence.lineage.nodes]
    keys += [(ResourceType.CREDENTIAL, identifier) for identifier in evidence.lineage.credential_ids]
    logs = await outcomes(partial(nexla.audit.entries, kind, identifier, since=since) for kind, identifier in keys)
    rows = [
        _change(key, entry) for key, log in zip(keys, logs, strict=True) if isinstance(log, Rows) for entry in log.items
    ]
    unread = [
        f"changes of {kind.value} {identifier}: {log.info.code.value}"
        for (kind, identifier), log in zip(keys, logs, strict=True)
        if isinstance(log, Failure)
    ]
    return sorted(rows, key=lambda row: row.at.timestamp() if row.at else 0.0, reverse=True), unread


def _tells_something(entry: LogEntry) -> bool:
    """Warnings and errors but the summaries, whose counts stand in the table of nodes."""
    return at_least(entry, Severity.WARNING) and (entry.log_type or "").upper() != "SUMMARY"


def _change(key: Key, entry: AuditEntry) -> ChangeRow:
    return ChangeRow(
        at=entry.created_at,
        who=entry.user.email if entry.user else None,
        type=key[0],
        id=key[1],
        event=entry.event,
        what=tuple(_told(name, pair) for name, pair in entry.object_changes.items()) or entry.change_summary,
    )


def _told(name: str, pair: object) -> str:
    """`status: ACTIVE → PAUSED`, or the name alone where the values are long."""
    if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - before and after
        return name
    before, after = (("-" if side is None else str(side)) for side in pair)
    return f"{name}: {before} → {after}" if max(len(before), len(after)) <= LONGEST_VALUE else name


def _node(node: LineageNode, bad: Run | None, good: Run | None) -> NodeState:
    counts = bad.at(node.key) if bad else None
    before = good.at(node.key) if good else None
    return NodeState(
        depth=node.depth,
        type=node.type,
        id=node.id,
        name=node.name,
        status=node.status,
        records=counts.records if counts else None,
        errors=counts.errors if counts else None,
        good_records=before.records if before else None,
        good_errors=before.errors if before else None,
    )


def _run_row(evidence: FlowEvidence, run: Run) -> RunRow:
    entered = run.at(evidence.lineage.origin.key)
    delivered = [run.at(node.key) for node in evidence.lineage.of_type(ResourceType.DESTINATION)]
    known = [counts.records for counts in delivered if counts]
    return RunRow(
        run_id=run.run_id,
        started=run.started_at,
        entered=entered.records if entered else None,
        delivered=sum(known) if known else None,
        errors=run.errors,
    )


def _rerun(upcoming: datetime | None, evidence: FlowEvidence) -> str:
    words = "Nexla's API has no re-run of a finished run: mend the cause, then the next run does the work."
    if not evidence.runs_at_all:
        return f"{words} There is no next run while the source is {evidence.statuses[0]}."
    if upcoming is not None:
        return f"{words} The next scheduled run is at {upcoming:%Y-%m-%d %H:%MZ}."
    if evidence.schedule_text:
        return f"{words} Its schedule {evidence.schedule_text[:60]!r} cannot be understood."
    return f"{words} The source has no schedule that names the next one."
