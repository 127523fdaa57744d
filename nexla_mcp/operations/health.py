"""Checks flows, many at once, and reports the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import anyio

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.health import Finding, FlowHealth, HealthReport, Verdict, unpack_ids
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.evidence import FlowEvidence, Look
from nexla_mcp.operations.evidence_account import Account, Probes, read_account
from nexla_mcp.operations.evidence_gathering import read_flow_evidence, with_log_lines
from nexla_mcp.operations.health_checks import judge
from nexla_mcp.operations.health_thresholds import DEFAULTS, Thresholds
from nexla_mcp.operations.progress import Progress, no_progress
from nexla_mcp.operations.resolve import resolve
from nexla_mcp.operations.search import members_of_project

FLOWS_AT_ONCE = 32
"""Flows in work at the same time; the adapter bounds the requests. More would only delay the first ones."""

TOLD_SINGLY = 2
"""Up to so many flows each tell themselves what could not be checked."""

CALLS_FOR_LOGS = frozenset(Trouble) - {
    Trouble.HALF_PAUSED,
    Trouble.NOT_RUNNING,
    Trouble.OLD_VERIFICATION,
    Trouble.NAME_TWIN,
    Trouble.RATE_LIMITED,
    Trouble.STALE_SOURCE,
}
"""Troubles of which the last run's log lines may tell more."""


@dataclass(frozen=True)
class Scope:
    """Which flows: all that hold for every filter given. A cursor names the rest of an earlier answer."""

    flows: tuple[int | str, ...] | None = None
    tag: str | None = None
    project: int | str | None = None
    cursor: str | None = None

    @property
    def is_everything(self) -> bool:
        return self.flows is None and self.tag is None and self.project is None and self.cursor is None


async def run_health_check(
    nexla: Nexla,
    scope: Scope,
    *,
    only_problems: bool = False,
    probe: bool = True,
    progress: Progress = no_progress,
    limits: Thresholds = DEFAULTS,
) -> HealthReport:
    """Verdicts on the flows of a scope.

    Args:
        nexla: The account.
        scope: Which flows.
        only_problems: Leave healthy flows and flows at rest out of the list; they are still counted.
        probe: Try each distinct login once; otherwise Nexla's record of the last try is believed.
        progress: Told after each flow.
        limits: Where good ends.

    Raises:
        Failure: when flows cannot be listed, or no flow fits the scope.
    """
    asked = await _ids(nexla, scope)
    wanted = None if asked is None else [(ResourceType.FLOW, flow_id) for flow_id in asked]
    account = await read_account(nexla, wanted, limits)
    chosen, lost = await _chosen(nexla, scope, account, asked)
    probes = Probes(nexla) if probe else None
    healths = await _check(nexla, account, chosen, probes, progress, limits)
    healths, common = _told_once(healths)
    healths.sort(key=lambda item: (item.verdict.rank, -len(item.findings), (item.name or "").casefold(), item.flow_id))
    shown = [
        item for item in healths if not only_problems or item.verdict not in {Verdict.HEALTHY, Verdict.NOT_RUNNING}
    ]
    verdicts = [item.verdict for item in healths] + [Verdict.UNKNOWN] * (len(lost) + len(account.not_read))
    counts = Counter(item.verdict.value for item in healths)
    return HealthReport(
        verdict=Verdict.worst(verdicts),
        checked_at=account.now,
        counts={item.value: counts[item.value] for item in Verdict if counts[item.value]},
        checks=_checks(account, probe=probe),
        flows=shown,
        probed=probes.count if probes else None,
        not_checked=[*common, *_not_read(account), *(f"flow {key}: {info.code.value}" for key, info in lost.items())]
        or None,
        unreadable=account.unreadable or None,
    )


async def _ids(nexla: Nexla, scope: Scope) -> list[int] | None:
    """The flows named by the scope, as ids; None where it names none."""
    if scope.cursor is not None:
        try:
            return unpack_ids(scope.cursor)
        except ValueError:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                "This cursor was not given out by run_health_check.",
                hint="Give back the `cursor` of the last answer as it was, or leave it out to start anew.",
            ) from None
    if scope.flows is None:
        return None
    return [(await resolve(nexla, ResourceType.FLOW, reference)).id for reference in dict.fromkeys(scope.flows)]


