"""`migrate_schema`: a nexset's successor runs beside it, is compared, and takes its place, or nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import SPEC, Called, Scene
from tests.matrix.write_tools import confirmed

pytestmark = pytest.mark.anyio

FLOW = "Shopify Orders"
PRESENT, NEXT = "Orders, cleaned", "Orders, cleaned v2"
SHIFT = [{"operation": "shift", "spec": {"*": "&", "order_id": "number"}}]
"""Another name for one field, and all others as they are."""


def present(scene: Scene) -> int:
    return int(scene.row("data_sets", name=PRESENT)["id"])


def sink(scene: Scene) -> Any:
    return scene.row("data_sinks", name="Orders in Snowflake")


def arguments(scene: Scene, **more: Any) -> dict[str, Any]:
    return {"nexset": present(scene), "code": SHIFT, "name": NEXT, **more}


async def migrated(scene: Scene, call: Any, **more: Any) -> Called:
    answer: Called = await confirmed(call, "migrate_schema", **arguments(scene, **more))
    return answer


def told(answer: Called, key: str) -> str:
    return next(str(step.get("result")) for step in answer.structured["steps"] if step["step"] == key)


async def test_the_new_nexset_takes_the_place_of_the_old_one(scene: Scene) -> None:
    async with scene.connected() as call:
        done = await migrated(scene, call)
    assert done.state == "done", done.text
    following = scene.row("data_sets", name=NEXT)
    assert following["status"] == "ACTIVE"
    assert following["parent_data_set_id"] == scene.row("data_sets", name=PRESENT)["parent_data_set_id"]
    assert (sink(scene)["data_set_id"], sink(scene)["status"]) == (following["id"], "ACTIVE")
    assert scene.row("data_sets", name=PRESENT)["status"] == "PAUSED"
    assert done.structured["verified"] == "verified"
    assert "gained" in told(done, "compare")
    assert "records" in told(done, "compare")


async def test_it_wants_agreement_and_says_what_it_will_do(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected() as call:
        asked = await call("migrate_schema", **arguments(scene))
    assert asked.state == "confirmation_required"
    assert asked.structured["risk"] == "disruptive"
    assert asked.structured["undo"] == "undo"
    steps = [step["step"].partition(":")[0] for step in asked.structured["steps"]]
    assert steps == ["next", "start", "compare", "pause", "switch", "start", "rest", "verify"]
    assert scene.snapshot() == before


@pytest.mark.parametrize("more", [{}, {"parallel": True}])
async def test_undo_puts_everything_back(scene: Scene, more: dict[str, Any]) -> None:
    before = scene.snapshot()
    given = {"parallel": {str(sink(scene)["id"]): {"table": "ORDERS_V2"}}} if more else {}
    async with scene.connected() as call:
        done = await migrated(scene, call, **given)
        assert done.state == "done", done.text
        undone = await confirmed(call, "control_operation", operation=done.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


async def test_a_second_call_changes_nothing(scene: Scene) -> None:
    async with scene.connected() as call:
        given = arguments(scene)
        assert (await migrated(scene, call)).state == "done"
        after = scene.snapshot()
        assert (await call("migrate_schema", **given)).state == "unchanged"
    assert scene.snapshot() == after


async def test_a_double_writes_elsewhere_until_its_original_is_switched(scene: Scene) -> None:
    async with scene.connected() as call:
        done = await migrated(scene, call, parallel={str(sink(scene)["id"]): {"table": "ORDERS_V2"}})
    assert done.state == "done", done.text
    double = scene.row("data_sinks", name="Orders in Snowflake, parallel")
    assert double["sink_config"] == {**sink(scene)["sink_config"], "table": "ORDERS_V2"}
    assert double["status"] == "PAUSED"
    assert f"its double {double['id']}" in told(done, "compare")


async def test_a_double_that_would_write_to_the_same_place_is_refused(scene: Scene) -> None:
    async with scene.connected() as call:
        for fields in ({}, {"table": sink(scene)["sink_config"]["table"]}):
            answer = await call("migrate_schema", **arguments(scene, parallel={str(sink(scene)["id"]): fields}))
            assert (answer.is_error, answer.code) == (True, "bad_input")
        unknown = await call("migrate_schema", **arguments(scene, parallel={"12": {"table": "X"}}))
    assert (unknown.is_error, unknown.code) == (True, "bad_input")
    assert str(sink(scene)["id"]) in unknown.text


async def test_samples_that_do_not_fit_the_new_schema_put_everything_back(scene: Scene) -> None:
    before = scene.snapshot()
    schema = {"type": "object", "required": ["never_there"]}
    async with scene.connected() as call:
        failed = await migrated(scene, call, json_schema=schema)
    assert (failed.is_error, failed.code) == (True, "not_verified")
    assert "never_there" in failed.text
    assert scene.snapshot() == before


async def test_a_schema_alone_keeps_the_transform(scene: Scene) -> None:
    schema = {"type": "object", "properties": {"id": {"type": ["string", "integer"]}}}
    async with scene.connected() as call:
        given = {"nexset": present(scene), "name": NEXT, "json_schema": schema}
        done = await confirmed(call, "migrate_schema", **given)
    assert done.state == "done", done.text
    following = scene.row("data_sets", name=NEXT)
    assert following["transform_id"] == scene.row("data_sets", name=PRESENT)["transform_id"]
    assert following["output_validation_schema"] == schema
    assert following["output_schema_validation_enabled"] is True
    assert "samples fit the schema" in told(done, "compare")


async def test_a_transform_that_does_nothing_puts_everything_back(scene: Scene) -> None:
    """A transform that throws lets records through unchanged, which moves records and proves nothing."""
    before = scene.snapshot()
    script = "def transform(input, metadata, args):\n    raise ValueError('no')\n"
    async with scene.connected() as call:
        failed = await migrated(scene, call, code=script)
    assert failed.is_error
    assert failed.code == "not_verified", failed.text
    assert scene.snapshot() == before


async def test_without_a_run_nothing_is_switched(scene: Scene) -> None:
    before = scene.snapshot()
    scene.break_("status", method="GET", route="/data_sets/{set_id}/samples", status=503, count=None)
    async with scene.connected() as call:
        failed = await migrated(scene, call, wait_minutes=1)
    assert (failed.is_error, failed.code) == (True, "not_verified")
    scene.mend()
    assert scene.snapshot() == before


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("POST", "/data_sets"),
        ("PUT", "/data_sets/{set_id}/activate"),
        ("PUT", "/data_sinks/{sink_id}/pause"),
        ("PUT", "/data_sinks/{sink_id}"),
        ("PUT", "/data_sets/{set_id}/pause"),
    ],
)
async def test_a_step_that_is_refused_puts_everything_back(scene: Scene, method: str, route: str) -> None:
    before = scene.snapshot()
    scene.break_("status", method=method, route=route, status=403)
    async with scene.connected() as call:
        failed = await migrated(scene, call)
    assert (failed.is_error, failed.code) == (True, "forbidden"), failed.text
    assert scene.snapshot() == before


async def test_a_resting_nexset_is_replaced_by_a_resting_one(scene: Scene) -> None:
    async with scene.connected() as call:
        assert (await confirmed(call, "pause", resource=scene.flow_id(FLOW))).state == "done"
        before = scene.snapshot()
        done = await migrated(scene, call)
        assert done.state == "done", done.text
        assert "ACTIVE" not in scene.statuses(scene.flow_id(FLOW))
        assert sink(scene)["data_set_id"] == scene.row("data_sets", name=NEXT)["id"]
        undone = await confirmed(call, "control_operation", operation=done.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


async def test_a_detected_nexset_is_succeeded_by_its_child(scene: Scene) -> None:
    async with scene.connected() as call:
        built = await call("create_flow", **{**SPEC, "nexsets": [], "verify": False, "access": []})
        assert built.state == "done", built.text
        source = scene.row("data_sources", name=SPEC["name"])
        detected = scene.row("data_sets", data_source_id=source["id"])
        code = [{"operation": "shift", "spec": {"*": "&", "amount": "total"}}]
        done = await confirmed(call, "migrate_schema", nexset=detected["id"], code=code, name="Orders EU v2")
    assert done.state == "done", done.text
    following = scene.row("data_sets", name="Orders EU v2")
    assert following["parent_data_set_id"] == detected["id"]
    assert scene.row("data_sets", id=detected["id"])["status"] == "ACTIVE"
    assert scene.row("data_sinks", origin_node_id=source["flow_node_id"])["data_set_id"] == following["id"]


@pytest.mark.parametrize(
    "more", [{"code": None}, {"transform": 1}, {"code": [{"operation": "no such", "spec": {}}]}, {"name": " "}]
)
async def test_what_cannot_work_is_refused_before_anything_is_sent(scene: Scene, more: dict[str, Any]) -> None:
    before = scene.snapshot()
    async with scene.connected() as call:
        answer = await call("migrate_schema", **arguments(scene, **more))
    assert (answer.is_error, answer.code) == (True, "bad_input")
    assert scene.snapshot() == before


async def test_something_else_of_the_wanted_name_is_left_alone(scene: Scene) -> None:
    async with scene.connected() as call:
        assert (await migrated(scene, call)).state == "done"
        code = [{"operation": "shift", "spec": {"*": "&"}}]
        answer = await call("migrate_schema", **arguments(scene, code=code))
    assert (answer.is_error, answer.code) == (True, "conflict")


async def test_a_nexset_that_others_are_made_from_goes_on_running(scene: Scene) -> None:
    async with scene.connected() as call:
        child = await call("create_nexset", name="Orders, by day", parent=present(scene), code=SHIFT)
        assert child.state == "done", child.text
        done = await migrated(scene, call)
    assert done.state == "done", done.text
    assert "is not paused" in " ".join(done.structured["notes"])
    assert scene.row("data_sets", name=PRESENT)["status"] == "ACTIVE"
    assert scene.row("data_sets", name="Orders, by day")["parent_data_set_id"] == present(scene)


async def test_an_earlier_try_that_was_left_in_the_middle_is_finished(scene: Scene) -> None:
    """What it paused runs again: that it ran is known from the try's receipt, and from nowhere else."""
    scene.break_("status", method="PUT", route="/data_sinks/{sink_id}/activate", status=403, count=None)
    async with scene.connected() as call:
        failed = await migrated(scene, call)
        assert failed.is_error
        assert sink(scene)["status"] == "PAUSED"
        scene.mend()
        done = await migrated(scene, call)
    assert done.state == "done", done.text
    assert (sink(scene)["status"], sink(scene)["data_set_id"]) == ("ACTIVE", scene.row("data_sets", name=NEXT)["id"])
    assert scene.row("data_sets", name=PRESENT)["status"] == "PAUSED"
