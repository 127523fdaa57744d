"""The flow object: trees of nodes, and the resources in them as flat lists (contract 9.1, 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.lineage import Tree, resource_of
from nexla_mcp.sandbox.shapes import code, common, credentials, nodes

if TYPE_CHECKING:
    from nexla_mcp.sandbox.access import Access
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

_LINKS = ("id", "parent_node_id", "origin_node_id", "data_source_id", "data_set_id", "data_sink_id")


def flows(
    world: World, access: Access, origins: list[Document], *, only_nodes: bool = False, with_metrics: bool = False
) -> common.Shape:
    """One object for any number of flows; `only_nodes` leaves the resources out, as flows_only=1 does."""
    tree = Tree(access)
    shape: common.Shape = {"flows": [_origin(access, tree, origin) for origin in origins]}
    if not only_nodes:
        shape |= _resources(access, tree, origins)
    if with_metrics:
        metrics = (world.simulation.last_run_metrics(origin["id"]) for origin in origins)
        shape["metrics"] = [metric for metric in metrics if metric is not None]
    return shape


def _origin(access: Access, tree: Tree, node: Document) -> common.Shape:
    kind, identifier = resource_of(node)
    document = access.store.get(kind, identifier) or {}
    return {
        **_links(node),
        "shared_origin_node_id": node["shared_origin_node_id"],
        "status": document.get("status"),
        "project_id": node["project_id"],
        "flow_type": document.get("flow_type", "streaming"),
        "ingestion_mode": document.get("ingestion_mode", "BATCH"),
        "name": document.get("name", ""),
        "description": document.get("description") or "",
        "children": [_child(tree, child) for child in tree.children(node["id"])],
    }


def _child(tree: Tree, node: Document) -> common.Shape:
    return {**_links(node), "children": [_child(tree, child) for child in tree.children(node["id"])]}


def _links(node: Document) -> common.Shape:
    return {name: node[name] for name in _LINKS}


def _resources(access: Access, tree: Tree, origins: list[Document]) -> common.Shape:
    wanted: dict[str, set[int]] = {kind: set() for kind in kinds.NODE_KINDS}
    for origin in origins:
        for node in tree.below(origin["id"]):
            kind, identifier = resource_of(node)
            wanted[kind].add(identifier)
    found = {kind: [item for item in access.store.all(kind) if item["id"] in ids] for kind, ids in wanted.items()}
    sources, nexsets, destinations = (found[kind] for kind in kinds.NODE_KINDS)
    sinks_of: dict[int, list[int]] = {}
    for item in destinations:
        sinks_of.setdefault(item["data_set_id"], []).append(item["id"])
    used = {item.get("data_credentials_id") for item in [*sources, *destinations]}
    transforms = {item.get("code_container_id") for item in nexsets}
    everything = [*sources, *nexsets, *destinations]
    return {
        "code_containers": [
            code.in_flow(access, item) for item in access.store.all(kinds.CODE) if item["id"] in transforms
        ],
        "data_sources": [nodes.source_in_flow(access, item) for item in sources],
        "data_sets": [nodes.nexset_in_flow(access, item, sinks_of.get(item["id"], [])) for item in nexsets],
        "data_sinks": [nodes.destination_in_flow(access, item) for item in destinations],
        "data_credentials": [
            credentials.in_flow(access, item) for item in access.store.all(kinds.CREDENTIALS) if item["id"] in used
        ],
        "shared_data_sets": [],
        "orgs": [common.org(access, org_id) for org_id in sorted({item["org_id"] for item in everything})],
        "users": [common.owner(access, user_id) for user_id in sorted({item["owner_id"] for item in everything})],
        "projects": _projects(access, origins),
    }


def _projects(access: Access, origins: list[Document]) -> list[dict[str, Any]]:
    ids = {origin["project_id"] for origin in origins}
    return [
        {
            "id": item["id"],
            "owner_id": item["owner_id"],
            "org_id": item["org_id"],
            "name": item["name"],
            "description": item.get("description") or "",
            "access_roles": access.roles(kinds.PROJECTS, item),
        }
        for item in access.store.all(kinds.PROJECTS)
        if item["id"] in ids
    ]
