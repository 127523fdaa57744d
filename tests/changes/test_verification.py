"""Verification after a change: records flow, and in the shape that is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from nexla_mcp.operations.passed_through import may_change_nothing
from tests.changes.conftest import Scene
from tests.changes.test_running import HEALTHY, confirmed

pytestmark = pytest.mark.anyio

PASSED_THROUGH = "transform_error_passed_through"
TO_ITSELF = [{"operation": "shift", "spec": {"*": "&"}}]
RENAMES = [{"operation": "shift", "spec": {"order_id": "id", "*": "&"}}]
COPY_OF_ALL = {"operation": "nexla.custom", "spec": {"language": "python", "encoding": "base64", "script": "cGFzcw=="}}


def trouble(scene: Scene) -> dict[str, Any]:
    """The seeded flow whose transform throws, so that its records pass through."""
    return next(item for item in scene.sandbox.world.store.recall("troubles", []) if item["trouble"] == PASSED_THROUGH)


def rewrite(scene: Scene, kind: str, identifier: int, **fields: Any) -> None:
    """A document set from outside."""
    scene.sandbox.world.store.put(kind, {**scene.row(kind, id=identifier), **fields})


async def restarted(scene: Scene, flow: int, *, meanwhile: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """The flow is paused and activated again; what the activation said of the records."""
    async with scene.connected() as call:
        await confirmed(call, "pause", resource=flow)
        meanwhile()
        started = await call("activate", resource=flow)
    assert started.state == "done", started.text
    verdict: dict[str, Any] = started.structured
    return verdict


def evidence(verdict: dict[str, Any]) -> str:
    (step,) = (step for step in verdict["steps"] if step["step"] == "verify")
    return str(step["result"])


async def test_records_that_flow_through_a_transform_unchanged_are_no_success(scene: Scene) -> None:
    """Records reach the end of the flow, and no node shows an error: only the samples tell."""
    planted = trouble(scene)
    verdict = await restarted(scene, planted["flow_id"])
    assert verdict["verified"] == "failed"
    nexset = scene.row("data_sets", id=planted["resource_id"])
    assert f"nexset {nexset['id']}" in evidence(verdict)
    assert str(nexset["parent_data_set_id"]) in evidence(verdict)


def let_through(scene: Scene, flow: int, **fields: Any) -> Mapping[str, Any]:
    """The derived nexset of a flow, from now on with the records of its parent."""
    (derived,) = (row for row in scene.rows("data_sets", origin_node_id=flow) if row["parent_data_set_id"])
    records = scene.row("data_sets", id=derived["parent_data_set_id"])["_sandbox"]["records"]
    rewrite(
        scene, "data_sets", derived["id"], _sandbox={**derived["_sandbox"], "records": records, "fixed": True}, **fields
    )
    return derived


@pytest.mark.parametrize(
    ("code", "verified"),
    [
        (TO_ITSELF, "verified"),
        ([{"operation": "default", "spec": {"currency": "EUR"}}], "verified"),
        (RENAMES, "failed"),
    ],
)
async def test_a_transform_that_may_leave_records_as_they_are_is_told_and_passes(
    scene: Scene, code: list[Any], verified: str
) -> None:
    flow = scene.flow_id(HEALTHY)
    derived = let_through(scene, flow)
    rewrite(scene, "code_containers", derived["transform_id"], code=code)
    verdict = await restarted(scene, flow)
    assert verdict["verified"] == verified
    assert f"nexset {derived['id']}" in evidence(verdict)


@pytest.mark.parametrize("transform", [{}, {"version": 1, "data_maps": [], "transforms": [], "custom_config": {}}])
async def test_a_nexset_without_a_transform_is_compared_with_nothing(scene: Scene, transform: dict[str, Any]) -> None:
    flow = scene.flow_id(HEALTHY)
    derived = let_through(scene, flow, transform_id=None, code_container_id=None, transform=transform)
    verdict = await restarted(scene, flow)
    assert verdict["verified"] == "verified"
    assert f"nexset {derived['id']}" not in evidence(verdict)


async def test_a_healthy_transform_says_nothing_of_samples(scene: Scene) -> None:
    verdict = await restarted(scene, scene.flow_id(HEALTHY))
    assert verdict["verified"] == "verified"
    assert "samples" not in evidence(verdict)


async def test_samples_that_cannot_be_read_prove_nothing(scene: Scene) -> None:
    planted = trouble(scene)
    route = "/data_sets/{set_id}/samples"
    verdict = await restarted(
        scene,
        planted["flow_id"],
        meanwhile=lambda: scene.break_("status", method="GET", route=route, status=403, count=None),
    )
    assert verdict["verified"] == "verified"


async def test_a_destination_that_stays_in_processing_is_not_yet_and_named(scene: Scene) -> None:
    """It is active and nothing arrives, as on the platform where the table is not there."""
    flow = scene.flow_id(HEALTHY)
    (sink,) = scene.rows("data_sinks", origin_node_id=flow)

    def stall(seconds: float) -> None:
        rewrite(scene, "data_sinks", sink["id"], status="PROCESSING")

    async with scene.connected() as call:
        await confirmed(call, "pause", resource=flow)
        scene.clock.passes = stall
        started = await call("activate", resource=flow)
    assert started.structured["verified"] == "not_yet"
    assert f"destination {sink['id']}" in evidence(started.structured)
    assert "PROCESSING" in evidence(started.structured)


@pytest.mark.parametrize(
    ("transform", "may"),
    [
        (None, True),
        ([], True),
        ({}, True),
        (TO_ITSELF, True),
        (TO_ITSELF[0], True),
        ({"version": 1, "transforms": TO_ITSELF}, True),
        ([{"operation": "remove", "spec": {"password": ""}}], True),
        (RENAMES, False),
        ([*TO_ITSELF, *RENAMES], False),
        ([COPY_OF_ALL], False),
        ({"version": 1, "transforms": [COPY_OF_ALL]}, False),
        ("ZGVmIHRyYW5zZm9ybSgpOg==", False),
        ({"something": "else"}, False),
        (["text"], False),
    ],
)
async def test_which_transforms_may_leave_a_record_as_it_is(transform: Any, may: bool) -> None:
    assert may_change_nothing(transform) is may
