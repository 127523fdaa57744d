"""The tree of a flow, and what happens along it: activate, pause, delete (contract 9)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nexla_mcp.sandbox import audit, kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import Refusal, not_found
from nexla_mcp.sandbox.shapes.common import is_database

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Principal
    from nexla_mcp.sandbox.snapshot import Reading
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

_TABLES = ("table", "collection", "index", "table.name", "dest.table")
"""Words for what a database destination writes into."""


class Tree:
    """All flow nodes with their children, read once for any number of questions."""

    def __init__(self, reading: Reading) -> None:
        self.nodes = {node["id"]: node for node in reading.store.all(kinds.FLOW_NODES)}
        self._children: dict[int, list[Document]] = defaultdict(list)
        for node in self.nodes.values():
            if node["parent_node_id"] is not None:
                self._children[node["parent_node_id"]].append(node)

    def children(self, node_id: int) -> list[Document]:
        return self._children.get(node_id, [])

    def below(self, node_id: int) -> list[Document]:
        """The node and everything downstream, parents first."""
        found, waiting = [], [self.nodes[node_id]]
        while waiting:
            node = waiting.pop(0)
            found.append(node)
            waiting += self.children(node["id"])
        return found

    def origin(self, node_id: int) -> Document:
        return self.nodes[self.nodes[node_id]["origin_node_id"]]

    def origins(self) -> list[Document]:
        return [node for node in self.nodes.values() if node["parent_node_id"] is None]


def resource_of(node: Document) -> tuple[str, int]:
    """Kind and id of what a node stands for."""
    for kind, field in kinds.NODE_FIELD.items():
        if node[field] is not None:
            return kind, node[field]
    raise KeyError(node["id"])


def node_of(world: World, kind: str, document: Document) -> Document:
    """The node of a resource, or the node itself."""
    node = document if kind == kinds.FLOW_NODES else world.store.get(kinds.FLOW_NODES, document["flow_node_id"])
    if node is None:
        raise not_found("FlowNode", document["id"])
    return node


def resource(reading: Reading, node: Document) -> Document:
    kind, identifier = resource_of(node)
    document = reading.store.get(kind, identifier)
    if document is None:
        raise not_found(kinds.ITEM_TYPES[kind], identifier)
    return document


def set_running(world: World, principal: Principal, node: Document, *, active: bool, whole: bool) -> None:
    """Activates or pauses a node with all downstream, or with `whole` the whole flow; no change is no event."""
    tree = Tree(world)
    start = tree.origin(node["id"]) if whole else node
    with world.store.transaction():
        for item in tree.below(start["id"]):
            kind, identifier = resource_of(item)
            before = world.store.get(kind, identifier)
            wanted = _status(kind, before or {}, active=active)
            if before is None or before["status"] == wanted or (not active and before["status"] == "INIT"):
                continue
            after = world.store.put(kind, {**before, "status": wanted, "updated_at": iso(world.clock.now())})
            audit.record(world, principal, "update", kind, after, before=before)
            tell = world.simulation.activated if active else world.simulation.paused
            tell(kind, identifier)


def _status(kind: str, document: Document, *, active: bool) -> str:
    if not active:
        return "PAUSED"
    return "PROCESSING" if kind == kinds.DESTINATIONS and waits_for_table(document) else "ACTIVE"


def waits_for_table(destination: Document) -> bool:
    """Whether it writes to a database and names no table: the platform leaves such a one in PROCESSING."""
    config = destination.get("sink_config") or {}
    return is_database(str(destination.get("sink_type"))) and not any(config.get(name) for name in _TABLES)


def move(world: World, principal: Principal, kind: str, document: Document, nexset_id: int) -> Document:
    """Hangs a derived nexset with all downstream, or a destination, under another nexset's node."""
    field = "parent_data_set_id" if kind == kinds.NEXSETS else "data_set_id"
    nexset = world.store.get(kinds.NEXSETS, nexset_id)
    if nexset is None:
        raise not_found(kinds.ITEM_TYPES[kinds.NEXSETS], nexset_id)
    if document[field] == nexset_id:
        return document
    moved = Tree(world).below(document["flow_node_id"])
    if any(item["id"] == nexset["flow_node_id"] for item in moved):
        raise Refusal(400, f"{field} {nexset_id} is downstream of it", code="VAL_001")
    origin = {"origin_node_id": nexset["origin_node_id"]}
    with world.store.transaction():
        for item in moved:
            node = {**item, **origin}
            if item["id"] == document["flow_node_id"]:
                node["parent_node_id"] = nexset["flow_node_id"]
            world.store.put(kinds.FLOW_NODES, node)
            world.store.put(resource_of(item)[0], {**resource(world, item), **origin})
        after = {**document, **origin, field: nexset_id, "updated_at": iso(world.clock.now())}
        world.store.put(kind, after)
        audit.record(world, principal, "update", kind, after, before=document)
    return after


