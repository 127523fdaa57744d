"""Flows: trees of nodes, and the resources they stand for (contract 9)."""

from __future__ import annotations

from collections.abc import Iterator

from nexla_mcp.adapter.models.code import CodeContainer
from nexla_mcp.adapter.models.resources import Credential, Destination, Nexset, Source
from nexla_mcp.adapter.models.row import Id, Many, OptionalId, Owner, Reference, Row, Said, Time, Words


class FlowNode(Row):
    """A node of a flow's tree. Only the origin has name, status and project; others take theirs from the resource.

    Exactly one of `data_source_id`, `data_set_id`, `data_sink_id` says what the node is.
    """

    id: Id
    parent_node_id: OptionalId = None
    origin_node_id: OptionalId = None
    shared_origin_node_id: OptionalId = None
    data_source_id: OptionalId = None
    data_set_id: OptionalId = None
    data_sink_id: OptionalId = None
    project_id: OptionalId = None
    owner_id: OptionalId = None
    org_id: OptionalId = None
    status: str | None = None
    name: str | None = None
    description: Said = None
    flow_type: str | None = None
    ingestion_mode: str | None = None
    access_roles: Words = ()
    tags: Words = ()
    copied_from_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None
    children: Many[FlowNode] = ()

    def walk(self) -> Iterator[FlowNode]:
        """This node and everything downstream of it, parents before children."""
        waiting = [self]
        while waiting:
            node = waiting.pop(0)
            yield node
            waiting[:0] = node.children


class FlowRunMetric(Row):
    """What a flow's latest run moved. `size` is bytes."""

    origin_node_id: OptionalId = None
    run_id: OptionalId = None
    records: OptionalId = None
    size: OptionalId = None
    errors: OptionalId = None
    reporting_date: Time = None


class Flow(Row):
    """One flow: the tree under its origin node, and the rows of the resources in it.

    Resource rows are absent (empty) when the flow was listed with `flows_only`.
    """

    node: FlowNode
    data_sources: Many[Source] = ()
    data_sets: Many[Nexset] = ()
    data_sinks: Many[Destination] = ()
    data_credentials: Many[Credential] = ()
    code_containers: Many[CodeContainer] = ()
    shared_data_sets: Many[Nexset] = ()
    projects: Many[Reference] = ()
    users: Many[Owner] = ()
    metrics: Many[FlowRunMetric] = ()
    unreadable: int = 0

    @property
    def id(self) -> int:
        """The id of the origin node, which is the flow's id."""
        return self.node.id

    @property
    def name(self) -> str | None:
        return self.node.name

    @property
    def status(self) -> str | None:
        return self.node.status

    def nodes(self) -> tuple[FlowNode, ...]:
        """Every node of the tree, the origin first."""
        return tuple(self.node.walk())

    def source(self, source_id: int) -> Source | None:
        return next((row for row in self.data_sources if row.id == source_id), None)

    def nexset(self, nexset_id: int) -> Nexset | None:
        return next((row for row in (*self.data_sets, *self.shared_data_sets) if row.id == nexset_id), None)

    def destination(self, destination_id: int) -> Destination | None:
        return next((row for row in self.data_sinks if row.id == destination_id), None)

    def resource_of(self, node: FlowNode) -> Source | Nexset | Destination | None:
        """The row a node stands for, None when the answer did not bring it."""
        if node.data_source_id is not None:
            return self.source(node.data_source_id)
        if node.data_sink_id is not None:
            return self.destination(node.data_sink_id)
        return self.nexset(node.data_set_id) if node.data_set_id is not None else None
