"""Flows out of the one object that every flow answer is (contract 9.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nexla_mcp.adapter.models import (
    CodeContainer,
    Credential,
    Destination,
    Flow,
    FlowNode,
    FlowRunMetric,
    Nexset,
    Owner,
    Reference,
    Source,
)
from nexla_mcp.adapter.rows import read_or_none, unreadable

_LISTS: dict[str, type[Any]] = {
    "data_sources": Source,
    "data_sets": Nexset,
    "data_sinks": Destination,
    "data_credentials": Credential,
    "code_containers": CodeContainer,
    "shared_data_sets": Nexset,
    "projects": Reference,
    "users": Owner,
    "metrics": FlowRunMetric,
}


def has_flows(data: Any) -> bool:
    """Whether an answer is a flow object and no single resource."""
    return isinstance(data, dict) and isinstance(data.get("flows"), list)


def read_flow(data: Any, what: str) -> Flow:
    """The one flow of a FlowsOne answer.

    Raises:
        Failure: `unreadable_answer` when there is no flow in it that can be read.
    """
    flows, _ = read_flows(data) if has_flows(data) else ((), 0)
    if not flows:
        raise unreadable(what, data)
    return flows[0]


def read_flows(data: dict[str, Any]) -> tuple[tuple[Flow, ...], int]:
    """Each flow with the rows of its own resources, and the number of flows that could not be read."""
    rows: dict[str, tuple[Any, ...]] = {}
    lost: dict[str, int] = {}
    for name, model in _LISTS.items():
        given = data.get(name)
        read = [read_or_none(row, model) for row in given] if isinstance(given, list) else []
        rows[name] = tuple(row for row in read if row is not None)
        lost[name] = len(read) - len(rows[name])
    nodes = [read_or_none(node, FlowNode) for node in data["flows"]]
    unread = sum(lost.values())
    return tuple(_flow(node, rows, unread) for node in nodes if node is not None), nodes.count(None)


def _flow(node: FlowNode, rows: dict[str, tuple[Any, ...]], unread: int) -> Flow:
    tree = tuple(node.walk())
    sources = _with_ids(rows["data_sources"], (item.data_source_id for item in tree))
    nexsets = _with_ids(rows["data_sets"], (item.data_set_id for item in tree))
    sinks = _with_ids(rows["data_sinks"], (item.data_sink_id for item in tree))
    shared = _with_ids(rows["shared_data_sets"], (item.data_set_id for item in tree))
    people = {node.owner_id, *(row.owner_id for row in (*sources, *nexsets, *sinks))}
    return Flow.model_construct(
        node=node,
        data_sources=sources,
        data_sets=nexsets,
        data_sinks=sinks,
        data_credentials=_with_ids(rows["data_credentials"], (row.data_credentials_id for row in (*sources, *sinks))),
        code_containers=_with_ids(
            rows["code_containers"],
            (*(row.code_container_id for row in (*sources, *nexsets)), *(row.transform_id for row in nexsets)),
        ),
        shared_data_sets=shared,
        projects=_with_ids(rows["projects"], (item.project_id for item in tree)),
        users=_with_ids(rows["users"], people),
        metrics=tuple(row for row in rows["metrics"] if row.origin_node_id == node.id),
        unreadable=unread,
    )


def _with_ids(rows: tuple[Any, ...], ids: Iterable[int | None]) -> tuple[Any, ...]:
    wanted = set(ids) - {None}
    return tuple(row for row in rows if row.id in wanted)
