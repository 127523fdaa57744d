"""Reads the evidence of flows with as few requests as the contract allows.

Per running flow: the source (only it carries the schedule), its runs, each login once, and the last run's log lines
where something is wrong. All else comes from lists that are read once (`evidence_account`). A flow at rest costs
nothing more. `gather` is the whole of it for a single flow.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

import anyio

from nexla_mcp.adapter.models import FlowRun, LogEntry, ProbeResult, ResourceMetric, RunMetric, Source
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.errors import ErrorInfo, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key, Lineage
from nexla_mcp.domain.schedule import Schedule
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.evidence import Counts, FlowEvidence, Look, Run, key_told, started_at
from nexla_mcp.operations.evidence_account import Account, Probes, read_account, state_of
from nexla_mcp.operations.health_thresholds import DEFAULTS, Thresholds
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.resolve import resolve

SCHEDULE_KEY = "start.cron"
"""Where a source's configuration keeps its schedule, a Quartz expression in UTC (contract 2.5)."""


async def gather(
    nexla: Nexla,
    reference: int | str,
    kind: ResourceType = ResourceType.FLOW,
    *,
    since: datetime | None = None,
    probe: bool = True,
    log_lines: bool = True,
    limits: Thresholds = DEFAULTS,
) -> FlowEvidence:
    """Everything about one flow, by any of its node ids, its name, or a resource in it.

    Args:
        nexla: The account.
        reference: Id or exact name.
        kind: What the reference is of.
        since: Read runs back to this moment; by default as far as the schedule makes sensible.
        probe: Try its logins now.
        log_lines: Read the last run's log lines, whatever the runs look like.
        limits: How far back and how much to read by default.

    Raises:
        Failure: when the flow itself cannot be read. All else that fails is in `unread`.
    """
    target = await resolve(nexla, kind, reference)
    account = await read_account(nexla, [(kind, target.id)], limits)
    for info in account.not_found.values():
        raise Failure(info)
    evidence = await read_flow_evidence(
        nexla,
        account,
        next(iter(account.flows)),
        probes=Probes(nexla) if probe else None,
        limits=limits,
        since=since,
        at_rest_too=True,
    )
    return await with_log_lines(nexla, evidence, limits) if log_lines else evidence


async def read_flow_evidence(
    nexla: Nexla,
    account: Account,
    flow_id: int,
    *,
    probes: Probes | None,
    limits: Thresholds = DEFAULTS,
    since: datetime | None = None,
    at_rest_too: bool = False,
) -> FlowEvidence:
    """One flow's evidence over an account's lists, all but the log lines.

    A flow of which no node is active has nothing to judge and is not asked about further, unless `at_rest_too`.
    """
    evidence = _from_lists(account, flow_id, limits, since)
    if not evidence.runs_at_all and not at_rest_too:
        return evidence.but(skipped=evidence.skipped | {Look.SCHEDULE, Look.RUNS, Look.PROBE})
    ids = evidence.lineage.credential_ids
    logins: dict[int, ProbeResult | ErrorInfo] = {}

    async def read_the_runs() -> None:
        nonlocal evidence
        evidence = await _with_runs(nexla, evidence, limits, since)

    async def try_login(tried: Probes, credential_id: int) -> None:
        logins[credential_id] = await tried.of(credential_id)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read_the_runs)
        if probes is not None:
            for credential_id in ids:
                tasks.start_soon(try_login, probes, credential_id)
    flow = account.flows[flow_id]
    return evidence.but(
        credentials=tuple(state_of(account, credential_id, flow, logins.get(credential_id)) for credential_id in ids),
        skipped=evidence.skipped if probes else evidence.skipped | {Look.PROBE},
    )


def _from_lists(account: Account, flow_id: int, limits: Thresholds, since: datetime | None) -> FlowEvidence:
    lineage = account.lineage(flow_id)
    about = [item for item in account.notifications if key_told(item.resource_type, item.resource_id) in lineage.keys]
    return FlowEvidence(
        lineage=lineage,
        now=account.now,
        window=Window(since or account.now - limits.default_window, account.now),
        flow=account.flows[flow_id],
        notifications=tuple(about),
        notified=account.notified(flow_id),
        platform=account.platform.get(flow_id),
        twins=account.twins(flow_id),
        unread=account.unread,
        skipped=frozenset({Look.LOGS}),
    )


async def _with_runs(nexla: Nexla, evidence: FlowEvidence, limits: Thresholds, since: datetime | None) -> FlowEvidence:
    """The source first: how far back to read its runs depends on how often it runs."""
    origin = evidence.lineage.origin
    if origin.type is ResourceType.SOURCE:
        try:
            evidence = _scheduled(evidence, await nexla.sources.get(origin.id))
        except Failure as failure:
            evidence = evidence.unable(Look.SCHEDULE, failure.info.code.value)
    for span in (evidence.now - since,) if since else _spans(evidence, limits):
        evidence = evidence.but(window=Window(evidence.now - span, evidence.now))
        try:
            runs, cut = await read_runs(nexla, evidence.lineage, evidence.window)
        except Failure as failure:
            return evidence.unable(Look.RUNS, failure.info.code.value)
        evidence = evidence.but(runs=runs, runs_cut=cut)
        if len(runs) > max(limits.drop_runs, limits.rhythm_runs):
            break
    return evidence


