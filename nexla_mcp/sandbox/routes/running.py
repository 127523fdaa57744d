"""Activating and pausing: one URL, two operations of the contract (contract 6 note, 9.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds, lineage
from nexla_mcp.sandbox.access import Access, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.shapes import flows

if TYPE_CHECKING:
    from collections.abc import Callable

    from nexla_mcp.sandbox.routing import Call, Route
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

ROUTES: tuple[Route, ...] = ()

Shape = dict[str, Any]


def set_running(
    call: Call, kind: str, identifier: int, *, active: bool, shape: Callable[[World, Access, Document], Shape] | None
) -> Shape:
    """The resource object, or the flow object when `all` or `full_tree` was given or no shape is."""
    document = require(call, kind, identifier, "operator")
    whole = call.flag("all") or call.flag("full_tree")
    node = lineage.node_of(call.world, kind, document)
    lineage.set_running(call.world, author(call), node, active=active, whole=whole)
    access = Access(call.world, call.principal)
    if whole or shape is None:
        return one_flow(call, access, node)
    fresh = call.world.store.get(kind, identifier)
    return shape(call.world, access, fresh or document)


def one_flow(call: Call, access: Access, node: Document, *, only_nodes: bool = False) -> Shape:
    """The flow a node stands in, as FlowsOne."""
    origin = call.world.store.get(kinds.FLOW_NODES, node["origin_node_id"]) or node
    return flows.flows(call.world, access, [origin], only_nodes=only_nodes)
