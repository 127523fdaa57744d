"""`check_readiness`: each point looked up, and the call that closes each gap."""

from __future__ import annotations

from typing import Any

import pytest

from nexla_mcp.sandbox import kinds
from tests.changes.conftest import SPEC, Scene, anyio_backend, scene
from tests.tools.outside import Outside

__all__ = ["anyio_backend", "scene"]

pytestmark = pytest.mark.anyio

FLOW = "Shopify Orders"
POINTS = {
    "credentials",
    "owner and accessors",
    "notifications",
    "documentation",
    "schema validation",
    "no secrets in configs",
    "unique name",
    "active",
    "rollback",
}


async def looked(scene: Scene, flow: int | str = FLOW, **settings: Any) -> dict[str, dict[str, Any]]:
    async with scene.connected(**settings) as call:
        answer = await call("check_readiness", flow=flow)
    assert not answer.is_error, answer.text
    points = {point["point"]: point for point in answer.structured["points"]}
    assert answer.structured["ready"] is all(point["state"] == "ok" for point in points.values())
    return points


def changed(scene: Scene, kind: str, name: str, **values: Any) -> None:
    row = scene.row(kind, name=name)
    scene.sandbox.world.store.put(kind, {**row, **values})


async def test_every_point_is_looked_up_and_gaps_come_first_with_their_mending(scene: Scene) -> None:
    async with scene.connected() as call:
        answer = await call("check_readiness", flow=FLOW)
    points = answer.structured["points"]
    assert {point["point"] for point in points} == POINTS
    states = [("gap", "unknown", "ok").index(point["state"]) for point in points]
    assert states == sorted(states)
    assert all(point.get("mend") for point in points if point["state"] == "gap")
    assert answer.text.startswith("NOT READY")


async def test_a_flow_without_a_gap_is_ready(scene: Scene) -> None:
    flow = scene.flow_id(FLOW)
    for kind in (kinds.SOURCES, kinds.NEXSETS, kinds.DESTINATIONS):
        for row in scene.rows(kind, origin_node_id=flow):
            told = {"description": "What it is for", "output_schema_validation_enabled": True}
            scene.sandbox.world.store.put(kind, {**row, **told})
    assert {name for name, point in (await looked(scene)).items() if point["state"] != "ok"} == {"notifications"}
    source = scene.row(kinds.SOURCES, name=FLOW)
    setting = {
        "notification_type_id": Outside(scene).get("/notification_types")[0]["id"],
        "channel": "EMAIL",
        "notification_resource_type": "SOURCE",
        "resource_id": source["id"],
        "status": "ACTIVE",
    }
    written = Outside(scene).post("/notification_settings", setting)
    assert (await looked(scene))["notifications"]["state"] == "ok"
    scene.sandbox.world.store.put(
        "notification_settings", {**scene.row("notification_settings", id=written["id"]), "status": "PAUSED"}
    )
    assert (await looked(scene))["notifications"]["state"] == "gap"


async def test_logins_are_tried_now_whatever_nexla_remembers(scene: Scene) -> None:
    async with scene.connected() as call:
        report = await call("run_health_check")
        sick = next(
            flow["flow_id"]
            for flow in report.structured["flows"]
            if any(finding["trouble"] == "refused_credential" for finding in flow.get("findings", ()))
        )
    points = await looked(scene, sick)
    assert points["credentials"]["state"] == "gap"
    assert "rotate_credential" in points["credentials"]["mend"]


async def test_twins_are_told_with_the_other_flow(scene: Scene) -> None:
    rows = scene.rows("data_sources", name="Customer Master")
    points = await looked(scene, int(rows[0]["flow_node_id"]))
    assert points["unique name"]["state"] == "gap"
    assert str(rows[1]["flow_node_id"]) in points["unique name"]["seen"]


async def test_a_secret_in_a_config_is_found_and_not_shown(scene: Scene) -> None:
    row = scene.row("data_sources", name=FLOW)
    config = {**row["source_config"], "api.key": "c4n4ry-literal", "url": "https://u:c4n4ry-literal@host/x"}
    changed(scene, "data_sources", FLOW, source_config=config)
    async with scene.connected() as call:
        answer = await call("check_readiness", flow=FLOW)
    point = next(item for item in answer.structured["points"] if item["point"] == "no secrets in configs")
    assert point["state"] == "gap"
    assert "source_config/api.key" in point["seen"]
    assert "source_config/url" in point["seen"]
    assert "c4n4ry" not in answer.text


async def test_what_rests_and_what_nobody_else_reaches_are_gaps(scene: Scene) -> None:
    points = await looked(scene, "Loyalty Members")
    assert points["active"]["state"] == "gap"
    assert "activate(" in points["active"]["mend"]
    store = scene.sandbox.world.store
    for row in list(store.all("accessors")):
        store.delete("accessors", row["id"])
    assert (await looked(scene))["owner and accessors"]["state"] == "gap"


async def test_a_change_that_can_be_undone_is_a_way_back(scene: Scene) -> None:
    async with scene.connected() as call:
        done = await call("create_flow", **SPEC)
        assert done.state == "done"
        answer = await call("check_readiness", flow=SPEC["name"])
    point = next(item for item in answer.structured["points"] if item["point"] == "rollback")
    assert point["state"] == "ok"
    assert done.structured["operation"] in point["seen"]


async def test_a_look_that_fails_is_unknown_and_takes_no_other_with_it(scene: Scene) -> None:
    route = "/notification_settings/{resource_type}/{resource_id}"
    scene.break_("status", method="GET", route=route, status=403, count=None)
    points = await looked(scene)
    assert points["notifications"]["state"] == "unknown"
    assert points["unique name"]["state"] == "ok"


async def test_it_works_for_whoever_may_only_read(scene: Scene) -> None:
    assert set(await looked(scene, read_only=True)) == POINTS
