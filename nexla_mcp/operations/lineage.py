"""The tree of a flow, with what is known of the resource at each node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nexla_mcp.adapter.models import Destination, Flow, FlowNode, Nexset, Source
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key, Lineage, LineageNode
from nexla_mcp.operations.listing import connector_of, list_type
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.resolve import resolve

IN_A_TREE = (ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION)
"""The types a node can stand for."""

Resources = Mapping[Key, Source | Nexset | Destination]
"""Rows of the resource lists by type and id."""


@dataclass(frozen=True)
class FlowTree:
    """A flow as Nexla answered it, and its tree as rows."""

    flow: Flow
    lineage: Lineage
    not_read: tuple[str, ...] = field(default=())
    """Resource lists that were needed to fill gaps and could not be read, with why."""


async def read_tree(nexla: Nexla, reference: int | str, kind: ResourceType = ResourceType.FLOW) -> FlowTree:
    """The whole flow that a node, a flow's name, or (with `kind`) a resource belongs to.

    Where the answer lacks resource rows, the resource lists are asked; what is still unknown is in
    `lineage.missing`.

    Raises:
        Failure: `not_found` or `ambiguous` for the reference, else as for every read.
    """
    target = await resolve(nexla, kind, reference)
    flow = await read_flow(nexla, kind, target.id)
    lineage = lineage_of(flow)
    if not lineage.missing:
        return FlowTree(flow, lineage)
    resources, not_read = await list_resources(nexla, lacking(flow))
    return FlowTree(flow, lineage_of(flow, resources), not_read)


async def read_flow(nexla: Nexla, kind: ResourceType, identifier: int) -> Flow:
    """The flow with its whole tree, also when asked by the id of a node in the middle of it.

    Raises:
        Failure: `unreadable_answer` when its origin names no resource: then nothing can be said of the flow.
    """
    if kind is not ResourceType.FLOW:
        flow = await nexla.flows.by_resource(kind, identifier)
    else:
        flow = await nexla.flows.get(identifier)
    origin = flow.node.origin_node_id
    flow = flow if origin is None or origin == flow.node.id else await nexla.flows.get(origin)
    if key_of(flow.node) is None:
        raise Failure.of(
            ErrorCode.UNREADABLE_ANSWER,
            f"Nexla's answer for flow {flow.id} names no source or nexset at its origin.",
            hint="Try again; if it stays so, get_resource reads the parts of the flow one by one.",
            next_tool="get_resource",
        )
    return flow


async def list_resources(nexla: Nexla, kinds: tuple[ResourceType, ...]) -> tuple[Resources, tuple[str, ...]]:
    """The rows of whole resource lists, and which lists could not be read."""
    answers = await outcomes(partial(list_type, nexla, kind) for kind in kinds)
    rows: dict[Key, Source | Nexset | Destination] = {}
    not_read: list[str] = []
    for kind, answer in zip(kinds, answers, strict=True):
        if isinstance(answer, Failure):
            not_read.append(f"list of {kind.value}s: {answer.info.code.value}")
        else:
            rows |= {(kind, model.id): model for model in answer.models}
    return rows, tuple(not_read)


def lacking(flow: Flow) -> tuple[ResourceType, ...]:
    """The types of which the answer lacks at least one node's row."""
    keys = (key_of(node) for node in flow.nodes() if flow.resource_of(node) is None)
    lacks = {key[0] for key in keys if key is not None}
    return tuple(kind for kind in IN_A_TREE if kind in lacks)


def lineage_of(flow: Flow, resources: Resources | None = None) -> Lineage:
    """The tree as rows. `resources` fills in where the flow's own answer brings no row (`flows_only`)."""
    known = resources or {}
    nodes: list[LineageNode] = []
    missing: list[str] = []
    for node, parent_id, depth in _walk(flow.node):
        key = key_of(node)
        if key is None:
            missing.append(f"node {node.id} stands for no resource")
            continue
        row = flow.resource_of(node) or known.get(key)
        if row is None:
            missing.append(f"{key[0].value} {key[1]}")
        nodes.append(_node(node, parent_id, depth, key, row))
    return Lineage(
        flow_id=flow.id,
        name=flow.name or (nodes[0].name if nodes else None),
        project_id=flow.node.project_id,
        nodes=tuple(nodes),
        missing=tuple(missing),
    )


def key_of(node: FlowNode) -> Key | None:
    """The resource a node stands for; None when it names none."""
    if node.data_source_id is not None:
        return ResourceType.SOURCE, node.data_source_id
    if node.data_sink_id is not None:
        return ResourceType.DESTINATION, node.data_sink_id
    return None if node.data_set_id is None else (ResourceType.NEXSET, node.data_set_id)


def _walk(node: FlowNode, parent_id: int | None = None, depth: int = 0) -> Iterator[tuple[FlowNode, int | None, int]]:
    waiting = [(node, parent_id, depth)]
    while waiting:
        current, above, level = waiting.pop(0)
        yield current, above, level
        waiting[:0] = [(child, current.id, level + 1) for child in current.children]


def _node(node: FlowNode, parent_id: int | None, depth: int, key: Key, row: Any) -> LineageNode:
    return LineageNode(
        node_id=node.id,
        parent_id=parent_id,
        depth=depth,
        type=key[0],
        id=key[1],
        name=(row.name if row else None) or node.name,
        status=(row.status if row else None) or node.status,
        connector=connector_of(row) if row else None,
        credential_id=getattr(row, "data_credentials_id", None),
    )