def _scheduled(evidence: FlowEvidence, source: Source) -> FlowEvidence:
    text = (source.source_config or {}).get(SCHEDULE_KEY) or source.poll_schedule
    text = text if isinstance(text, str) and text.strip() else None
    return evidence.but(source=source, schedule_text=text, schedule=Schedule.read(text))


def _spans(evidence: FlowEvidence, limits: Thresholds) -> tuple[timedelta, ...]:
    """How far back to read runs: as the schedule tells; without one ever further, until there are enough."""
    if evidence.schedule is None:
        return limits.shortest_window, limits.default_window, limits.longest_window
    wanted = evidence.schedule.interval(evidence.now) * limits.window_intervals
    return (min(max(wanted, limits.shortest_window), limits.longest_window),)


async def read_runs(nexla: Nexla, lineage: Lineage, window: Window) -> tuple[tuple[Run, ...], str | None]:
    """The runs of a flow that started within the window, the newest first, and why they end early if they do.

    From the flow's metrics by run (contract 24.6). Where that report cannot be made, from each resource's own
    run summary (24.5), which costs a request for each node.

    Raises:
        Failure: when neither can be read.
    """
    origin = lineage.origin
    try:
        rows = await nexla.metrics.flow_runs(origin.type, origin.id, since=window.start, until=window.end)
    except Failure as failure:
        return await _runs_of_each(nexla, lineage, window, failure)
    runs = _newest_first(_run(row) for row in rows)
    return tuple(run for run in runs if _within(run, window)), None if rows.complete else rows.stopped_because


def _run(row: FlowRun) -> Run:
    counts = {key: _counts(item) for item in row.resources if (key := _key(item))}
    return Run(row.run_id, row.started_at or started_at(row.run_id), counts)


def _key(metric: ResourceMetric) -> Key | None:
    try:
        return None if metric.id is None else (ResourceType(metric.resource_type), metric.id)
    except ValueError:
        return None


def _counts(metric: ResourceMetric | RunMetric) -> Counts:
    return Counts(metric.records or 0, metric.size or 0, metric.errors or 0)


async def _runs_of_each(
    nexla: Nexla, lineage: Lineage, window: Window, first: Failure
) -> tuple[tuple[Run, ...], str | None]:
    keys = [node.key for node in lineage.nodes]
    answers = await outcomes(partial(nexla.metrics.runs, *key) for key in keys)
    if isinstance(answers[0], Failure):
        raise first
    counts: dict[int, dict[Key, Counts]] = {}
    for key, answer in zip(keys, answers, strict=True):
        for row in answer if isinstance(answer, Rows) else ():
            if row.run_id is not None:
                counts.setdefault(row.run_id, {})[key] = _counts(row)
    lost = [
        f"{key[0].value} {key[1]}" for key, answer in zip(keys, answers, strict=True) if isinstance(answer, Failure)
    ]
    runs = _newest_first(Run(run_id, started_at(run_id), found) for run_id, found in counts.items())
    return tuple(run for run in runs if _within(run, window)), f"no runs of {', '.join(lost)}" if lost else None


def _newest_first(runs: Iterable[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: run.run_id or 0, reverse=True)


def _within(run: Run, window: Window) -> bool:
    return run.started_at is None or window.start <= run.started_at <= window.end


async def with_log_lines(nexla: Nexla, evidence: FlowEvidence, limits: Thresholds = DEFAULTS) -> FlowEvidence:
    """The same evidence with the log lines of its last run; as it was when no run is known."""
    if not evidence.runs or evidence.runs[0].run_id is None:
        return evidence
    try:
        lines = await read_log_lines(nexla, evidence.lineage, evidence.runs[0].run_id, evidence.now, limits.log_lines)
    except Failure as failure:
        return evidence.unable(Look.LOGS, failure.info.code.value)
    return evidence.but(log_lines=lines, skipped=evidence.skipped - {Look.LOGS})


async def read_log_lines(
    nexla: Nexla, lineage: Lineage, run_id: int, until: datetime, most: int
) -> tuple[LogEntry, ...]:
    """The first lines of one run of a flow, oldest first.

    Raises:
        Failure: as for every read.
    """
    origin = lineage.origin
    rows = await nexla.logs.of_run(lineage.flow_id, origin.type, origin.id, run_id, until=until, max_rows=most)
    return tuple(sorted(rows.items, key=lambda line: line.timestamp.timestamp() if line.timestamp else 0.0))
