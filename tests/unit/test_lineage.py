"""The tree of a flow, from answers in the contract's shapes."""

from __future__ import annotations

from typing import Any

from nexla_mcp.adapter.models import Flow, Nexset
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.lineage import lacking, lineage_of

SOURCE, NEXSET, DESTINATION = ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION


def node(identifier: int, *children: dict[str, Any], **stands_for: int) -> dict[str, Any]:
    return {"id": identifier, "origin_node_id": 10, "children": list(children), **stands_for}


def flow(**lists: list[dict[str, Any]]) -> Flow:
    """source 1 → nexset 2 → (nexset 3 → destination 5, destination 4)."""
    tree = node(
        10,
        node(
            11,
            node(12, node(14, data_sink_id=5), data_set_id=3),
            node(13, data_sink_id=4),
            data_set_id=2,
        ),
        data_source_id=1,
    )
    rows = {
        "data_sources": [
            {"id": 1, "name": "orders", "status": "ACTIVE", "source_type": "s3", "data_credentials_id": 91}
        ],
        "data_sets": [
            {"id": 2, "name": "detected", "status": "ACTIVE"},
            {"id": 3, "name": "clean", "status": "PAUSED"},
        ],
        "data_sinks": [
            {"id": 4, "name": "lake", "status": "ACTIVE", "sink_type": "s3", "data_credentials_id": 91},
            {"id": 5, "name": "warehouse", "status": "PAUSED", "sink_type": "snowflake", "data_credentials_id": 92},
        ],
    }
    return Flow.model_validate({"node": tree | {"name": "orders", "project_id": 7}, **rows, **lists})


def test_every_node_carries_what_its_resource_says():
    lineage = lineage_of(flow())
    assert (lineage.flow_id, lineage.name, lineage.project_id, lineage.missing) == (10, "orders", 7, ())
    assert [(item.node_id, item.parent_id, item.depth, item.type, item.id, item.status) for item in lineage.nodes] == [
        (10, None, 0, SOURCE, 1, "ACTIVE"),
        (11, 10, 1, NEXSET, 2, "ACTIVE"),
        (12, 11, 2, NEXSET, 3, "PAUSED"),
        (14, 12, 3, DESTINATION, 5, "PAUSED"),
        (13, 11, 2, DESTINATION, 4, "ACTIVE"),
    ]
    assert lineage.credential_ids == (91, 92)
    assert lineage.node_of((DESTINATION, 5)).connector == "snowflake"


def test_relations_follow_the_tree():
    lineage = lineage_of(flow())
    clean = lineage.node_of((NEXSET, 3))
    assert [item.id for item in lineage.downstream(clean)] == [3, 5]
    assert [item.id for item in lineage.upstream(clean)] == [2, 1]
    assert [item.id for item in lineage.children(lineage.node_of((NEXSET, 2)))] == [3, 4]
    assert lineage.is_derived(clean)
    assert not lineage.is_derived(lineage.node_of((NEXSET, 2)))


def test_a_row_that_did_not_come_is_said_and_can_be_filled_from_a_list():
    incomplete = flow(data_sets=[{"id": 2, "name": "detected", "status": "ACTIVE"}])
    assert lacking(incomplete) == (NEXSET,)
    assert lineage_of(incomplete).missing == ("nexset 3",)
    filled = lineage_of(incomplete, {(NEXSET, 3): Nexset(id=3, name="clean", status="ACTIVE")})
    assert filled.missing == ()
    assert filled.node_of((NEXSET, 3)).status == "ACTIVE"


def test_a_node_that_names_no_resource_is_said():
    strange = Flow.model_validate({"node": node(10, node(11), data_source_id=1), "data_sources": [{"id": 1}]})
    lineage = lineage_of(strange)
    assert [item.id for item in lineage.nodes] == [1]
    assert lineage.missing == ("node 11 stands for no resource",)
