"""Holds flows against service levels: freshness, volume and error rate, each verdict with what was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import anyio

from nexla_mcp.adapter.models import Flow
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key, Lineage
from nexla_mcp.domain.results.sla import Kept, SlaReport, SlaTarget
from nexla_mcp.domain.times import Window, parse_moment
from nexla_mcp.operations.evidence import ACTIVE, Run
from nexla_mcp.operations.evidence_account import FEW, Account
from nexla_mcp.operations.evidence_gathering import read_runs
from nexla_mcp.operations.lineage import IN_A_TREE, key_of, lacking, list_resources, read_flow
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.progress import Progress, no_progress
from nexla_mcp.operations.resolve import resolve
from nexla_mcp.operations.sla_measures import Observed, judge

NOT_REPORTED = [
    "how long a run took (there is no end of a run): ages count from the start of runs",
    "the state of a run: only records, bytes and errors",
    "when a credential expires",
]
FLOWS_AT_ONCE = 32
LONGEST_BACK = timedelta(days=30)
_ORDER = tuple(Kept)


@dataclass(frozen=True)
class _Asked:
    """One target, with the flows it is for and the spans it looks back over."""

    target: SlaTarget
    flows: tuple[int, ...]
    window: timedelta
    fresh_within: timedelta | None

    @property
    def back(self) -> timedelta:
        return max(self.window, self.fresh_within or timedelta())


async def check_sla(nexla: Nexla, targets: Sequence[SlaTarget], progress: Progress = no_progress) -> SlaReport:
    """Every target held against every flow that it is for.

    Raises:
        Failure: when flows cannot be listed, or a target names none that can be seen.
    """
    named = [await _named(nexla, target) for target in targets]
    only = [(ResourceType.FLOW, flow) for flows in named for flow in flows or ()]
    account = await _flows(nexla, only if all(flows is not None for flows in named) else None)
    now = account.now
    resting: set[int] = set()
    asked = [
        _Asked(
            target,
            _chosen(account, target, flows, resting),
            _span(target.window, now),
            _span(target.fresh_within, now) if target.fresh_within else None,
        )
        for target, flows in zip(targets, named, strict=True)
    ]
    runs, lost = await _read(nexla, account, asked, progress)
    checks = [
        check
        for item in asked
        for flow in item.flows
        for check in judge(item.target, _observed(account.lineage(flow), runs.get(flow), now, item))
    ]
    checks.sort(key=lambda check: (_ORDER.index(check.verdict), (check.name or "").casefold(), check.flow_id))
    counts = Counter(check.verdict.value for check in checks)
    return SlaReport(
        verdict=min((check.verdict for check in checks), key=_ORDER.index, default=Kept.UNKNOWN),
        checked_at=now,
        counts={kept.value: counts[kept.value] for kept in Kept if counts[kept.value]},
        checks=checks,
        at_rest=sorted(resting) or None,
        not_checked=[*account.not_read, *lost] or None,
        not_reported=NOT_REPORTED,
    )


async def _flows(nexla: Nexla, only: list[Key] | None) -> Account:
    """The flows named, or all, and none of the other lists that a health check reads."""
    wanted = [partial(read_flow, nexla, *key) for key in dict.fromkeys(only or ())]
    if only is None or len(wanted) > FEW:
        rows = await nexla.flows.list()
        flows, not_found = {flow.id: flow for flow in rows if key_of(flow.node) is not None}, {}
        lost = () if rows.complete and not rows.unreadable else ("some flows, whose rows could not be read",)
    else:
        answers = dict(zip(dict.fromkeys(only), await outcomes(wanted), strict=True))
        flows = {flow.id: flow for flow in answers.values() if isinstance(flow, Flow)}
        not_found = {key[1]: answer.info for key, answer in answers.items() if isinstance(answer, Failure)}
        lost = ()
    kinds = {kind for flow in flows.values() for kind in lacking(flow)}
    resources, not_read = await list_resources(nexla, tuple(kind for kind in IN_A_TREE if kind in kinds))
    return Account(now=nexla.now(), flows=flows, not_found=not_found, resources=resources, not_read=(*lost, *not_read))


async def _named(nexla: Nexla, target: SlaTarget) -> list[int] | None:
    """The flows that a target names, as ids; None where it names none."""
    if target.flows is None:
        return None
    return [(await resolve(nexla, ResourceType.FLOW, reference)).id for reference in dict.fromkeys(target.flows)]


def _chosen(account: Account, target: SlaTarget, named: list[int] | None, resting: set[int]) -> tuple[int, ...]:
    chosen = set(account.flows)
    if named is not None:
        found = {flow: account.flow_of_node(flow) for flow in named}
        missing = [flow for flow, origin in found.items() if origin is None]
        for flow in missing:
            if flow in account.not_found:
                raise Failure(account.not_found[flow])
        if missing:
            raise _no_flow(f"Of target {_called(target)} you cannot see flow {', '.join(map(str, missing))}.")
        chosen &= {origin for origin in found.values() if origin is not None}
    if target.tag is not None:
        chosen = {flow for flow in chosen if target.tag.casefold() in account.tags(flow)}
    if named is None and target.tag is None:
        still = {flow for flow in chosen if not _runs(account.lineage(flow))}
        resting |= still
        chosen -= still
    if not chosen:
        raise _no_flow(f"No flow that you can see fits target {_called(target)}.")
    return tuple(sorted(chosen))


def _runs(lineage: Lineage) -> bool:
    status = (lineage.origin.status or "").upper()
    return not status or status in ACTIVE or status == "RATE_LIMITED"


async def _read(
    nexla: Nexla, account: Account, asked: Sequence[_Asked], progress: Progress
) -> tuple[dict[int, tuple[tuple[Run, ...], str | None]], list[str]]:
    """The runs of each flow once, as far back as any target looks."""
    back: dict[int, timedelta] = {}
    for item in asked:
        for flow in item.flows:
            back[flow] = max(back.get(flow, timedelta()), item.back)
    runs: dict[int, tuple[tuple[Run, ...], str | None]] = {}
    lost: list[str] = []
    room = anyio.CapacityLimiter(FLOWS_AT_ONCE)

    async def read(flow: int) -> None:
        async with room:
            try:
                runs[flow] = await read_runs(
                    nexla, account.lineage(flow), Window(account.now - back[flow], account.now)
                )
            except Failure as failure:
                lost.append(f"runs of flow {flow}: {failure.info.code.value}")
        await progress(len(runs) + len(lost), len(back), f"flow {flow}")

    async with anyio.create_task_group() as tasks:
        for flow in back:
            tasks.start_soon(read, flow)
    return runs, sorted(lost)


def _observed(
    lineage: Lineage, read: tuple[tuple[Run, ...], str | None] | None, now: datetime, item: _Asked
) -> Observed:
    runs, cut = read if read is not None else ((), "its runs could not be read")
    return Observed(lineage, runs, cut, now, item.window, item.fresh_within)


def _span(text: str, now: datetime) -> timedelta:
    span = now - parse_moment(text, now)
    if not timedelta() < span <= LONGEST_BACK:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{text[:40]!r} is no span of a service level: up to {LONGEST_BACK.days} days back. Nothing was checked.",
            hint='Write "45m", "2h" or "3d".',
        )
    return span


def _called(target: SlaTarget) -> str:
    return repr((target.name or target.tag or "without a name")[:60])


def _no_flow(message: str) -> Failure:
    return Failure.of(
        ErrorCode.NOT_FOUND,
        f"{message} Nothing was checked.",
        hint="search_resources with types=['flow'] lists flows with their tags.",
        next_tool="search_resources",
    )


def targets_in(content: Mapping[str, object]) -> list[SlaTarget]:
    """The targets of a monitoring file's content.

    Raises:
        Failure: `not_configured`, naming the first thing that is wrong in it.
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - only a stored file is read this way

    try:
        return TypeAdapter(list[SlaTarget]).validate_python(content.get("targets"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise Failure.of(
            ErrorCode.NOT_CONFIGURED,
            f"The monitoring file cannot be used: targets/{place}: {first['msg']}. Nothing was checked.",
            hint="The operator corrects the file that NEXLA_MCP_MONITORING names.",
        ) from None
