"""Whether a change came to what it should: records flow to every end, in the shape that is meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.lost import patiently
from nexla_mcp.operations.actions.statuses import is_running, label
from nexla_mcp.operations.actions.waiting import seen, watched
from nexla_mcp.operations.evidence import Run
from nexla_mcp.operations.evidence_gathering import read_runs
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.passed_through import Unchanged, passed_through

LOOKED_BACK = timedelta(hours=24)
VERIFIED, NOT_YET, FAILED = "verified", "not_yet", "failed"
LOOKS = 60
"""How often it is looked at about, where the wait is long."""
STALLED = "PROCESSING"
"""The status of a database destination that waits, e.g. for a table that is not there."""


@dataclass(frozen=True)
class Verdict:
    state: str
    evidence: str


@dataclass(frozen=True)
class _Start:
    """What a flow was like when its next run was about to come."""

    newest: int
    """The id of its newest run."""
    ailing: tuple[str, ...]
    """Nodes that failed already."""


AS_BEFORE = ", as it did before this change"
NOT_READ = Verdict(NOT_YET, "the runs cannot be read")


class VerifyRun(Action):
    """Whether a run since the last step moved records to every end of each flow, transformed where they should be.

    Arguments: `type` and `id` of a node in a flow, or `nodes` of several flows, each `{type, id}`; `seconds` to wait;
    `must` to make a failing run a failure, `as_before` where what failed in the same way before the change is told and
    is no failure of the change. Gives `verified` (`verified`, `not_yet` or `failed`) and the evidence.
    Nexla has no run states: a run that moved records is a good one, a run with errors and no records a failed one.
    """

    name: ClassVar[str] = "verify_run"

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        found = [await self._before(work, node, arguments.get("as_before", False)) for node in _nodes(arguments)]
        return {"newest": [newest for newest, _ in found], "ailing": [ailing for _, ailing in found]}

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        must, nodes = arguments.get("must", True), _nodes(arguments)
        output: Output = dict(nodes[0])
        try:
            lineages = [await patiently(work, partial(_lineage, work, node)) for node in nodes]
            output = {"type": "flow", "id": lineages[0].flow_id}
            verdict = await self._watched(work, lineages, arguments["seconds"], _starts(before))
        except Failure as failure:
            if must:
                raise
            return {**output, "verified": NOT_YET, "evidence": f"{NOT_READ.evidence} ({failure.info.code.value})"}
        if verdict.state == FAILED and must:
            raise _failed(lineages, verdict)
        return {**output, "verified": verdict.state, "evidence": verdict.evidence}

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        """A run that came before the process ended, or since, counts; otherwise the next one is waited for."""
        if before is None:
            return None
        output = await self.act(work, {**arguments, "seconds": 0, "must": False}, before)
        return output if output["verified"] == VERIFIED else None

    @staticmethod
    async def _before(work: Work, node: dict[str, Any], as_before: bool) -> tuple[int, list[str]]:
        """The newest run, and with `as_before` what is amiss already."""
        began = int(work.nexla.now().timestamp() * 1000)
        try:
            lineage = await patiently(work, partial(_lineage, work, node))
            runs = await patiently(work, partial(_runs, work, lineage))
        except Failure:
            # A run's id is the moment in which it began (contract 2.5).
            return began, []
        newest = max((run.run_id or 0 for run in runs), default=0)
        if not as_before:
            return newest, []
        last = [run for run in runs if run.run_id == newest]
        unchanged = await seen(partial(passed_through, work.nexla, lineage)) or []
        passing = [f"nexset {item.nexset}" for item in unchanged if not item.meant]
        return newest, [*_failing(_moved_at_ends(lineage, last)), *passing]

    @staticmethod
    async def _watched(work: Work, lineages: list[Lineage], seconds: float, starts: list[_Start]) -> Verdict:
        """The verdict on all of them once there is one, or what is known when the time is over."""
        known = dict.fromkeys(range(len(lineages)), NOT_READ)

        async def look() -> Verdict | None:
            for place, lineage in enumerate(lineages):
                if known[place].state == NOT_YET:
                    known[place] = await _verdict(work, lineage, starts[place])
            together = _together(lineages, known)
            return together if together.state != NOT_YET else None

        found = await watched(work, seconds, look, "waiting for the next run", every=seconds / LOOKS)
        return found if found is not None else _together(lineages, known)


async def _verdict(work: Work, lineage: Lineage, start: _Start) -> Verdict:
    runs = await seen(partial(_runs, work, lineage))
    if runs is None:
        return NOT_READ
    verdict = _judged(lineage, [run for run in runs if (run.run_id or 0) > start.newest], start.ailing)
    if verdict.state == NOT_YET:
        return _with_stalled(await seen(partial(_lineage, work, _node_of(lineage))) or lineage, verdict)
    return _with_shape(verdict, await seen(partial(passed_through, work.nexla, lineage)) or [], start.ailing)


def _with_shape(verdict: Verdict, unchanged: list[Unchanged], ailing: Collection[str]) -> Verdict:
    if verdict.state != VERIFIED:
        return verdict
    known = [item for item in unchanged if f"nexset {item.nexset}" in ailing]
    state = VERIFIED if all(item.meant or item in known for item in unchanged) else FAILED
    told = (f"{item.told}{AS_BEFORE if item in known else ''}" for item in unchanged)
    return Verdict(state, "; ".join([verdict.evidence, *told]))


def _together(lineages: list[Lineage], known: dict[int, Verdict]) -> Verdict:
    states = {verdict.state for verdict in known.values()}
    state = FAILED if FAILED in states else NOT_YET if NOT_YET in states else VERIFIED
    if len(lineages) == 1:
        return Verdict(state, known[0].evidence)
    told = (f"flow {lineage.flow_id}: {known[place].evidence}" for place, lineage in enumerate(lineages))
    return Verdict(state, "; ".join(told))


def _with_stalled(lineage: Lineage, verdict: Verdict) -> Verdict:
    stalled = [label(node) for node in lineage.nodes if (node.status or "").upper() == STALLED]
    told = f"{', '.join(stalled)} stays in PROCESSING, as one does whose table is not there"
    return Verdict(NOT_YET, f"{verdict.evidence}; {told}") if stalled else verdict


def _failed(lineages: list[Lineage], verdict: Verdict) -> Failure:
    flow = f"flow {lineages[0].flow_id}"
    return Failure.of(
        ErrorCode.NOT_VERIFIED,
        f"The first run of {flow if len(lineages) == 1 else 'the flows'} failed: {verdict.evidence}.",
        hint="diagnose_flow tells why.",
        next_tool="diagnose_flow",
        resource=flow,
    )


def _nodes(arguments: Arguments) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = arguments.get("nodes") or [{"type": arguments["type"], "id": arguments["id"]}]
    return nodes


def _starts(before: dict[str, Any]) -> list[_Start]:
    """What `prepare` noted; an operation of an earlier version noted the newest run of its one flow alone."""
    newest = before["newest"] if isinstance(before["newest"], list) else [before["newest"]]
    ailing = before.get("ailing") or [()] * len(newest)
    return [_Start(run, tuple(nodes)) for run, nodes in zip(newest, ailing, strict=True)]


def _node_of(lineage: Lineage) -> dict[str, Any]:
    return {"type": lineage.origin.type.value, "id": lineage.origin.id}


async def _lineage(work: Work, node: dict[str, Any]) -> Lineage:
    return (await read_tree(work.nexla, node["id"], ResourceType(node["type"]))).lineage


async def _runs(work: Work, lineage: Lineage) -> tuple[Run, ...]:
    now = work.nexla.now()
    runs, _ = await read_runs(work.nexla, lineage, Window(now - LOOKED_BACK, now))
    return runs


def _judged(lineage: Lineage, runs: list[Run], ailing: Collection[str] = ()) -> Verdict:
    """The ends of a flow are its nodes with nothing below: all of them have to have moved records."""
    moved = _moved_at_ends(lineage, runs)
    evidence = ", ".join(f"{name}: {records} records, {errors} errors" for name, (records, errors) in moved.items())
    failing = _failing(moved)
    if set(failing) - set(ailing):
        return Verdict(FAILED, evidence)
    if failing:
        return Verdict(NOT_YET, f"{evidence}{AS_BEFORE}")
    if runs and all(records for records, _ in moved.values()):
        return Verdict(VERIFIED, evidence)
    return Verdict(NOT_YET, evidence if runs else "no run since")


def _moved_at_ends(lineage: Lineage, runs: Iterable[Run]) -> dict[str, tuple[int, int]]:
    """An end that rests beside others that run is not waited for: nothing is meant to come there."""
    every = [node for node in lineage.nodes if not lineage.children(node)]
    ends = [node for node in every if is_running(node.status) is not False] or every
    return {label(node): _moved(node, runs) for node in (lineage.origin, *ends)}


def _failing(moved: Mapping[str, tuple[int, int]]) -> list[str]:
    return [name for name, (records, errors) in moved.items() if errors and not records]


def _moved(node: LineageNode, runs: Iterable[Run]) -> tuple[int, int]:
    counts = [found for run in runs if (found := run.at(node.key))]
    return sum(item.records for item in counts), sum(item.errors for item in counts)
