"""Receipts: what was done, by whom, who allowed it, readable as tool and as resource, in either era."""

from __future__ import annotations

import mcp_types as protocol
import pytest
from mcp import Client, MCPError

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.planning.survey import name_lock
from nexla_mcp.safety.executor import Executor
from nexla_mcp.safety.ledger import Claim
from nexla_mcp.server import Account, build_toolbox, compose
from nexla_mcp.starting import state_account
from tests.changes.conftest import ERAS, FLOW, SPEC, Scene
from tests.unit.plans import plan

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("era", ERAS)
async def test_a_receipt_is_a_resource(scene: Scene, era: str) -> None:
    server, account = compose(scene.settings, scene.clock)
    async with Client(server, mode=era) as client:
        done = await client.call_tool("create_flow", SPEC)
        assert done.structured_content
        operation = done.structured_content["operation"]
        read = await client.read_resource(f"nexla://receipts/{operation}")
        (contents,) = read.contents
        assert isinstance(contents, protocol.TextResourceContents)
        told = await client.call_tool("get_operation", {"operation": operation})
        assert [part.text for part in told.content if part.type == "text"] == [contents.text]
        with pytest.raises(MCPError):
            await client.read_resource("nexla://receipts/0000000000000000")
    await account.close()
    assert FLOW in contents.text


async def test_a_receipt_tells_who_what_and_how_it_was_allowed(scene: Scene) -> None:
    async with scene.connected() as call:
        done = await call("create_flow", **SPEC)
        receipt = await call("get_operation", operation=done.structured["operation"])
    told = receipt.structured
    assert told["arguments"]["source"]["connector"] == "s3"
    assert told["decision"] == "needed no confirmation"
    assert told["undo"] == "undo"
    assert {row["role"] for row in told["resources"]} >= {"made"}
    assert all(step["state"] == "done" for step in told["steps"])
    assert told["started"] <= told["ended"]


async def test_the_newest_changes_are_listed_first(scene: Scene) -> None:
    async with scene.connected() as call:
        assert (await call("get_operation")).structured["operations"] == []
        first = await call("create_flow", **{**SPEC, "activate": False, "access": []})
        second = await call("create_flow", **SPEC)
        listed = await call("get_operation", limit=5)
    rows = [row["operation"] for row in listed.structured["operations"]]
    assert rows == [second.structured["operation"], first.structured["operation"]]


async def test_another_principal_sees_none_of_them(scene: Scene) -> None:
    async with scene.connected() as call:
        done = await call("create_flow", **SPEC)
    key = next(key for key in scene.sandbox.service_keys.values() if "sam" in key)
    async with scene.connected(service_key=type(scene.settings.service_key)(key)) as call:
        assert (await call("get_operation")).structured["operations"] == []
        assert (await call("get_operation", operation=done.structured["operation"])).code == "not_found"


async def test_an_operation_that_outlasts_its_call_goes_on_and_is_waited_for(scene: Scene) -> None:
    account = Account(scene.settings, scene.clock)
    toolbox = build_toolbox(scene.settings, account)
    running = await toolbox.call("create_flow", SPEC, wait_seconds=0)
    assert running.error is None
    assert running.structured["state"] == "running"
    assert "get_operation" in running.text
    told = {"operation": running.structured["operation"], "wait_seconds": 45}
    ended = await toolbox.call("get_operation", told)
    assert ended.structured["state"] == "done"
    await account.close()


@pytest.mark.parametrize("action", ["resume", "undo", "rebuild", "cancel"])
async def test_an_operation_that_nobody_knows_is_not_found(scene: Scene, action: str) -> None:
    async with scene.connected() as call:
        answer = await call("control_operation", operation="feedfacefeedface", action=action)
    assert (answer.is_error, answer.code) == (True, "not_found")


@pytest.mark.parametrize("action", ["resume", "rebuild", "cancel"])
async def test_what_cannot_be_done_with_a_finished_operation_is_said(scene: Scene, action: str) -> None:
    async with scene.connected() as call:
        done = await call("create_flow", **SPEC)
        before = scene.snapshot()
        answer = await call("control_operation", operation=done.structured["operation"], action=action)
    assert (answer.is_error, answer.code) == (True, "conflict")
    assert scene.snapshot() == before


async def test_a_dry_run_of_a_cancel_cancels_nothing(scene: Scene) -> None:
    account = Account(scene.settings, scene.clock)
    toolbox = build_toolbox(scene.settings, account)
    running = await toolbox.call("create_flow", SPEC, wait_seconds=0)
    operation = running.structured["operation"]
    arguments = {"operation": operation, "action": "cancel", "dry_run": True}
    planned = await toolbox.call("control_operation", arguments)
    assert planned.structured["state"] == "planned"
    ended = await toolbox.call("get_operation", {"operation": operation, "wait_seconds": 45})
    assert ended.structured["state"] == "done"
    await account.close()


async def test_a_flow_that_is_being_built_is_left_alone(scene: Scene) -> None:
    """Its id is not known until it is there; its name is claimed from the start."""
    settings = scene.settings.model_copy(update={"confirm_allow": frozenset({"pause"})})
    account = Account(settings, scene.clock)
    name = "Shopify Orders"
    before = scene.snapshot()
    desk = await account.desk()
    building = Executor(state_account(settings).directory(desk.planning.principal.key).executors, scene.clock.now)
    locks = (name_lock(ResourceType.SOURCE, name),)
    desk.planning.ledger.claim(
        Claim("building", plan(tool="create_flow", locks=locks), "d", "c", "nobody"), building.id
    )
    refused = await build_toolbox(settings, account).call("pause", {"resource": scene.flow_id(name)})
    assert refused.structured["code"] == "conflict"
    assert "building" in refused.text
    assert scene.snapshot() == before
    building.close()
    await account.close()
