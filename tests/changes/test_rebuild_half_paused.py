"""A flow that was paused in part is built anew as it was: what rested rests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import Scene, agreeing
from tests.changes.test_running import HALF_PAUSED, HEALTHY, confirmed

pytestmark = pytest.mark.anyio


def statuses(scene: Scene, flow: int) -> dict[tuple[str, str], str]:
    kinds = ("data_sources", "data_sets", "data_sinks")
    return {(kind, row["name"]): row["status"] for kind in kinds for row in scene.rows(kind, origin_node_id=flow)}


async def rebuilt(scene: Scene, flow: int) -> tuple[dict[str, Any], int]:
    """What the rebuild of a deleted flow says, and the new flow's id."""
    name = scene.row("data_sources", flow_node_id=flow)["name"]
    async with scene.connected(reply=agreeing) as call:
        deleted = await call("delete_resource", type="flow", resource=flow)
        assert deleted.state == "done", deleted.text
        done = await call("control_operation", operation=deleted.structured["operation"], action="rebuild")
    assert done.state == "done", done.text
    return done.structured, scene.flow_id(name)


async def test_what_rested_in_a_half_paused_flow_rests_again(scene: Scene) -> None:
    planted = scene.sandbox.world.store.recall("troubles", [])
    flow = next(item["flow_id"] for item in planted if item["trouble"] == HALF_PAUSED)
    before = statuses(scene, flow)
    assert set(before.values()) == {"ACTIVE", "PAUSED"}
    _, anew = await rebuilt(scene, flow)
    after = statuses(scene, anew)
    running = {key for key, status in before.items() if status == "ACTIVE"}
    assert {key for key, status in after.items() if status == "ACTIVE"} == running
    assert set(after) == set(before)


async def test_an_end_that_rested_gets_no_records_from_the_rebuild(scene: Scene) -> None:
    flow = scene.flow_id(HEALTHY)
    (sink,) = scene.rows("data_sinks", origin_node_id=flow)
    async with scene.connected() as call:
        await confirmed(call, "pause", type="destination", resource=sink["id"])
    said, anew = await rebuilt(scene, flow)
    assert statuses(scene, anew)["data_sinks", sink["name"]] != "ACTIVE"
    assert said.get("verified") is None
