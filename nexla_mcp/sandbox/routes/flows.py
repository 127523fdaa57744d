"""Flows: trees of nodes over one source or shared nexset (contract 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import copying, kinds, lineage
from nexla_mcp.sandbox.access import Access, listed, require
from nexla_mcp.sandbox.asynchronous import answered
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.errors import Refusal
from nexla_mcp.sandbox.paging import page_of
from nexla_mcp.sandbox.routes.genai import recommended
from nexla_mcp.sandbox.routes.running import one_flow, set_running
from nexla_mcp.sandbox.routes.writing import deleted
from nexla_mcp.sandbox.routing import Call, Reply, Route
from nexla_mcp.sandbox.shapes import flows as shapes

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document


def list_flows(call: Call) -> Reply:
    """One object with all flows of a page: the only list that is no array."""
    access = Access(call.world, call.principal)
    origins = visible_origins(call, access)
    page, headers = page_of(origins, call.url or call.route, call.query, call.paging)
    body = shapes.flows(
        call.world,
        access,
        page,
        only_nodes=call.flag("flows_only"),
        with_metrics=call.flag("include_run_metrics"),
    )
    return Reply(body, headers=headers, paged=False)


def visible_origins(call: Call, access: Access) -> list[Document]:
    """The origin nodes that the caller may see, by the rules of any list."""
    tree = lineage.Tree(access)
    return [tree.nodes[item["id"]] for item in listed(call, kinds.FLOW_NODES, access, _as_origins(access, tree))]


def _as_origins(access: Access, tree: lineage.Tree) -> list[Document]:
    """Origin nodes with the owner of what they stand for, since that decides who sees them."""
    origins = []
    for node in tree.origins():
        document = lineage.resource(access, node)
        origins.append({**node, "owner_id": document["owner_id"], "org_id": document["org_id"]})
    return origins


def get(call: Call) -> Any:
    node = _node(call, "collaborator")
    access = Access(call.world, call.principal)
    return one_flow(call, access, node, only_nodes=call.flag("flows_only"))


def _node(call: Call, role: str) -> Document:
    """Any node of a flow names it."""
    return require(call, kinds.FLOW_NODES, call.id("flow_id"), role)


def delete(call: Call) -> Any:
    node = _node(call, "admin")
    lineage.delete_tree(call.world, author(call), node)
    return deleted("flow")


def activate(call: Call) -> Any:
    return _run(call, active=True)


def pause(call: Call) -> Any:
    whole = call.flag("all") or call.flag("full_tree")
    if not call.flag("async") or not whole:
        return _run(call, active=False)
    _node(call, "operator")
    return answered(call, lambda: _run(call, active=False))


def _run(call: Call, *, active: bool) -> Any:
    node = _node(call, "operator")
    kind, identifier = lineage.resource_of(node)
    return set_running(call, kind, identifier, active=active, shape=None)


def copy(call: Call) -> Any:
    node = _node(call, "collaborator")
    origin = lineage.Tree(call.world).origin(node["id"])
    copied = copying.copy_flow(call.world, copying.options_of(call), origin)
    return one_flow(call, Access(call.world, call.principal), copied)


def recommend_docs(call: Call) -> Any:
    node = _node(call, "collaborator")
    return recommended(call, lineage.resource(call.world, node))


def get_by_resource(call: Call) -> Any:
    node = _node_by_resource(call, "collaborator")
    return one_flow(call, Access(call.world, call.principal), node, only_nodes=call.flag("flows_only"))


def delete_by_resource(call: Call) -> Any:
    node = _node_by_resource(call, "admin")
    lineage.delete_tree(call.world, author(call), node)
    return deleted("flow")


def _node_by_resource(call: Call, role: str) -> Document:
    kind = call.path["resource_type"]
    if kind not in kinds.NODE_KINDS:
        raise Refusal(404, f"{kind[:40]} not found")
    return lineage.node_of(call.world, kind, require(call, kind, call.id("resource_id"), role))


_ONE = "/flows/{flow_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/flows", list_flows),
    Route("GET", _ONE, get),
    Route("DELETE", _ONE, delete),
    Route("PUT", f"{_ONE}/activate", activate),
    Route("PUT", f"{_ONE}/pause", pause),
    Route("POST", f"{_ONE}/copy", copy),
    Route("POST", f"{_ONE}/docs/recommendation", recommend_docs),
    Route("GET", "/{resource_type}/{resource_id}/flow", get_by_resource),
    Route("DELETE", "/{resource_type}/{resource_id}/flow", delete_by_resource),
)
