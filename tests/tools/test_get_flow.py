"""`get_flow`: the whole tree from any way in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.tools.conftest import Call

pytestmark = pytest.mark.anyio


async def tree(call: Call, flow: int | str, **arguments: Any) -> dict[str, Any]:
    answer = await call("get_flow", flow=flow, **arguments)
    assert not answer.is_error, answer.text
    assert answer.text.startswith(f"flow {answer.structured['flow_id']} ")
    return answer.structured


async def test_the_same_tree_by_every_way_in(call):
    whole = await tree(call, "Product Catalog")
    assert await tree(call, whole["flow_id"]) == whole
    assert await tree(call, str(whole["flow_id"])) == whole
    for node in whole["nodes"]:
        assert await tree(call, node["node_id"]) == whole
        assert await tree(call, node["id"], type=node["type"]) == whole
    assert await tree(call, "Catalog files in the lake", type="destination") == whole


async def test_parents_stand_before_children_and_branches_are_kept(call):
    nodes = (await tree(call, "Product Catalog"))["nodes"]
    assert [(node["type"], node["depth"]) for node in nodes] == [
        ("source", 0),
        ("nexset", 1),
        ("nexset", 2),
        ("destination", 3),
        ("destination", 3),
    ]
    assert {node["name"] for node in nodes[3:]} == {"Catalog files in the lake", "Catalog in the search index"}


async def test_each_node_tells_status_connector_login_and_last_run(call, sandbox):
    view = await tree(call, "Product Catalog")
    assert {node["status"] for node in view["nodes"]} == {"ACTIVE"}
    source, *nexsets = view["nodes"][:3]
    sinks = view["nodes"][3:]
    assert source["connector"] == "mysql"
    assert source["credential"] == "Warehouse management (MySQL)"
    assert {sink["connector"] for sink in sinks} == {"s3", "rest"}
    assert all(node["credential_id"] for node in (source, *sinks))
    assert all("credential_id" not in node for node in nexsets)
    newest = sandbox.world.simulation.run_ids(source["id"])[0]
    assert view["last_run_id"] == newest
    assert {node["last_run"] for node in view["nodes"]} == {view["last_run"]}
    rows = {(row.kind, row.resource_id): row for row in sandbox.world.simulation.series.of_run(source["id"], newest)}
    kinds = {"source": "data_sources", "nexset": "data_sets", "destination": "data_sinks"}
    for node in view["nodes"]:
        row = rows[kinds[node["type"]], node["id"]]
        assert (node["records"], node["errors"]) == (row.records, row.errors)


async def test_a_half_paused_tree_shows_where_it_stops(call, backstage):
    planted = next(item for item in backstage.troubles() if item["trouble"] == "half_paused_tree")
    view = await tree(call, planted["flow_id"])
    assert [node["status"] for node in view["nodes"]] == ["ACTIVE", "ACTIVE", "PAUSED", "PAUSED"]
    upper, lower = view["nodes"][:2], view["nodes"][2:]
    assert all(node["last_run"] == view["last_run"] for node in upper)
    assert all(node.get("last_run", "") < view["last_run"] for node in lower)
    assert next(node["node_id"] for node in lower) == planted["node_id"]


async def test_the_next_run_follows_the_schedule(call, sandbox):
    view = await tree(call, "Product Catalog")
    assert view["schedule"] == "0 40 0 * * ?"
    following = datetime.fromisoformat(view["next_scheduled_run"].replace("Z", "+00:00"))
    assert following > sandbox.world.clock.now()
    assert (following.hour, following.minute) == (0, 40)


async def test_a_stream_has_no_schedule(call):
    view = await tree(call, "Web Events")
    assert "schedule" not in view
    assert "next_scheduled_run" not in view
    assert view["last_run"]


@pytest.mark.parametrize("name", ["Returns Portal", "Holiday Campaign 2025"])
async def test_a_flow_at_rest_is_promised_no_run(call, name):
    answer = await call("get_flow", flow=name)
    assert answer.structured["schedule"]
    assert "next_scheduled_run" not in answer.structured


async def test_what_cannot_be_read_is_named_and_the_tree_stands(call, backstage):
    backstage.break_(kind="status", method="GET", route="/data_sources/{source_id}", status=403, count=None)
    view = await tree(call, "Product Catalog")
    assert len(view["nodes"]) == 5
    assert view["not_read"] == ["schedule: forbidden"]


async def test_flows_without_rows_are_filled_from_the_lists(call, backstage):
    whole = await tree(call, "Product Catalog")
    backstage.break_(kind="drop_field", method="GET", route="/flows/{flow_id}", field="data_sinks", count=None)
    filled = await tree(call, whole["flow_id"])
    assert [node.get("status") for node in filled["nodes"]] == ["ACTIVE"] * 5
    assert [node["name"] for node in filled["nodes"]] == [node["name"] for node in whole["nodes"]]


@pytest.mark.parametrize("kind", ["project", "team", "credential"])
async def test_what_stands_in_no_flow_is_refused(call, kind):
    answer = await call("get_flow", flow=1, type=kind)
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"


async def test_an_unknown_flow_and_a_twin_are_told_apart(call):
    assert (await call("get_flow", flow=999_999)).structured["code"] == "not_found"
    twins = await call("get_flow", flow="Customer Master")
    assert twins.structured["code"] == "ambiguous"
    assert "owner" in twins.structured["hint"]
