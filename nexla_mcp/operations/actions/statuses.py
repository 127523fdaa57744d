"""Starts and stops nodes of a flow, and reads back what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key, Lineage, LineageNode
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import half_done, looked_up, patiently
from nexla_mcp.operations.evidence import ACTIVE, STANDING_STILL
from nexla_mcp.operations.lineage import read_tree

PAUSES = (0.0, 2.0, 4.0, 8.0)
"""Seconds before each look at the statuses, until a node that lags behind is reported."""
SHOWS = "get_flow"
"""The tool that shows statuses."""


class _SetRunning(Action):
    """Arguments: `type` and `id` of a node, or `type` flow with any node's id for the whole tree."""

    running: ClassVar[bool]

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        kind, identifier = ResourceType(arguments["type"]), arguments["id"]
        await _set(work, kind, identifier, running=self.running)
        return await self._read_back(work, kind, identifier)

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        kind, identifier = ResourceType(arguments["type"]), arguments["id"]
        lineage = await _lineage(work, kind, identifier)
        keys = (node.key for node in affected(lineage, kind, identifier))
        return _foreseen(lineage, dict.fromkeys(keys, self.running))

    async def _read_back(self, work: Work, kind: ResourceType, identifier: int) -> Output:
        output: Output = {"type": kind.value, "id": identifier}
        nodes: tuple[LineageNode, ...] | None = None
        not_read = ""
        for pause in PAUSES:
            if pause:
                await work.nexla.clock.sleep(pause)
            try:
                nodes = affected(await _lineage(work, kind, identifier), kind, identifier)
            except Failure as failure:
                not_read = failure.info.code.value
                continue
            if all(is_running(node.status) is self.running for node in nodes):
                break
        if nodes is None:
            return {**output, "not_read_back": not_read}
        _require(nodes, dict.fromkeys((node.key for node in nodes), self.running), f"{kind.value} {identifier}")
        return {**output, "statuses": {label(node): node.status or "unknown" for node in nodes}}


class Activate(_SetRunning):
    name: ClassVar[str] = "activate"
    running: ClassVar[bool] = True


class Pause(_SetRunning):
    name: ClassVar[str] = "pause"
    running: ClassVar[bool] = False


class RestoreStatuses(Action):
    """Puts nodes back to running or resting as they were. Arguments: `nodes`, parents first, each
    `{type, id, running}`. A node that never ran rests as PAUSED afterwards: INIT cannot be put back."""

    name: ClassVar[str] = "restore_statuses"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        wanted = nodes_of(arguments)
        (first, *_) = wanted
        look = partial(_lineage, work, *first)
        lineage = await patiently(work, look)
        now = {node.key: is_running(node.status) for node in lineage.nodes}
        done: list[str] = []
        for node in lineage.nodes:
            running = wanted.get(node.key)
            if running is None or now[node.key] is running:
                continue
            try:
                await _set(work, *node.key, running=running)
            except Failure as failure:
                if not done:
                    raise
                raise half_done(failure, f"Put back: {', '.join(done)}", label(node), SHOWS) from None
            done.append(label(node))
            # An act on a node acts on everything below it (contract 9.3): what rested there is put back in its turn.
            now |= {below.key: running for below in lineage.downstream(node)}
        try:
            after = (await patiently(work, look)).nodes
        except Failure as failure:
            return {"not_read_back": failure.info.code.value}
        _require(after, wanted, label(lineage.nodes[0]))
        return {"statuses": {label(node): node.status or "unknown" for node in after if node.key in wanted}}

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        wanted = nodes_of(arguments)
        (first, *_) = wanted
        return _foreseen(await _lineage(work, *first), wanted)


def nodes_of(arguments: Arguments) -> dict[Key, bool]:
    """Each node that statuses are restored of, and whether it is to run."""
    return {(ResourceType(node["type"]), node["id"]): bool(node["running"]) for node in arguments["nodes"]}


def _foreseen(lineage: Lineage, wanted: Mapping[Key, bool]) -> Foreseen | None:
    """What would stop, which makes it disruptive, and what would start."""
    changing = [
        node for node in lineage.nodes if wanted.get(node.key, is_running(node.status)) != is_running(node.status)
    ]
    stopping = [label(node) for node in changing if not wanted[node.key]]
    starting = [label(node) for node in changing if wanted[node.key]]
    told = [f"pause {', '.join(stopping)}"] if stopping else []
    told += [f"activate {', '.join(starting)}"] if starting else []
    targets = tuple(Target(type=node.type, id=node.id, name=node.name, status=node.status) for node in changing)
    return Foreseen("; ".join(told), targets, Risk.DISRUPTIVE if stopping else Risk.WRITE) if told else None


def _require(nodes: Iterable[LineageNode], wanted: Mapping[Key, bool], what: str) -> None:
    """A status that says neither is shown, and taken for no refusal.

    Raises:
        Failure: `not_verified`, when nodes run that should rest, or rest that should run.
    """
    unlike = [node for node in nodes if node.key in wanted and is_running(node.status) is not wanted[node.key]]
    unlike = [node for node in unlike if is_running(node.status) is not None]
    if unlike:
        raise Failure.of(
            ErrorCode.NOT_VERIFIED,
            f"Nexla took the change of {what}, and {', '.join(f'{label(node)} is {node.status}' for node in unlike)} "
            "still.",
            hint="get_flow shows the statuses; Nexla may need longer, or refuse a single node.",
            next_tool=SHOWS,
            resource=what,
            maybe_applied=True,
        )


async def _set(work: Work, kind: ResourceType, identifier: int, *, running: bool) -> None:
    """Starts or stops; when the answer is lost, the statuses tell whether it was done."""

    async def seen() -> bool | None:
        nodes = affected(await _lineage(work, kind, identifier), kind, identifier)
        return True if all(is_running(node.status) is running for node in nodes) else None

    try:
        await _send(work, kind, identifier, running=running)
    except Failure as lost:
        await looked_up(work, lost, seen, resource=f"{kind.value} {identifier}", next_tool=SHOWS)


async def _send(work: Work, kind: ResourceType, identifier: int, *, running: bool) -> None:
    family = getattr(work.nexla, f"{kind.value}s")
    act = family.activate if running else family.pause
    acted = await act(identifier, whole_flow=kind is ResourceType.FLOW)
    if acted.pending is not None:
        raise Failure.of(
            ErrorCode.MAYBE_APPLIED,
            f"Nexla is still at work on {kind.value} {identifier}.",
            hint="get_flow shows the statuses; look again in a minute.",
            maybe_applied=True,
        )


async def _lineage(work: Work, kind: ResourceType, identifier: int) -> Lineage:
    return (await read_tree(work.nexla, identifier, kind)).lineage


def affected(lineage: Lineage, kind: ResourceType, identifier: int) -> tuple[LineageNode, ...]:
    """What an act on a node acts on: the node and all downstream, of a flow all of it.

    Raises:
        Failure: `not_found` when the node is not in its own flow any more.
    """
    if kind is ResourceType.FLOW:
        return lineage.nodes
    node = lineage.node_of((kind, identifier))
    if node is None:
        raise Failure.of(ErrorCode.NOT_FOUND, f"{kind.value} {identifier} is not in its flow any more.")
    return lineage.downstream(node)


def is_running(status: str | None) -> bool | None:
    """Whether a node takes part in runs; None for a status that says neither."""
    word = (status or "").upper()
    if word in ACTIVE or word == "RATE_LIMITED":
        return True
    return False if word in STANDING_STILL else None


def label(node: LineageNode) -> str:
    return f"{node.type.value} {node.id}"
