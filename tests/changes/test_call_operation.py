"""`call_operation`: tools that are not listed, and every operation of the contract, never around a policy."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.contract.operations import operations
from nexla_mcp.contract.ways import named_by_hand, ways
from nexla_mcp.domain.risk import Risk
from nexla_mcp.starting import interrupted_operations
from tests.changes.conftest import FLOW, LAKE, Scene, agreeing
from tests.changes.processes import died

pytestmark = pytest.mark.anyio

CODE = {
    "name": "Upper case",
    "output_type": "record",
    "reusable": True,
    "code_type": "python",
    "code_encoding": "none",
    "code": "def transform(input, metadata, args):\n    return input\n",
}


# Typed tools


async def test_a_tool_is_called_as_if_by_its_name(scene: Scene) -> None:
    flow = scene.flow_id("Churn Features")
    async with scene.connected() as call:
        direct = await call("pause", resource=flow)
        carried = await call("call_operation", operation="pause", arguments={"resource": flow})
        assert carried.state == direct.state == "confirmation_required"
        assert carried.structured["summary"] == direct.structured["summary"]
        # What was seen under one name holds under the other: it is the same call.
        done = await call(
            "call_operation",
            operation="pause",
            arguments={"resource": flow},
            confirmation=direct.structured["confirmation"],
        )
        assert done.state == "done"
        receipt = await call("get_operation", operation=done.structured["operation"])
    assert receipt.structured["tool"] == "pause"
    assert scene.statuses(flow) == {"PAUSED"}


async def test_a_dry_run_goes_through(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected() as call:
        plan = await call(
            "call_operation", operation="pause", arguments={"resource": scene.flow_id("Churn Features")}, dry_run=True
        )
        read = await call("call_operation", operation="whoami")
    assert plan.state == "planned"
    assert read.structured["email"]
    assert scene.snapshot() == before


async def test_it_does_not_call_itself(scene: Scene) -> None:
    async with scene.connected() as call:
        answer = await call("call_operation", operation="call_operation", arguments={"operation": "whoami"})
    assert answer.code == "bad_input"


# Operations of the contract


async def test_a_list_is_read_at_once_with_its_pages(scene: Scene) -> None:
    async with scene.connected(read_only=True) as call:
        first = await call("call_operation", operation="list_sources", arguments={"per_page": 5})
        second = await call("call_operation", operation="list_sources", arguments={"per_page": 5, "page": 2})
    assert len(first.structured["rows"]) == len(second.structured["rows"]) == 5
    assert "page=2" in first.structured["more"]
    assert {row["id"] for row in first.structured["rows"]}.isdisjoint(row["id"] for row in second.structured["rows"])


async def test_a_change_is_planned_confirmed_and_undone(scene: Scene) -> None:
    login = scene.row("data_credentials", name=LAKE)
    before = scene.snapshot()
    arguments = {"credential_id": login["id"], "body": {"name": "Lake, renamed"}}
    async with scene.connected(reply=agreeing) as call:
        done = await call("call_operation", operation="update_credential", arguments=arguments)
        assert done.state == "done", done.text
        assert scene.row("data_credentials", id=login["id"])["name"] == "Lake, renamed"
        undone = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


async def test_what_destroys_needs_a_person(scene: Scene) -> None:
    async with scene.connected() as call:
        answer = await call(
            "call_operation",
            operation="delete_source",
            arguments={"source_id": scene.row("data_sources", name="Returns Portal")["id"]},
        )
    assert answer.state == "confirmation_required"
    assert "confirmation" not in answer.structured
    assert answer.structured["approve_code"]
    assert scene.sent("DELETE", "/data_sources/{source_id}") == 0


@pytest.mark.parametrize(
    ("operation", "arguments", "told"),
    [
        ("get_source", {}, "source_id: missing"),
        ("get_source", {"source_id": "x"}, "whole number"),
        ("get_source", {"source_id": 1, "sauce": 2}, "sauce"),
        ("update_source", {"source_id": 1, "body": {"nam": "x"}}, "did you mean name"),
        ("update_source", {"source_id": 1, "body": {"name": 5}}, "body/name"),
        ("list_sources", {"access_role": ["owner"]}, "access_role"),
        ("get_async_task", {"task_id": "../users"}, "task_id"),
        ("no_such_operation", {}, "no operation"),
    ],
)
async def test_a_request_that_does_not_fit_is_not_sent(
    scene: Scene, operation: str, arguments: dict[str, Any], told: str
) -> None:
    async with scene.connected() as call:
        await call("whoami")
        sent = len(scene.sandbox.world.requests.listed())
        answer = await call("call_operation", operation=operation, arguments=arguments)
    assert answer.code == "bad_input", answer.text
    assert told in answer.text
    assert {request["path"] for request in _sent(scene)[sent:]} <= {"/users/current"}


async def test_a_secret_is_taken_by_reference_only(scene: Scene) -> None:
    body = {"name": FLOW, "credentials_type": "s3", "credentials": {"secret_key": "plain-secret"}}
    async with scene.connected(reply=agreeing) as call:
        answer = await call("call_operation", operation="create_credential", arguments={"body": body})
    assert answer.is_error
    assert "plain-secret" not in answer.text
    assert not scene.rows("data_credentials", name=FLOW)


# Policy

REFUSED = [name for name, way in ways().items() if way.refused]


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused_is_never_sent(scene: Scene, name: str) -> None:
    async with scene.connected(reply=agreeing, confirm="token") as call:
        await call("whoami")
        sent = len(scene.sandbox.world.requests.listed())
        answer = await call("call_operation", operation=name, arguments={})
    assert answer.code == "not_allowed"
    # Who acts is looked up before anything that may change something.
    assert {request["path"] for request in _sent(scene)[sent:]} <= {"/users/current"}


@pytest.mark.parametrize(
    ("settings", "operation"),
    [
        ({"tools_deny": frozenset({"delete_resource"})}, "delete_source"),
        ({"toolsets": frozenset({"discover", "api"})}, "pause_flow"),
        ({"tools_allow": frozenset({"call_operation", "whoami"})}, "add_source_accessors"),
        ({"read_only": True}, "pause_flow"),
        ({"tools_deny": frozenset({"pause"})}, "pause"),
        ({"toolsets": frozenset({"discover", "api"})}, "pause"),
        ({"read_only": True}, "pause"),
    ],
)
async def test_it_is_no_way_around_a_policy(scene: Scene, settings: dict[str, Any], operation: str) -> None:
    flow = scene.flow_id("Churn Features")
    ids = dict.fromkeys(operations()[operation].ids if operation in operations() else ("resource",), flow)
    async with scene.connected(reply=agreeing, **settings) as call:
        answer = await call("call_operation", operation=operation, arguments=ids)
    assert answer.code == "not_allowed", answer.text
    assert all(request["method"] == "GET" or request["path"] == "/token" for request in _sent(scene))


def _sent(scene: Scene) -> list[Any]:
    return list(scene.sandbox.world.requests.listed())


# The table


def test_the_table_names_operations_that_exist() -> None:
    assert named_by_hand() <= set(ENDPOINTS)


def test_what_is_in_no_table_is_taken_for_destructive() -> None:
    unlisted = set(ENDPOINTS) - named_by_hand()
    writes = {name for name in unlisted if ENDPOINTS[name].repeatable.value != "read"}
    assert writes
    assert {ways()[name].risk for name in writes} == {Risk.DESTRUCTIVE}


def test_every_delete_but_of_ones_own_notices_is_destructive_or_can_be_put_back() -> None:
    deletes = {name for name, endpoint in ENDPOINTS.items() if endpoint.method == "DELETE"}
    mild = {name for name in deletes if ways()[name].risk is not Risk.DESTRUCTIVE}
    assert mild == {"remove_project_flows", "remove_project_data_flows"}


# Cut off in the middle


async def test_a_create_that_was_cut_off_is_not_sent_a_second_time(scene: Scene) -> None:
    arguments = {"operation": "create_code_container", "arguments": {"body": CODE}}
    await anyio.to_thread.run_sync(died, scene, "call_operation", arguments, "before end 0")
    (operation,) = [line.partition(" ")[0] for line in interrupted_operations(scene.settings)]
    async with scene.connected(reply=agreeing) as call:
        resumed = await call("control_operation", operation=operation, action="resume")
    assert resumed.code == "maybe_applied", resumed.text
    assert len(scene.rows("code_containers", name=CODE["name"])) == 1
