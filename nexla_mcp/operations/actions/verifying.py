"""Whether a change came to what it should: records flow to every end, in the shape that is meant."""

from __future__ import annotations

from collections.abc import Iterable
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
from nexla_mcp.operations.actions.statuses import label
from nexla_mcp.operations.actions.waiting import seen, watched
from nexla_mcp.operations.evidence import Run
from nexla_mcp.operations.evidence_gathering import read_runs
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.passed_through import passed_through

LOOKED_BACK = timedelta(hours=24)
VERIFIED, NOT_YET, FAILED = "verified", "not_yet", "failed"
STALLED = "PROCESSING"
"""The status of a database destination that waits, e.g. for a table that is not there."""


@dataclass(frozen=True)
class Verdict:
    state: str
    evidence: str


NOT_READ = Verdict(NOT_YET, "the runs cannot be read")


class VerifyRun(Action):
    """Whether a run since the last step moved records to every end of each flow, transformed where they should be.

    Arguments: `type` and `id` of a node in a flow, or `nodes` of several flows, each `{type, id}`; `seconds` to wait;
    `must` to make a failing run a failure. Gives `verified` (`verified`, `not_yet` or `failed`) and the evidence.
    Nexla has no run states: a run that moved records is a good one, a run with errors and no records a failed one.
    """

    name: ClassVar[str] = "verify_run"

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        return {"newest": [await self._newest(work, node) for node in _nodes(arguments)]}

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        must, nodes = arguments.get("must", True), _nodes(arguments)
        output: Output = dict(nodes[0])
        try:
            lineages = [await patiently(work, partial(_lineage, work, node)) for node in nodes]
            output = {"type": "flow", "id": lineages[0].flow_id}
            newest = before["newest"] if isinstance(before["newest"], list) else [before["newest"]]
            verdict = await self._watched(work, lineages, arguments["seconds"], newest)
        except Failure as failure:
            if must:
                raise
            return {**output, "verified": NOT_YET, "evidence": f"{NOT_READ.evidence} ({failure.info.code.value})"}
        if verdict.state == FAILED and must:
            raise _failed(lineages, verdict)
        return {**output, "verified": verdict.state, "evidence": verdict.evidence}

    @staticmethod
    async def _newest(work: Work, node: dict[str, Any]) -> int:
        began = int(work.nexla.now().timestamp() * 1000)
        try:
            lineage = await patiently(work, partial(_lineage, work, node))
            runs = await patiently(work, partial(_runs, work, lineage))
        except Failure:
            # A run's id is the moment in which it began (contract 2.5).
            return began
        return max((run.run_id or 0 for run in runs), default=0)

    @staticmethod
    async def _watched(work: Work, lineages: list[Lineage], seconds: float, newest: list[int]) -> Verdict:
        """The verdict on all of them once there is one, or what is known when the time is over."""
        known = dict.fromkeys(range(len(lineages)), NOT_READ)

        async def look() -> Verdict | None:
            for place, lineage in enumerate(lineages):
                if known[place].state == NOT_YET:
                    known[place] = await _verdict(work, lineage, newest[place])
            together = _together(lineages, known)
            return together if together.state != NOT_YET else None

        found = await watched(work, seconds, look, "waiting for the next run")
        return found if found is not None else _together(lineages, known)


async def _verdict(work: Work, lineage: Lineage, newest: int) -> Verdict:
    runs = await seen(partial(_runs, work, lineage))
    if runs is None:
        return NOT_READ
    verdict = _judged(lineage, [run for run in runs if (run.run_id or 0) > newest])
    if verdict.state == NOT_YET:
        return _with_stalled(await seen(partial(_lineage, work, _node_of(lineage))) or lineage, verdict)
    if verdict.state == VERIFIED:
        untransformed = await seen(partial(passed_through, work.nexla, lineage))
        if untransformed:
            return Verdict(FAILED, f"{verdict.evidence}; {'; '.join(untransformed)}")
    return verdict


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


def _node_of(lineage: Lineage) -> dict[str, Any]:
    return {"type": lineage.origin.type.value, "id": lineage.origin.id}


async def _lineage(work: Work, node: dict[str, Any]) -> Lineage:
    return (await read_tree(work.nexla, node["id"], ResourceType(node["type"]))).lineage


async def _runs(work: Work, lineage: Lineage) -> tuple[Run, ...]:
    now = work.nexla.now()
    runs, _ = await read_runs(work.nexla, lineage, Window(now - LOOKED_BACK, now))
    return runs


def _judged(lineage: Lineage, runs: list[Run]) -> Verdict:
    """The ends of a flow are its nodes with nothing below: all of them have to have moved records."""
    ends = [node for node in lineage.nodes if not lineage.children(node)]
    moved = {label(node): _moved(node, runs) for node in (lineage.origin, *ends)}
    evidence = ", ".join(f"{name}: {records} records, {errors} errors" for name, (records, errors) in moved.items())
    if any(errors and not records for records, errors in moved.values()):
        return Verdict(FAILED, evidence)
    if runs and all(records for records, _ in moved.values()):
        return Verdict(VERIFIED, evidence)
    return Verdict(NOT_YET, evidence if runs else "no run since")


def _moved(node: LineageNode, runs: Iterable[Run]) -> tuple[int, int]:
    counts = [found for run in runs if (found := run.at(node.key))]
    return sum(item.records for item in counts), sum(item.errors for item in counts)
