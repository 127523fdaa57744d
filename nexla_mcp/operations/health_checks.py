"""The checks of a flow's state, and the verdict over all checks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.health import Finding, FlowHealth, Verdict
from nexla_mcp.domain.schedule import Schedule
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.evidence import ACTIVE, NEVER_ACTIVATED, STANDING_STILL, FlowEvidence, Look
from nexla_mcp.operations.health_checks_base import Check, Judgements, Unjudged, could_not_read, finding
from nexla_mcp.operations.health_checks_credentials import check_credentials
from nexla_mcp.operations.health_checks_messages import check_log_lines, check_notifications, line_said
from nexla_mcp.operations.health_checks_runs import check_errors, check_growth, check_volume
from nexla_mcp.operations.health_thresholds import DEFAULTS, Thresholds

_FAILED_STATUS = {
    ResourceType.SOURCE: Trouble.SOURCE_ERROR,
    ResourceType.NEXSET: Trouble.TRANSFORM_ERROR,
    ResourceType.DESTINATION: Trouble.DESTINATION_ERROR,
}
_COUNTED = frozenset(
    {
        Trouble.SOURCE_ERROR,
        Trouble.TRANSFORM_ERROR,
        Trouble.DESTINATION_ERROR,
        Trouble.QUARANTINE_GROWTH,
        Trouble.EMPTY_SOURCE,
        Trouble.ERROR_RATE,
    }
)
"""Troubles seen by counting, whose reason only log lines tell."""
MOST_MISSED = 100
"""Missed runs are counted up to here: the difference between 100 and 1,000 tells nothing more."""


def check_statuses(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """Every node's status, read from its resource: paused parts, rate limits, nodes that say ERROR."""
    del limits
    yield from could_not_read(evidence, Look.STATUS)
    lineage = evidence.lineage
    for node, status in zip(lineage.nodes, evidence.statuses, strict=True):
        if status is None:
            yield Unjudged(f"status of {node.type.value} {node.id}: Nexla gave none")
        elif status == "RATE_LIMITED":
            yield finding(Trouble.RATE_LIMITED, Verdict.SICK, node, "its status is RATE_LIMITED")
        elif status == "ERROR":
            yield finding(_FAILED_STATUS[node.type], Verdict.SICK, node, "its status is ERROR")
        elif status not in ACTIVE | STANDING_STILL:
            yield Unjudged(f"{node.type.value} {node.id} has status {status[:40]}, of which the contract says nothing")