def delete_tree(world: World, principal: Principal, node: Document) -> None:
    """Deletes a node with all downstream; refused while any of it runs (contract 9.5). Credentials survive."""
    doomed = Tree(world).below(node["id"])
    running = []
    for item in doomed:
        kind, identifier = resource_of(item)
        document = world.store.get(kind, identifier)
        if document and document["status"] in {"ACTIVE", "RATE_LIMITED", "PROCESSING"}:
            running.append(f"{kinds.ITEM_TYPES[kind]} {identifier} ({document['name']})")
    if running:
        raise Refusal(400, f"Pause first, still running: {', '.join(running[:5])}", code="VAL_001")
    with world.store.transaction():
        for item in reversed(doomed):
            kind, identifier = resource_of(item)
            document = world.store.get(kind, identifier)
            if document is not None:
                remove(world, principal, kind, document)
            world.store.delete(kinds.FLOW_NODES, item["id"])


def remove(world: World, principal: Principal, kind: str, document: Document) -> None:
    """Deletes one resource with its access rules; the audit log keeps what it was."""
    changes = {"name": [document.get("name"), None]}
    audit.record(world, principal, "destroy", kind, document, changes=changes)
    for rule in world.store.all(kinds.ACCESSORS, resource_kind=kind, resource_id=document["id"]):
        world.store.delete(kinds.ACCESSORS, rule["id"])
    if kind == kinds.TEAMS:
        for rule in world.store.all(kinds.ACCESSORS, type="TEAM", subject_id=document["id"]):
            revoke(world, principal, rule)
    world.store.delete(kind, document["id"])


def revoke(world: World, principal: Principal, rule: Document) -> None:
    """Takes an access rule away, told in the audit log of the resource (contract 21)."""
    world.store.delete(kinds.ACCESSORS, rule["id"])
    target = world.store.get(rule["resource_kind"], rule["resource_id"])
    if target is not None:
        who = {"type": rule["type"].title(), "id": rule["subject_id"]}
        changes = {"access_roles": [rule["access_roles"], None]}
        kind = rule["resource_kind"]
        audit.record(world, principal, "association_removed", kind, target, changes=changes, association=who)


def remove_node_resource(world: World, principal: Principal, kind: str, document: Document) -> None:
    """Deletes a source, nexset or destination by itself: paused, and with nothing derived below (contract 6)."""
    name = kinds.ITEM_TYPES[kind]
    if document["status"] in {"ACTIVE", "RATE_LIMITED", "PROCESSING"}:
        raise Refusal(400, f"{name} {document['id']} is {document['status']}: pause it first", code="VAL_001")
    node = node_of(world, kind, document)
    below = Tree(world).below(node["id"])[1:]
    blocking = [item for item in below if kind != kinds.SOURCES or resource_of(item)[0] == kinds.DESTINATIONS]
    if blocking:
        names = ", ".join(f"{kinds.ITEM_TYPES[resource_of(item)[0]]} {resource_of(item)[1]}" for item in blocking[:5])
        raise Refusal(400, f"{name} {document['id']} still feeds {names}", code="VAL_001")
    delete_tree(world, principal, node)
