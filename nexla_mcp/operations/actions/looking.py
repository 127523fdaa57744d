"""Steps that change nothing: try a login, wait for a nexset, see whether records flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar

from nexla_mcp.adapter.models import ProbeState, Source
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.text import clean_text
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.lost import PASSING, patiently
from nexla_mcp.operations.actions.statuses import label
from nexla_mcp.operations.evidence import Run
from nexla_mcp.operations.evidence_gathering import read_runs
from nexla_mcp.operations.lineage import read_tree

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 10.0
"""Seconds between two looks at something that is waited for."""
LOOKED_BACK = timedelta(hours=24)
NOT_READ = {"verified": "not_yet", "evidence": "the runs cannot be read"}


class Probe(Action):
    """Arguments: `id` of a credential, and `must` to make a refusal a failure."""

    name: ClassVar[str] = "probe_credential"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        must, identifier = arguments.get("must", True), arguments["id"]
        try:
            result = await patiently(work, partial(work.nexla.credentials.probe, identifier))
        except Failure:
            if must:
                raise
            return {"type": "credential", "id": identifier, "probe": ProbeState.UNCLEAR.value}
        if result.state is ProbeState.REFUSED and must:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"The third party refuses credential {identifier}: {clean_text(result.message or '', 200)}",
                hint="Mend the login first; probe_credential shows the refusal itself.",
                next_tool="probe_credential",
                resource=f"credential {identifier}",
            )
        # Its words are not kept: a third party may repeat a password that this process never knew.
        return {"type": "credential", "id": identifier, "probe": result.state.value}


class AwaitNexset(Action):
    """Arguments: `source`, and `seconds` to wait at most. Gives the first nexset that Nexla detects in it."""

    name: ClassVar[str] = "await_nexset"
    makes: ClassVar[bool] = True

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        clock, pause = work.nexla.clock, FIRST_PAUSE
        ends = clock.monotonic() + arguments["seconds"]
        while True:
            source = await _seen(partial(work.nexla.sources.get, arguments["source"]))
            if source is not None and source.data_sets:
                return _detected(source)
            left = ends - clock.monotonic()
            if left <= 0:
                raise Failure.of(
                    ErrorCode.NOT_VERIFIED,
                    f"Nexla detected no nexset in source {arguments['source']} in {arguments['seconds']:g} seconds.",
                    hint="fetch_logs of the source tells whether it could read anything; then run the same call again.",
                    next_tool="fetch_logs",
                    resource=f"source {arguments['source']}",
                )
            await work.tell("waiting for Nexla to detect a nexset")
            await clock.sleep(min(pause, left))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        source = await patiently(work, partial(work.nexla.sources.get, arguments["source"]))
        return _detected(source) if source.data_sets else None


def _detected(source: Source) -> Output:
    first = min(source.data_sets, key=lambda nexset: nexset.id)
    output: Output = {"type": "nexset", "id": first.id, "name": first.name}
    return {**output, "others": len(source.data_sets) - 1} if len(source.data_sets) > 1 else output


class VerifyRun(Action):
    """Whether a run since the last step moved records to every end of the flow.

    Arguments: `type` and `id` of a node in it, `seconds` to wait, `must` to make a failing run a failure. Gives
    `verified` (`verified`, `not_yet` or `failed`) and the evidence. Nexla has no run states: a run that moved
    records is a good one, a run with errors and no records a failed one.
    """

    name: ClassVar[str] = "verify_run"

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        began = int(work.nexla.now().timestamp() * 1000)
        try:
            lineage = await patiently(work, partial(self._lineage, work, arguments))
            runs = await patiently(work, partial(_runs, work, lineage))
        except Failure:
            # A run's id is the moment in which it began (contract 2.5).
            return {"newest": began}
        return {"newest": max((run.run_id or 0 for run in runs), default=0)}

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        must = arguments.get("must", True)
        output: Output = {"type": arguments["type"], "id": arguments["id"]}
        try:
            lineage = await patiently(work, partial(self._lineage, work, arguments))
            output = {"type": "flow", "id": lineage.flow_id}
            verdict = await self._watched(work, lineage, arguments["seconds"], before)
        except Failure as failure:
            if must:
                raise
            return {**output, **NOT_READ, "evidence": f"{NOT_READ['evidence']} ({failure.info.code.value})"}
        if verdict["verified"] == "failed" and must:
            raise Failure.of(
                ErrorCode.NOT_VERIFIED,
                f"The first run of flow {lineage.flow_id} failed: {verdict['evidence']}.",
                hint="diagnose_flow tells why.",
                next_tool="diagnose_flow",
                resource=f"flow {lineage.flow_id}",
            )
        return {**output, **verdict}

    @staticmethod
    async def _watched(work: Work, lineage: Lineage, seconds: float, before: Any) -> dict[str, str]:
        """The verdict once there is one, or what is known when the time is over."""
        clock, pause = work.nexla.clock, FIRST_PAUSE
        ends = clock.monotonic() + seconds
        while True:
            runs = await _seen(partial(_runs, work, lineage))
            verdict = NOT_READ if runs is None else _judged(lineage, [run for run in runs if _is_new(run, before)])
            left = ends - clock.monotonic()
            if verdict["verified"] != "not_yet" or left <= 0:
                return verdict
            await work.tell("waiting for the first run")
            await clock.sleep(min(pause, left))
            pause = min(pause * 2, LONGEST_PAUSE)

    @staticmethod
    async def _lineage(work: Work, arguments: Arguments) -> Lineage:
        return (await read_tree(work.nexla, arguments["id"], ResourceType(arguments["type"]))).lineage


async def _seen(look: Callable[[], Awaitable[T]]) -> T | None:
    """One of many looks: None when it fails in passing.

    Raises:
        Failure: one that does not pass.
    """
    try:
        return await look()
    except Failure as failure:
        if failure.info.code not in PASSING:
            raise
        return None


async def _runs(work: Work, lineage: Lineage) -> tuple[Run, ...]:
    now = work.nexla.now()
    runs, _ = await read_runs(work.nexla, lineage, Window(now - LOOKED_BACK, now))
    return runs


def _is_new(run: Run, before: Any) -> bool:
    return (run.run_id or 0) > int(before["newest"])


def _judged(lineage: Lineage, runs: list[Run]) -> dict[str, str]:
    """The ends of a flow are its nodes with nothing below: all of them have to have moved records."""
    ends = [node for node in lineage.nodes if not lineage.children(node)]
    moved = {label(node): _moved(node, runs) for node in (lineage.origin, *ends)}
    evidence = ", ".join(f"{name}: {records} records, {errors} errors" for name, (records, errors) in moved.items())
    if any(errors and not records for records, errors in moved.values()):
        return {"verified": "failed", "evidence": evidence}
    if runs and all(records for records, _ in moved.values()):
        return {"verified": "verified", "evidence": evidence}
    return {"verified": "not_yet", "evidence": evidence if runs else "no run since"}


def _moved(node: LineageNode, runs: Iterable[Run]) -> tuple[int, int]:
    counts = [found for run in runs if (found := run.at(node.key))]
    return sum(item.records for item in counts), sum(item.errors for item in counts)
