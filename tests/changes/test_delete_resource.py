"""`delete_resource`: for ever, after a person's word, pausing first, with all that could be kept in the receipt."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import FLOW, SPEC, TEAM, Scene, agreeing

pytestmark = pytest.mark.anyio

RUNNING = "Shopify Orders"


def lineage(scene: Scene, flow_id: int) -> list[tuple[Any, ...]]:
    """A flow by names: what hangs under what, with its configuration."""
    nodes = {row["id"]: row for row in scene.rows("flow_nodes", origin_node_id=flow_id)}
    kinds = {"data_source_id": "data_sources", "data_set_id": "data_sets", "data_sink_id": "data_sinks"}

    def name(node: Any) -> str:
        field = next(field for field in kinds if node[field] is not None)
        return str(scene.row(kinds[field], id=node[field])["name"])

    rows = []
    for node in nodes.values():
        field = next(field for field in kinds if node[field] is not None)
        row = scene.row(kinds[field], id=node[field])
        above = nodes.get(node["parent_node_id"])
        config = row.get("source_config") or row.get("sink_config") or row.get("transform_id")
        rows.append((name(above) if above else None, name(node), row["status"], str(config)))
    return sorted(rows, key=repr)


def grants(scene: Scene, flow_id: int) -> list[tuple[Any, ...]]:
    kinds = ("data_sources", "data_sets", "data_sinks")
    parts = {(kind, row["id"]): row["name"] for kind in kinds for row in scene.rows(kind, origin_node_id=flow_id)}
    return sorted(
        (parts[rule["resource_kind"], rule["resource_id"]], rule["type"], rule["subject_id"], *rule["access_roles"])
        for rule in scene.rows("accessors")
        if (rule["resource_kind"], rule["resource_id"]) in parts
    )


async def test_a_running_flow_is_paused_then_deleted_when_a_person_types_its_name(scene: Scene) -> None:
    flow = scene.flow_id(RUNNING)
    async with scene.connected(reply=agreeing) as call:
        done = await call("delete_resource", type="flow", resource=flow)
    assert done.state == "done"
    assert scene.rows("flow_nodes", origin_node_id=flow) == []
    assert scene.sent("PUT", "/data_sources/{source_id}/pause") == 1
    assert "never" not in done.structured["undo"]
    assert done.structured["undo"].startswith("rebuild")
    (question,) = scene.asked
    assert RUNNING in question.message


async def test_what_was_deleted_is_built_anew_from_its_receipt(scene: Scene) -> None:
    flow = scene.flow_id(RUNNING)
    before, shared = lineage(scene, flow), grants(scene, flow)
    async with scene.connected(reply=agreeing) as call:
        deleted = await call("delete_resource", type="flow", resource=flow)
        refused = await call("control_operation", operation=deleted.structured["operation"], action="undo")
        assert refused.code == "conflict"
        rebuilt = await call("control_operation", operation=deleted.structured["operation"], action="rebuild")
    assert rebuilt.state == "done", rebuilt.text
    anew = scene.flow_id(RUNNING)
    assert anew != flow
    assert lineage(scene, anew) == before
    assert grants(scene, anew) == shared


async def test_deleting_anything_that_something_hangs_on_has_to_be_asked_for(scene: Scene) -> None:
    flow = scene.flow_id(RUNNING)
    nexset = min(row["id"] for row in scene.rows("data_sets", origin_node_id=flow))
    before = scene.snapshot()
    async with scene.connected(reply=agreeing) as call:
        refused = await call("delete_resource", type="nexset", resource=nexset)
        assert refused.code == "conflict"
        assert "with_downstream" in refused.text
        assert scene.snapshot() == before
        done = await call("delete_resource", type="nexset", resource=nexset, with_downstream=True)
    assert done.state == "done"
    assert [row["name"] for row in scene.rows("data_sources", origin_node_id=flow)] == [RUNNING]
    assert scene.rows("data_sets", origin_node_id=flow) == []
    assert scene.rows("data_sinks", origin_node_id=flow) == []


async def test_a_destination_is_deleted_alone_and_built_anew_under_the_same_nexset(scene: Scene) -> None:
    flow = scene.flow_id(RUNNING)
    before = lineage(scene, flow)
    sink = scene.rows("data_sinks", origin_node_id=flow)[0]
    async with scene.connected(reply=agreeing) as call:
        deleted = await call("delete_resource", type="destination", resource=sink["id"])
        assert deleted.state == "done"
        assert scene.rows("data_sinks", id=sink["id"]) == []
        receipt = await call("get_operation", operation=deleted.structured["operation"])
        assert receipt.structured["kept"]["parts"][0]["name"] == sink["name"]
        assert "dana@acme.example" in receipt.structured["principal"]
        rebuilt = await call("control_operation", operation=deleted.structured["operation"], action="rebuild")
    assert rebuilt.state == "done", rebuilt.text
    assert lineage(scene, flow) == before


async def test_a_login_in_use_is_not_deleted(scene: Scene) -> None:
    login = scene.row("data_credentials", name="Snowflake analytics")
    async with scene.connected(reply=agreeing) as call:
        refused = await call("delete_resource", type="credential", resource=login["id"])
    assert refused.code == "conflict"
    assert "is used by" in refused.text
    assert scene.asked == []
    assert scene.rows("data_credentials", id=login["id"])


@pytest.mark.parametrize(
    ("kind", "collection", "name"),
    [("team", "teams", TEAM), ("project", "projects", "Finance"), ("lookup", "data_maps", "GL accounts")],
)
async def test_other_types_go_alone_and_say_what_is_lost(scene: Scene, kind: str, collection: str, name: str) -> None:
    target = scene.row(collection, name=name)["id"]
    async with scene.connected(reply=agreeing) as call:
        done = await call("delete_resource", type=kind, resource=target)
        assert done.state == "done"
        receipt = await call("get_operation", operation=done.structured["operation"])
        again = await call("control_operation", operation=done.structured["operation"], action="rebuild")
    assert scene.rows(collection, id=target) == []
    assert receipt.structured["cannot_be_put_back"]
    assert receipt.structured["decision"] == "a person, asked by the client"
    assert again.code == "conflict"


async def test_a_delete_that_is_refused_lets_the_flow_run_again(scene: Scene) -> None:
    flow = scene.flow_id(RUNNING)
    before = lineage(scene, flow)
    scene.break_("status", method="DELETE", route="/flows/{flow_id}", status=403, count=None)
    async with scene.connected(reply=agreeing) as call:
        failed = await call("delete_resource", type="flow", resource=flow)
    assert (failed.is_error, failed.code) == (True, "forbidden")
    assert lineage(scene, flow) == before


async def test_others_who_build_on_it_are_named(scene: Scene) -> None:
    """A flow of its own over a shared nexset hangs on the flow it was shared from (contract 9.1)."""
    async with scene.connected() as call:
        await call("create_flow", **{**SPEC, "access": []})
        nexset = scene.row("data_sets", name="Orders EU, cleaned")
        world = scene.sandbox.world
        node = world.store.insert(
            "flow_nodes",
            {
                **scene.row("flow_nodes", id=nexset["flow_node_id"]),
                "id": None,
                "parent_node_id": None,
                "shared_origin_node_id": nexset["flow_node_id"],
                "data_set_id": nexset["id"],
            },
        )
        world.store.put("flow_nodes", {**node, "origin_node_id": node["id"]})
        plan = await call("delete_resource", type="flow", resource=scene.flow_id(FLOW), dry_run=True)
    assert any(str(node["id"]) in line for line in plan.structured["also"])


@pytest.mark.parametrize("kind", ["user", "org"])
async def test_people_are_not_deleted(scene: Scene, kind: str) -> None:
    async with scene.connected(reply=agreeing) as call:
        refused = await call("delete_resource", type=kind, resource=1)
    assert refused.code == "bad_input"
