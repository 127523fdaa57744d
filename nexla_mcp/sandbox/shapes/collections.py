"""Lookups, projects and teams (contract 13 to 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.shapes.common import Shape, head, tail, tail_of_number

if TYPE_CHECKING:
    from nexla_mcp.sandbox.access import Access
    from nexla_mcp.sandbox.snapshot import Reading
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

EXPANDED_ROWS = 1000
"""The spec calls them small static maps and gives no number."""


def lookup(world: World, access: Access, document: Document, *, expand: bool = False) -> Shape:
    rows = document["data_map"]
    names = sorted({name for row in rows for name in row})
    shape = {
        **head(world, access, kinds.LOOKUPS, document),
        "description": document.get("description") or "",
        "public": False,
        "managed": False,
        "data_type": document["data_type"],
        "emit_data_default": document["emit_data_default"],
        "use_versioning": False,
        "map_primary_key": document["map_primary_key"],
        "data_defaults": document["data_defaults"],
        "map_entry_count": len(rows),
        "map_entry_schema": {"properties": {name: {"type": "string"} for name in names}},
        **tail(document),
    }
    del shape["copied_from_id"]
    if document.get("data_sink_id") is not None:
        shape["data_sink_id"] = str(document["data_sink_id"])
    if document.get("data_set_id") is not None:
        shape["data_set_id"] = document["data_set_id"]
    if expand and document.get("data_sink_id") is None and len(rows) <= EXPANDED_ROWS:
        shape["data_map"] = rows
    return shape


def project(world: World, access: Access, document: Document) -> Shape:
    flows = project_flows(access, document)
    return {
        **head(world, access, kinds.PROJECTS, document),
        "description": document.get("description") or "",
        "data_flows": flows,
        "flows": flows,
        "flows_count": len(flows),
        **tail_of_number(document),
    }


def project_flows(reading: Reading, document: Document) -> list[Shape]:
    """A project's flows as ProjectDataFlow: the source, or the shared nexset, that each begins with."""
    rows = []
    for node in reading.store.all(kinds.FLOW_NODES, project_id=document["id"]):
        if node["parent_node_id"] is not None:
            continue
        row = {"id": node["id"], "project_id": document["id"]}
        row |= {name: node[name] for name in ("data_source_id", "data_set_id") if node[name] is not None}
        rows.append({**row, "updated_at": document["updated_at"], "created_at": document["created_at"]})
    return rows


def team(world: World, access: Access, document: Document, user_id: int) -> Shape:
    shape = {
        **head(world, access, kinds.TEAMS, document),
        "description": document.get("description") or "",
        "member": any(member["id"] == user_id for member in document["members"]),
        "members": document["members"],
        **tail(document),
    }
    del shape["copied_from_id"]
    return shape
