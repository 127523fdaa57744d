"""The checks of what runs moved: errors, their growth, and the number of records."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.health import Verdict
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.evidence import Counts, FlowEvidence, Look, Run
from nexla_mcp.operations.health_checks_base import Judgements, Unjudged, could_not_read, finding, percent
from nexla_mcp.operations.health_thresholds import Thresholds


def trouble_of_errors(lineage: Lineage, node: LineageNode) -> Trouble:
    """What errors counted at a node mean, as far as its place tells. Log lines may tell more."""
    if node.type is ResourceType.SOURCE:
        return Trouble.SOURCE_ERROR
    if node.type is ResourceType.DESTINATION:
        return Trouble.DESTINATION_ERROR
    return Trouble.TRANSFORM_ERROR if lineage.is_derived(node) else Trouble.ERROR_RATE


def check_errors(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """The share of failed records at each node over the last runs.

    A node whose last run was clean is at most a warning: it has recovered.
    """
    yield from could_not_read(evidence, Look.RUNS)
    for node in evidence.lineage.nodes:
        rated = recent_errors(evidence, node, limits)
        if rated is None:
            continue
        runs, total, last = rated
        if total.error_rate <= limits.error_warning and last.error_rate <= limits.error_sick:
            continue
        sick = total.error_rate > limits.error_sick and last.error_rate > limits.error_warning
        seen = (
            f"{total.errors:,} of {total.records + total.errors:,} records failed in the last {runs} runs "
            f"({percent(total.error_rate)}; last run {percent(last.error_rate)})"
        )
        trouble = trouble_of_errors(evidence.lineage, node)
        yield finding(trouble, Verdict.SICK if sick else Verdict.WARNING, node, seen)


def recent_errors(evidence: FlowEvidence, node: LineageNode, limits: Thresholds) -> tuple[int, Counts, Counts] | None:
    """How many runs, what the node did in them, and in the last of them; None where it took part in none."""
    runs = [run for run in evidence.runs if run.at(node.key)][: limits.error_runs]
    if not runs:
        return None
    return len(runs), evidence.totals(tuple(runs), node.key), runs[0].counts[node.key]


def check_growth(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """Whether ever more records fail at a node: what Nexla puts aside as its quarantine grows."""
    for node in evidence.lineage.nodes:
        runs = [run for run in evidence.settled(limits.settle) if run.at(node.key)]
        # All runs first, then the newest half and quarter: growth may have begun after a long quiet time.
        for part in (runs, runs[: len(runs) // 2], runs[: len(runs) // 4]):
            rates = _group_rates(evidence, node, part, limits)
            if rates and _grows(rates, limits):
                severity = Verdict.SICK if rates[-1] > limits.error_warning else Verdict.WARNING
                seen = f"the share of failed records rose over {len(part)} runs: " + " → ".join(map(percent, rates))
                yield finding(Trouble.QUARANTINE_GROWTH, severity, node, seen)
                break


def _group_rates(evidence: FlowEvidence, node: LineageNode, runs: list[Run], limits: Thresholds) -> list[float]:
    """The error rates of equal groups of runs, oldest first; single runs go up and down by chance."""
    length = len(runs) // limits.growth_groups
    oldest_first = runs[: length * limits.growth_groups][::-1]
    groups = (tuple(oldest_first[start : start + length]) for start in range(0, len(oldest_first), length or 1))
    return [evidence.totals(group, node.key).error_rate for group in groups]


def _grows(rates: Sequence[float], limits: Thresholds) -> bool:
    """Whether the rates climb over their whole length, and step by step at its end.

    A spike is no growth, nor is the step from none to all when something broke.
    """
    half = len(rates) // 2
    climbs = sum(rates[-half:]) >= limits.growth_factor * sum(rates[:half])
    third, second, newest = rates[-3:]
    return (
        climbs
        and third >= limits.growth_least
        and second >= limits.growth_step * third
        and newest >= limits.growth_step * second
    )


def check_volume(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """Records of the last run against the usual, at the topmost node where they went missing."""
    if not evidence.runs_at_all or Look.RUNS in evidence.unread:
        return
    settled = evidence.settled(limits.settle)
    short: list[LineageNode] = []
    for node in evidence.lineage.nodes:
        if any(above in short for above in evidence.lineage.upstream(node)):
            continue
        runs = [run for run in settled if run.at(node.key)]
        if len(runs) <= limits.drop_runs:
            if node == evidence.lineage.origin:
                yield Unjudged(f"number of records: {len(runs)} runs are too few to know the usual", needed=False)
            continue
        for item in _volume(evidence, node, runs, limits):
            short.append(node)
            yield item


def _volume(evidence: FlowEvidence, node: LineageNode, runs: list[Run], limits: Thresholds) -> Judgements:
    counts = [run.counts[node.key] for run in runs]
    records = [item.records for item in counts]
    if counts[0].errors > counts[0].records:
        return  # it did not lack records, they failed: check_errors tells
    is_origin = node == evidence.lineage.origin
    if is_origin and not any(records) and not any(item.errors for item in counts):
        seen = f"none of the last {len(runs)} runs brought a record"
        yield finding(Trouble.EMPTY_SOURCE, Verdict.SICK, node, seen)
        return
    streak, usual = _short_streak(records, limits)
    if not streak:
        return
    runs_said = "the last run" if streak == 1 else f"each of the last {streak} runs"
    if records[0] == 0 and is_origin:
        seen = f"{runs_said} brought no record, usually {usual:,.0f}"
        yield finding(Trouble.EMPTY_SOURCE, Verdict.SICK, node, seen)
        return
    share = percent(records[0] / usual)
    seen = f"{runs_said} had far fewer records: {records[0]:,} in the last, {share} of the usual {usual:,.0f}"
    yield finding(Trouble.VOLUME_DROP, Verdict.SICK, node, seen)


def _short_streak(records: list[int], limits: Thresholds) -> tuple[int, float]:
    """How many of the newest runs in a row were short, and the usual before them; 0 where short is usual."""
    usual = median(records[1:])
    streak = next((index for index, value in enumerate(records) if value >= usual * limits.drop_share), len(records))
    before = records[streak:]
    if not streak or len(before) < limits.drop_runs:
        return 0, usual
    usual = median(before)
    exceptions = sum(value < usual * limits.drop_share for value in before) / len(before)
    return (streak, usual) if exceptions < limits.usual_exceptions else (0, usual)
