"""What a change would touch: state, configuration, owners and grants of the target and of everything downstream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from nexla_mcp.adapter.models import Accessor, Flow
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.operations.actions.statuses import affected, is_running, label
from nexla_mcp.operations.configuration import digest_of_model
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.parallel import Read, outcomes
from nexla_mcp.safety.untrusted import quoted


@dataclass(frozen=True)
class Survey:
    """A node, or a whole flow, with what an act on it acts on."""

    lineage: Lineage
    nodes: tuple[LineageNode, ...]
    """Parents first; the target is the first of them."""
    targets: tuple[Target, ...]
    """The nodes as targets, in the same order."""
    models: dict[str, Any]
    """Each resource in full, by its label."""
    accessors: dict[str, tuple[Accessor, ...]]
    """Each one's grants, by its label."""
    also: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def running(self) -> tuple[LineageNode, ...]:
        """Nodes that run, or of which it cannot be said that they do not."""
        return tuple(node for node in self.nodes if is_running(node.status) is not False)

    @property
    def locks(self) -> tuple[str, ...]:
        """The flow, and its source's name: while a flow is being built, its name is all that is known of it."""
        origin = self.lineage.origin
        return f"flow:{self.lineage.flow_id}", name_lock(origin.type, origin.name)


def name_lock(kind: ResourceType, name: str | None) -> str:
    """What no two operations make or change at once under one name."""
    return f"name:{kind.value}:{name}"


async def survey_flow(nexla: Nexla, kind: ResourceType, identifier: int, *, in_depth: bool = True) -> Survey:
    """The node and everything downstream, for `flow` the whole tree.

    `in_depth` reads each resource and its grants, and looks for other flows that live on it.

    Raises:
        Failure: when the tree, or a resource in it, cannot be read: a plan must not be made in the dark.
    """
    lineage = (await read_tree(nexla, identifier, kind)).lineage
    nodes = affected(lineage, kind, identifier)
    if not in_depth:
        return Survey(lineage, nodes, tuple(_target(node) for node in nodes), {}, {})
    reads: list[Read] = [partial(_in_full, nexla, node.type, node.id) for node in nodes]
    reads.append(partial(_dependents, nexla, lineage, nodes))
    *found, dependents = await outcomes(reads)
    models: dict[str, Any] = {}
    accessors: dict[str, tuple[Accessor, ...]] = {}
    targets: list[Target] = []
    for node, answer in zip(nodes, found, strict=True):
        if isinstance(answer, Failure):
            raise answer
        models[label(node)], accessors[label(node)] = answer
        targets.append(_target(node, *answer))
    return Survey(
        lineage,
        nodes,
        tuple(targets),
        models,
        accessors,
        also=() if isinstance(dependents, Failure) else tuple(dependents),
        notes=("whether other flows build on it could not be read",) if isinstance(dependents, Failure) else (),
    )


async def survey_one(nexla: Nexla, kind: ResourceType, identifier: int) -> tuple[Target, Any]:
    """A resource that stands in no flow, and the whole of it."""
    model, accessors = await _in_full(nexla, kind, identifier)
    owner = model.owner.email if getattr(model, "owner", None) else None
    return (
        Target(
            type=kind,
            id=identifier,
            name=model.name,
            owner=owner,
            status=getattr(model, "status", None),
            config=digest_of_model(model),
            shared_with=sharing(accessors),
        ),
        model,
    )


def sharing(accessors: Iterable[Accessor]) -> tuple[str, ...]:
    """Who has been granted what, in words; without times, which are no part of a plan."""
    return tuple(
        sorted(f"{item.type.upper()} {item.subject}: {', '.join(sorted(item.access_roles))}" for item in accessors)
    )


async def _in_full(nexla: Nexla, kind: ResourceType, identifier: int) -> tuple[Any, tuple[Accessor, ...]]:
    model = await getattr(nexla, f"{kind.value}s").get(identifier)
    try:
        return model, (await nexla.accessors.list(kind, identifier)).items
    except Failure as failure:
        if failure.info.code is not ErrorCode.FORBIDDEN:
            raise
        # Only some may see the grants; the plan says so by naming none, and needs none to run.
        return model, ()


def _target(node: LineageNode, model: Any = None, accessors: tuple[Accessor, ...] = ()) -> Target:
    owner = getattr(model, "owner", None)
    return Target(
        type=node.type,
        id=node.id,
        name=node.name,
        owner=owner.email if owner else None,
        status=node.status,
        config=digest_of_model(model) if model is not None else None,
        shared_with=sharing(accessors),
    )


async def _dependents(nexla: Nexla, lineage: Lineage, nodes: Iterable[LineageNode]) -> list[str]:
    """Other flows whose origin is one of these nexsets, and sources that a destination feeds."""
    nexsets = {node.id: node for node in nodes if node.type is ResourceType.NEXSET}
    sinks = {node.id: node for node in nodes if node.type is ResourceType.DESTINATION}
    found: list[str] = []
    for flow in await nexla.flows.list():
        if flow.id == lineage.flow_id:
            continue
        if flow.node.data_set_id in nexsets:
            found.append(f"flow {flow.id} {quoted(flow.name)} builds on nexset {flow.node.data_set_id}")
        found += [
            f"flow {flow.id} {quoted(flow.name)} reads what destination {sink} writes" for sink in _fed(flow, sinks)
        ]
    return sorted(found)


def _fed(flow: Flow, sinks: dict[int, LineageNode]) -> list[int]:
    return [source.data_sink_id for source in flow.data_sources if source.data_sink_id in sinks and source.data_sink_id]
