"""`create_transform` and `create_nexset`: code is checked before, made once, at work on samples, taken back by undo."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.changes.conftest import Scene

pytestmark = pytest.mark.anyio

RUNNING = "Churn Features"
DROP = [{"operation": "remove", "spec": {"segment": ""}}, {"operation": "default", "spec": {"origin": "model"}}]
MASK = "def transform(input, metadata, args):\n    input['email'] = '***'\n    return input\n"


async def undo(call: Any, operation: str) -> Any:
    asked = await call("control_operation", operation=operation, action="undo")
    token = asked.structured["confirmation"]
    return await call("control_operation", operation=operation, action="undo", confirmation=token)


def detected(scene: Scene, flow: str = RUNNING) -> Any:
    source = scene.row("data_sources", name=flow)
    return scene.row("data_sets", data_source_id=source["id"])


@pytest.mark.parametrize(
    ("arguments", "stored"),
    [
        (
            {"code": DROP},
            {"code_type": "jolt_standard", "code_encoding": "none", "code": DROP, "output_type": "record"},
        ),
        (
            {"code": MASK},
            {
                "code_type": "jolt_custom",
                "code_encoding": "none",
                "code": [
                    {
                        "operation": "nexla.custom",
                        "spec": {
                            "language": "python3",
                            "encoding": "base64",
                            "script": base64.b64encode(MASK.encode()).decode(),
                        },
                    }
                ],
            },
        ),
        (
            {"code": MASK, "output": "attribute"},
            {
                "output_type": "attribute",
                "code_type": "python3",
                "code_encoding": "base64",
                "code": base64.b64encode(MASK.encode()).decode(),
            },
        ),
    ],
)
async def test_a_transform_is_stored_as_the_contract_has_it_and_taken_back(
    scene: Scene, arguments: dict[str, Any], stored: dict[str, Any]
) -> None:
    before = scene.rows("code_containers")
    async with scene.connected() as call:
        done = await call("create_transform", name="New code", **arguments)
        assert done.state == "done"
        made = scene.row("code_containers", name="New code")
        assert {name: made[name] for name in stored} == stored
        assert made["reusable"] is True
        assert (await call("create_transform", name="New code", **arguments)).state == "unchanged"
        assert (await undo(call, done.structured["operation"])).state == "done"
    assert scene.rows("code_containers") == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"code": [{"operation": "shft", "spec": {}}]}, "shft"),
        ({"code": []}, "no operation"),
        ({"code": [{"spec": {}}]}, "operation 0"),
        ({"code": "def transform(input):\n    return input\n"}, "three positional arguments"),
        ({"code": "def transform(input, metadata, args)\n    return input\n"}, "line 1"),
        ({"code": DROP, "output": "attribute"}, "script"),
    ],
)
async def test_code_that_cannot_work_is_never_sent(scene: Scene, arguments: dict[str, Any], told: str) -> None:
    async with scene.connected() as call:
        refused = await call("create_transform", name="New code", **arguments)
    assert (refused.is_error, refused.code) == (True, "bad_input")
    assert told in refused.text
    assert scene.sent("POST", "/transforms") + scene.sent("POST", "/attribute_transforms") == 0


async def test_that_a_script_was_not_run_is_said_before(scene: Scene) -> None:
    async with scene.connected() as call:
        plan = await call("create_transform", name="New code", code=MASK, dry_run=True)
    assert plan.state == "planned"
    assert "not run" in plan.text
    assert scene.rows("code_containers", name="New code") == []


async def test_a_derived_nexset_shows_its_parents_records_transformed(scene: Scene) -> None:
    parent = detected(scene)
    records = parent["_sandbox"]["records"]
    before = scene.snapshot()
    async with scene.connected() as call:
        done = await call("create_nexset", name="Without segment", parent=parent["id"], code=DROP)
        assert done.state == "done"
        made = scene.row("data_sets", name="Without segment")
        assert (made["parent_data_set_id"], made["status"]) == (parent["id"], "INIT")
        assert made["transform"]["transforms"] == DROP
        again = await call("create_nexset", name="Without segment", parent=parent["id"], code=DROP)
        assert again.state == "unchanged"
        started = await call("activate", type="nexset", resource=made["id"], verify=False)
        assert started.state == "done"
        scene.sandbox.world.clock.advance(2 * 86_400)
        samples = await call("get_samples", nexset=made["id"], limit=100)
        wanted = [{**{k: v for k, v in record.items() if k != "segment"}, "origin": "model"} for record in records]
        assert samples.structured["records"] == wanted
        schema = scene.row("data_sets", id=made["id"])["output_schema"]["properties"]
        assert "segment" not in schema
        assert "origin" in schema
        assert (await undo(call, started.structured["operation"])).state == "done"
        assert (await undo(call, done.structured["operation"])).state == "done"
    assert scene.snapshot() == before


async def test_a_transform_that_throws_passes_records_through_and_is_told(scene: Scene) -> None:
    """A script that pops a field that is not there: Nexla passes the records through unchanged."""
    script = "def transform(input, metadata, args):\n    input.pop('nowhere')\n    return input\n"
    parent = detected(scene)
    async with scene.connected() as call:
        made = await call("create_nexset", name="Broken", parent=parent["id"], code=script)
        assert made.state == "done"
        nexset = scene.row("data_sets", name="Broken")["id"]
        await call("activate", type="nexset", resource=nexset, verify=False)
        scene.sandbox.world.clock.advance(2 * 86_400)
        samples = await call("get_samples", nexset=nexset, limit=100)
        logs = await call("fetch_logs", resource=nexset, type="nexset", since="3d", severity="ERROR")
    assert samples.structured["records"] == parent["_sandbox"]["records"]
    assert "KeyError" in logs.text


async def test_one_of_transform_and_code(scene: Scene) -> None:
    parent = detected(scene)
    shared = scene.rows("code_containers", output_type="record")[0]["id"]
    async with scene.connected() as call:
        both = await call("create_nexset", name="Both", parent=parent["id"], transform=shared, code=DROP)
        assert (both.is_error, both.code) == (True, "bad_input")
        one = await call("create_nexset", name="Shared", parent=parent["id"], transform=shared)
        assert one.state == "done"
    assert scene.row("data_sets", name="Shared")["transform_id"] == shared
    assert scene.rows("data_sets", name="Both") == []


async def test_a_destination_without_a_table_stays_in_processing_until_it_has_one(scene: Scene) -> None:
    sink = next(row for row in scene.rows("data_sinks") if row["sink_type"] == "snowflake")
    world = scene.sandbox.world
    config = sink["sink_config"]
    bare = {name: value for name, value in config.items() if name != "table"}
    world.store.put("data_sinks", {**sink, "sink_config": bare, "status": "PAUSED"})
    async with scene.connected() as call:
        await call("activate", type="destination", resource=sink["id"], verify=False)
        assert scene.row("data_sinks", id=sink["id"])["status"] == "PROCESSING"
        changes = {"config": {"table": config["table"]}}
        done = await call("update_resource", type="destination", resource=sink["id"], changes=changes)
        token = done.structured["confirmation"]
        done = await call(
            "update_resource", type="destination", resource=sink["id"], changes=changes, confirmation=token
        )
        assert done.state == "done"
    assert scene.row("data_sinks", id=sink["id"])["status"] == "ACTIVE"
