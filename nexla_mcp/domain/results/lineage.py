"""A flow's tree as rows: which resource each node stands for, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator

from nexla_mcp.domain.resources import ResourceRef, ResourceType
from nexla_mcp.domain.results.base import Row

Key = tuple[ResourceType, int]
"""A resource: its type and id."""


class LineageNode(Row):
    """One node. Nexla gives child nodes neither name nor status: both are the resource's (contract 9.1)."""

    node_id: int
    parent_id: int | None = None
    """The parent's node id; None for the origin."""
    depth: int = 0
    type: ResourceType
    """`source`, `nexset` or `destination`."""
    id: int
    """The resource's id."""
    name: str | None = None
    status: str | None = None
    connector: str | None = None
    credential_id: int | None = None

    @property
    def key(self) -> Key:
        return self.type, self.id

    @property
    def reference(self) -> ResourceRef:
        return ResourceRef(self.type, self.id, self.name)


class Lineage(Row):
    """One flow from its origin down, parents before children."""

    flow_id: int
    """The origin's node id."""
    name: str | None = None
    """The origin's name, which people take for the flow's."""
    project_id: int | None = None
    nodes: tuple[LineageNode, ...] = ()
    missing: tuple[str, ...] = ()
    """Nodes of whose resource Nexla gave no row, so that name, status and credential are unknown."""

    @property
    def origin(self) -> LineageNode:
        return self.nodes[0]

    @property
    def keys(self) -> frozenset[Key]:
        """Every resource in the flow."""
        return frozenset(node.key for node in self.nodes)

    @property
    def credential_ids(self) -> tuple[int, ...]:
        """The credentials its sources and destinations log in with, each once, in the order of the tree."""
        return tuple(dict.fromkeys(node.credential_id for node in self.nodes if node.credential_id is not None))

    def of_type(self, kind: ResourceType) -> tuple[LineageNode, ...]:
        return tuple(node for node in self.nodes if node.type is kind)

    def node_of(self, key: Key) -> LineageNode | None:
        """The node that stands for a resource."""
        return next((node for node in self.nodes if node.key == key), None)

    def parent(self, node: LineageNode) -> LineageNode | None:
        return next((other for other in self.nodes if other.node_id == node.parent_id), None)

    def children(self, node: LineageNode) -> tuple[LineageNode, ...]:
        return tuple(other for other in self.nodes if other.parent_id == node.node_id)

    def upstream(self, node: LineageNode) -> Iterator[LineageNode]:
        """From the node's parent up to the origin."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def downstream(self, node: LineageNode) -> tuple[LineageNode, ...]:
        """The node and everything below it: what an act on the node acts on."""
        return tuple(other for other in self.nodes if other == node or node in tuple(self.upstream(other)))

    def is_derived(self, node: LineageNode) -> bool:
        """Whether a nexset is made from another by a transform, rather than detected from a source."""
        above = self.parent(node)
        return node.type is ResourceType.NEXSET and above is not None and above.type is ResourceType.NEXSET