async def _chosen(
    nexla: Nexla, scope: Scope, account: Account, asked: list[int] | None
) -> tuple[list[int], dict[int, ErrorInfo]]:
    """The flows to check, and those that were asked for but cannot be seen."""
    chosen, lost = set(account.flows), {}
    if asked is not None:
        found = {flow_id: account.flow_of_node(flow_id) for flow_id in asked}
        chosen &= {origin for origin in found.values() if origin is not None}
        lost = {flow_id: _no_such_flow(account, flow_id) for flow_id, origin in found.items() if origin is None}
        if lost and not chosen:
            raise Failure(next(iter(lost.values())))
    if scope.tag is not None:
        chosen = {flow_id for flow_id in chosen if scope.tag.casefold() in account.tags(flow_id)}
    if scope.project is not None:
        members = await members_of_project(nexla, scope.project)
        chosen = {flow_id for flow_id in chosen if (ResourceType.FLOW, flow_id) in members}
    if not chosen and not scope.is_everything:
        raise Failure.of(
            ErrorCode.NOT_FOUND,
            "No flow that you can see fits these filters. Nothing was checked.",
            hint="search_resources with types=['flow'] lists flows with their tags; without filters all are checked.",
            next_tool="search_resources",
        )
    return sorted(chosen), lost


def _no_such_flow(account: Account, flow_id: int) -> ErrorInfo:
    return account.not_found.get(flow_id) or ErrorInfo(
        code=ErrorCode.NOT_FOUND,
        message=f"No flow that you can see has a node {flow_id}.",
        hint="A flow id is a node id, not the id of a source or nexset. Find it with a part of its name.",
        next_tool="search_resources",
        resource="flow",
    )


async def _check(
    nexla: Nexla,
    account: Account,
    chosen: Collection[int],
    probes: Probes | None,
    progress: Progress,
    limits: Thresholds,
) -> list[FlowHealth]:
    """Many flows at once. Logins of all of them are shared, so that each is tried once."""
    done: list[FlowHealth] = []
    room = anyio.CapacityLimiter(FLOWS_AT_ONCE)

    async def check(flow_id: int) -> None:
        async with room:
            health = await _check_one(nexla, account, flow_id, probes, limits)
        done.append(health)
        await progress(len(done), len(chosen), f"flow {flow_id}: {health.verdict.value}")

    async with anyio.create_task_group() as tasks:
        for flow_id in chosen:
            tasks.start_soon(check, flow_id)
    return done


async def _check_one(
    nexla: Nexla, account: Account, flow_id: int, probes: Probes | None, limits: Thresholds
) -> FlowHealth:
    evidence = await read_flow_evidence(nexla, account, flow_id, probes=probes, limits=limits)
    health = judge(evidence, limits)
    if _logs_may_tell(evidence, health.findings):
        health = judge(await with_log_lines(nexla, evidence, limits), limits)
    return health


def _logs_may_tell(evidence: FlowEvidence, findings: Collection[Finding]) -> bool:
    """Whether something is wrong that lines may explain, or a change that only they would tell the caller of."""
    if not evidence.runs or not evidence.runs_at_all:
        return False
    return not evidence.notified or any(item.trouble in CALLS_FOR_LOGS for item in findings)


def _told_once(healths: list[FlowHealth]) -> tuple[list[FlowHealth], list[str]]:
    """What could not be checked for many flows is told once for all of them, not once a flow."""
    times = Counter(what for item in healths for what in item.not_checked)
    often = {what: count for what, count in times.items() if count > TOLD_SINGLY}
    rest = [
        item.model_copy(update={"not_checked": tuple(what for what in item.not_checked if what not in often)})
        for item in healths
    ]
    return rest, [f"{what} ({count} flows)" for what, count in often.items()]


def _not_read(account: Account) -> list[str]:
    """What no flow tells of itself: Nexla's monitor is a help and no need (contract 25, outside the OpenAPI)."""
    monitor = account.unread.get(Look.PLATFORM)
    return [*account.not_read, *([f"{Look.PLATFORM.value}: {monitor}"] if monitor else [])]


def _checks(account: Account, *, probe: bool) -> list[str]:
    looks = [look for look in Look if look not in account.unread and (probe or look is not Look.PROBE)]
    return [look.value for look in looks]