def check_half_paused(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """Parts of the tree that stand still while others are active, named by the topmost node of each part."""
    del limits
    lineage = evidence.lineage
    status_of = dict(zip((node.node_id for node in lineage.nodes), evidence.statuses, strict=True))
    if not any(status in ACTIVE for status in status_of.values()):
        return
    for node in lineage.nodes:
        status = status_of[node.node_id]
        parent = status_of.get(node.parent_id) if node.parent_id is not None else None
        if status not in STANDING_STILL or parent in STANDING_STILL:
            continue
        below = lineage.downstream(node)
        if node == lineage.origin:
            still_active = sum(status_of[other.node_id] in ACTIVE for other in below)
            seen = f"is {status} while {still_active} of the {len(below) - 1} nodes below it are active: nothing runs"
        else:
            seen = f"is {status} under an active parent" + (f", {len(below)} nodes in all" if len(below) > 1 else "")
        severity = Verdict.WARNING if status in NEVER_ACTIVATED else Verdict.SICK
        yield finding(Trouble.HALF_PAUSED, severity, node, seen)


def check_standing_still(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """A flow of which no node is active: paused as a whole, or never activated."""
    del limits
    statuses = set(evidence.statuses)
    if not statuses or not statuses <= STANDING_STILL:
        return
    never = statuses <= NEVER_ACTIVATED
    seen = "it was never activated" if never else f"no node is active ({', '.join(sorted(filter(None, statuses)))})"
    yield finding(Trouble.NOT_RUNNING, Verdict.NOT_RUNNING, evidence.lineage.origin, seen)


def check_staleness(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """The last run against the source's schedule, or against its own rhythm where it has none."""
    if not evidence.runs_at_all or not evidence.lineage.nodes:
        return
    if Look.RUNS in evidence.unread and evidence.last_run_at is None:
        yield from could_not_read(evidence, Look.RUNS)
        return
    yield from could_not_read(evidence, Look.SCHEDULE)
    if Look.SCHEDULE in evidence.unread:
        return
    if evidence.schedule:
        yield from _against_schedule(evidence, evidence.schedule, limits)
        return
    if evidence.schedule_text:
        yield Unjudged(f"the schedule {evidence.schedule_text[:60]!r} is no Quartz expression", needed=False)
    yield from _against_own_rhythm(evidence, limits)


def _against_schedule(evidence: FlowEvidence, schedule: Schedule, limits: Thresholds) -> Judgements:
    source, last = evidence.source, evidence.last_run_at
    interval = schedule.interval(evidence.now)
    allowed = interval * limits.late_intervals + limits.late_grace
    # A source that was created or changed since can not have missed what was due before that.
    starts = [moment for moment in (last, source and source.updated_at, source and source.created_at) if moment]
    if not starts:
        yield Unjudged("staleness: no run is known, nor when the source was made")
        return
    waited = evidence.now - max(starts)
    if waited <= allowed:
        if last is None:
            yield Unjudged("staleness: it has not run yet, and its first run is not overdue")
        return
    seen = f"last run {_ago(waited)} ago" if last else f"no run since at least {_ago(waited)} ago"
    missed = _missed(schedule, max(starts), evidence.now)
    shown = f"over {MOST_MISSED}" if missed > MOST_MISSED else str(missed)
    yield finding(
        Trouble.STALE_SOURCE,
        Verdict.SICK,
        evidence.lineage.origin,
        f"{seen}, but it should run every {_ago(interval)} ({schedule.expression}): {shown} runs missed",
    )


def _against_own_rhythm(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    last, gaps, usual = evidence.last_run_at, evidence.gaps(), evidence.median_gap()
    if last is None or usual is None or len(gaps) + 1 < limits.rhythm_runs:
        runs = len(evidence.runs)
        yield Unjudged(f"staleness: no schedule, and {runs} runs are too few to know how often it runs")
        return
    waited = evidence.now - last
    if waited <= usual * limits.rhythm_late + limits.late_grace or waited <= max(gaps) * limits.rhythm_longest:
        return
    yield finding(
        Trouble.STALE_SOURCE,
        Verdict.WARNING,
        evidence.lineage.origin,
        f"last run {_ago(waited)} ago; it has no schedule, but usually runs every {_ago(usual)}",
    )


def _missed(schedule: Schedule, since: datetime, now: datetime) -> int:
    count, moment = 0, schedule.after(since)
    while moment <= now and count <= MOST_MISSED:
        count, moment = count + 1, schedule.after(moment)
    return count


def check_names(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """Another flow of the very same name: harmless until somebody acts on the wrong one."""
    del limits
    yield from could_not_read(evidence, Look.NAMES, needed=False)
    if evidence.twins:
        others = ", ".join(f"{flow_id}" for flow_id, _ in evidence.twins[:5])
        yield finding(Trouble.NAME_TWIN, Verdict.WARNING, evidence.lineage.origin, f"flow {others} has the same name")


CHECKS: tuple[Check, ...] = (
    check_statuses,
    check_half_paused,
    check_credentials,
    check_notifications,
    check_errors,
    check_log_lines,
    check_growth,
    check_volume,
    check_staleness,
    check_names,
)
AT_REST: tuple[Check, ...] = (check_standing_still, check_names)
"""What is asked of a flow that is meant to stand still: it has no runs to judge, nor needs to log in."""


def judge(evidence: FlowEvidence, limits: Thresholds = DEFAULTS) -> FlowHealth:
    """The verdict on a flow: `healthy` only if every needed look was possible and none found anything."""
    at_rest = list(check_standing_still(evidence, limits))
    checks = AT_REST if at_rest and not evidence.lineage.missing else CHECKS
    told = [item for check in checks for item in check(evidence, limits)]
    findings = _distinct([item for item in told if isinstance(item, Finding)], evidence)
    if not any(item.severity is Verdict.SICK for item in findings) and not at_rest:
        findings += list(_platform_disagrees(evidence))
    unjudged = [item for item in told if isinstance(item, Unjudged)]
    if evidence.lineage.missing:
        unjudged.append(Unjudged("no row from Nexla for " + ", ".join(evidence.lineage.missing[:5])))
    return FlowHealth(
        flow_id=evidence.lineage.flow_id,
        name=evidence.lineage.name,
        verdict=_verdict(findings, unjudged),
        findings=tuple(findings),
        not_checked=tuple(dict.fromkeys(item.what for item in unjudged)),
        last_run=evidence.last_run_at,
    )


def _verdict(findings: list[Finding], unjudged: list[Unjudged]) -> Verdict:
    severities = {item.severity for item in findings}
    if Verdict.SICK in severities:
        return Verdict.SICK
    if Verdict.NOT_RUNNING in severities:
        return Verdict.NOT_RUNNING
    if any(item.needed for item in unjudged):
        return Verdict.UNKNOWN
    return Verdict.WARNING if severities else Verdict.HEALTHY


def _distinct(findings: list[Finding], evidence: FlowEvidence) -> list[Finding]:
    """One finding for each trouble at each node, the worst and first told of them; causes before effects."""
    kept: dict[tuple[Trouble, ResourceType | None, int | None], Finding] = {}
    for item in findings:
        key = (item.trouble, item.type, item.id)
        if key not in kept or item.severity.rank < kept[key].severity.rank:
            kept[key] = item
    for trouble, kind, identifier in tuple(kept):
        if trouble is Trouble.ERROR_RATE and _told_by_another(kept.values(), kind, identifier):
            del kept[trouble, kind, identifier]
    told = (_with_line(item, evidence) for item in kept.values())
    return sorted(told, key=lambda item: (item.severity.rank, item.trouble.rank))


def _with_line(item: Finding, evidence: FlowEvidence) -> Finding:
    """The finding with what the last run's log says at its node, where errors are all that is known."""
    if item.said or item.trouble not in _COUNTED or item.type is None or item.id is None:
        return item
    return item.model_copy(update={"said": line_said(evidence, (item.type, item.id))})


def _told_by_another(findings: Iterable[Finding], kind: ResourceType | None, identifier: int | None) -> bool:
    """Whether a finding at the same node says why its records fail."""
    why = {Trouble.SCHEMA_DRIFT, Trouble.TRANSFORM_ERROR}
    return any(item.trouble in why and (item.type, item.id) == (kind, identifier) for item in findings)


def _platform_disagrees(evidence: FlowEvidence) -> list[Finding]:
    """Nexla's own monitor says RED where our checks saw nothing sick (contract 25, outside the OpenAPI)."""
    platform = evidence.platform
    if platform is None or (platform.status or "").upper() != "RED":
        return []
    seen = f"Nexla's monitor calls it RED ({platform.error_count or 0} errors in its latest run)"
    return [finding(Trouble.ERROR_RATE, Verdict.WARNING, evidence.lineage.origin, seen, platform.error_summary)]


def _ago(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds / size:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds:.0f} s"
