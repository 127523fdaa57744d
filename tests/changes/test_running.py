"""`activate` and `pause`: a node with everything downstream, read back, and put back by undo."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import Scene

pytestmark = pytest.mark.anyio

HEALTHY, HALF_PAUSED, NEVER_RUN = "Shopify Orders", "half_paused_tree", "Returns Portal"
KINDS = {"source": "data_sources", "nexset": "data_sets", "destination": "data_sinks"}


def statuses(scene: Scene, flow_id: int) -> dict[tuple[str, int], str]:
    return {
        (kind, row["id"]): row["status"]
        for kind, collection in KINDS.items()
        for row in scene.rows(collection, origin_node_id=flow_id)
    }


async def confirmed(call: Any, tool: str, **arguments: Any) -> Any:
    """The call made, and made again with the token that it answers with."""
    first = await call(tool, **arguments)
    assert first.state == "confirmation_required", first.text
    return await call(tool, **arguments, confirmation=first.structured["confirmation"])


async def test_pausing_a_flow_stops_all_of_it_and_undo_starts_it_again(scene: Scene) -> None:
    flow = scene.flow_id(HEALTHY)
    before = statuses(scene, flow)
    async with scene.connected() as call:
        paused = await confirmed(call, "pause", resource=flow)
        assert paused.state == "done"
        assert set(statuses(scene, flow).values()) == {"PAUSED"}
        undone = await call("control_operation", operation=paused.structured["operation"], action="undo")
        assert undone.state == "done"
        assert statuses(scene, flow) == before
        receipt = await call("get_operation", operation=paused.structured["operation"])
    assert receipt.state == "undone"
    assert "PAUSED" in str(paused.structured["steps"][0]["result"])


@pytest.mark.parametrize("kind", ["nexset", "destination"])
async def test_pausing_a_part_leaves_what_is_upstream_running(scene: Scene, kind: str) -> None:
    flow = scene.flow_id(HEALTHY)
    target = max(row["id"] for row in scene.rows(KINDS[kind], origin_node_id=flow))
    async with scene.connected() as call:
        assert (await confirmed(call, "pause", resource=target, type=kind)).state == "done"
    after = statuses(scene, flow)
    assert after[kind, target] == "PAUSED"
    assert {status for (other, _), status in after.items() if other == "source"} == {"ACTIVE"}


async def test_a_half_paused_tree_is_put_back_as_it_was(scene: Scene) -> None:
    """Undo gives each node its own state back: what rested before rests again."""
    flow = next(
        item["flow_id"] for item in scene.sandbox.world.store.recall("troubles", []) if item["trouble"] == HALF_PAUSED
    )
    before = statuses(scene, flow)
    assert set(before.values()) == {"ACTIVE", "PAUSED"}
    async with scene.connected() as call:
        started = await call("activate", resource=flow, verify=False)
        assert set(statuses(scene, flow).values()) == {"ACTIVE"}
        asked = await call("control_operation", operation=started.structured["operation"], action="undo")
        assert asked.state == "confirmation_required"
        await call(
            "control_operation",
            operation=started.structured["operation"],
            action="undo",
            confirmation=asked.structured["confirmation"],
        )
        assert statuses(scene, flow) == before
        paused = await confirmed(call, "pause", resource=flow)
        assert set(statuses(scene, flow).values()) == {"PAUSED"}
        await call("control_operation", operation=paused.structured["operation"], action="undo")
    assert statuses(scene, flow) == before


async def test_what_runs_or_rests_already_is_left_alone(scene: Scene) -> None:
    flow = scene.flow_id(HEALTHY)
    async with scene.connected() as call:
        scene.sandbox.world.requests.clear()
        assert (await call("activate", resource=flow)).state == "unchanged"
        await confirmed(call, "pause", resource=flow)
        assert (await call("pause", resource=flow)).state == "unchanged"
    assert scene.sent("PUT", "/flows/{flow_id}/activate") == 0
    assert scene.sent("PUT", "/flows/{flow_id}/pause") == 1


async def test_activating_looks_whether_records_flow(scene: Scene) -> None:
    flow = scene.flow_id(HEALTHY)
    async with scene.connected() as call:
        await confirmed(call, "pause", resource=flow)
        started = await call("activate", resource=flow)
    assert started.state == "done"
    assert started.structured["verified"] == "verified"


async def test_a_flow_that_moves_nothing_yet_is_said_to_be_so(scene: Scene) -> None:
    """Nothing runs through a flow whose login is refused; the activation itself is done and says what it saw."""
    flow = scene.flow_id("Billing Invoices")
    async with scene.connected() as call:
        await confirmed(call, "pause", resource=flow)
        started = await call("activate", resource=flow)
    assert started.state == "done"
    assert started.structured["verified"] in {"failed", "not_yet"}


async def test_upstream_that_rests_is_told(scene: Scene) -> None:
    flow = scene.flow_id(HEALTHY)
    target = scene.rows("data_sinks", origin_node_id=flow)[0]["id"]
    async with scene.connected() as call:
        await confirmed(call, "pause", resource=flow)
        plan = await call("activate", resource=target, type="destination", dry_run=True)
    assert any("upstream" in note for note in plan.structured["notes"])


@pytest.mark.parametrize("tool", ["activate", "pause"])
async def test_an_id_that_nobody_has_is_not_found(scene: Scene, tool: str) -> None:
    async with scene.connected() as call:
        answer = await call(tool, resource=987654)
    assert (answer.is_error, answer.code) == (True, "not_found")


async def test_a_role_that_does_not_suffice_is_refused_and_told(scene: Scene) -> None:
    """Sam sees Dana's flow as operator of some and not of others."""
    sam = scene.settings.model_copy(update={"service_key": type(scene.settings.service_key)(_sam(scene))})
    other = Scene(scene.sandbox, sam, scene.clock)
    flow = next(
        row["flow_node_id"]
        for row in scene.rows("data_sources", status="ACTIVE")
        if row["owner_id"] != scene.row("users", email="sam@acme.example")["id"]
        and not scene.rows("accessors", resource_id=row["id"])
    )
    before = statuses(scene, flow)
    async with other.connected() as call:
        answer = await call("pause", resource=flow)
    assert answer.is_error
    assert answer.code in {"forbidden", "not_found"}
    assert statuses(scene, flow) == before


def _sam(scene: Scene) -> str:
    return next(key for key in scene.sandbox.service_keys.values() if "sam" in key)
