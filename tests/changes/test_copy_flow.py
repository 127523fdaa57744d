"""`copy_flow`: once more with other logins, once however often it is called, and gone when a step of it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from tests.changes.conftest import LAKE, WAREHOUSE, Scene
from tests.matrix.faulty import HastyClock
from tests.matrix.write_tools import confirmed

pytestmark = pytest.mark.anyio

FLOW = "Shopify Orders"
NAME = "Shopify Orders, staging"
KINDS = ("data_sources", "data_sets", "data_sinks")


def twin(scene: Scene, name: str) -> int:
    """Another login of the same connector, as the account of an environment of its own would be."""
    login = scene.row("data_credentials", name=name)
    fields = {key: value for key, value in login.items() if key != "id"}
    return int(scene.sandbox.world.store.insert("data_credentials", {**fields, "name": f"{name}, staging"})["id"])


def copied(scene: Scene) -> dict[str, list[Mapping[str, Any]]]:
    """What in the account is a copy."""
    return {kind: [row for row in scene.rows(kind) if row["copied_from_id"] is not None] for kind in KINDS}


def arguments(scene: Scene, **more: Any) -> dict[str, Any]:
    new = twin(scene, WAREHOUSE)
    old = scene.row("data_credentials", name=WAREHOUSE)["id"]
    return {"flow": scene.flow_id(FLOW), "name": NAME, "credentials": {str(old): new}, **more}


async def test_a_copy_has_the_same_nodes_other_logins_and_rests(scene: Scene) -> None:
    given = arguments(scene, project=scene.row("projects", name="Finance")["id"])
    original = {kind: scene.rows(kind, origin_node_id=given["flow"]) for kind in KINDS}
    async with scene.connected() as call:
        done = await call("copy_flow", **given)
    assert done.state == "done", done.text
    flow = scene.flow_id(NAME)
    made = {kind: scene.rows(kind, origin_node_id=flow) for kind in KINDS}
    for kind in KINDS:
        assert {row["copied_from_id"] for row in made[kind]} == {row["id"] for row in original[kind]}
        assert "ACTIVE" not in {row["status"] for row in made[kind]}
    (sink,) = made["data_sinks"]
    assert sink["data_credentials_id"] == next(iter(given["credentials"].values()))
    assert made["data_sources"][0]["data_credentials_id"] == original["data_sources"][0]["data_credentials_id"]
    assert scene.row("flow_nodes", id=flow)["project_id"] == given["project"]
    assert scene.rows("data_sinks", origin_node_id=given["flow"]) == original["data_sinks"]
    assert next(row for row in done.structured["resources"] if row["role"] == "made")["id"] == flow


async def test_an_active_copy_is_verified(scene: Scene) -> None:
    async with scene.connected() as call:
        done = await call("copy_flow", **arguments(scene), activate=True)
    assert done.state == "done", done.text
    assert done.structured["verified"] == "verified"
    assert scene.statuses(scene.flow_id(NAME)) == {"ACTIVE"}


async def test_an_active_copy_that_writes_where_the_original_does_wants_agreement(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected() as call:
        asked = await call("copy_flow", flow=scene.flow_id(FLOW), name=NAME, activate=True)
    assert asked.state == "confirmation_required"
    assert "same place" in asked.text
    assert scene.snapshot() == before


async def test_the_same_call_again_makes_no_second_copy(scene: Scene) -> None:
    given = arguments(scene, project=scene.row("projects", name="Finance")["id"])
    async with scene.connected() as call:
        assert (await call("copy_flow", **given)).state == "done"
        after = scene.snapshot()
        assert (await call("copy_flow", **given)).state == "unchanged"
        assert scene.snapshot() == after
        another = await call("copy_flow", **{**given, "name": "Shopify Orders, test"})
    assert another.state == "done"
    assert len(copied(scene)["data_sources"]) == 2


async def test_what_a_copy_lacks_is_added_and_undo_takes_only_that_away(scene: Scene) -> None:
    given = arguments(scene)
    async with scene.connected() as call:
        assert (await call("copy_flow", flow=given["flow"], name=NAME)).state == "done"
        before = scene.snapshot()
        more = await call("copy_flow", **given, project=scene.row("projects", name="Finance")["id"])
        assert more.state == "done"
        assert [step["step"].partition(":")[0] for step in more.structured["steps"]] == [
            "data_credentials_id",
            "project",
        ]
        undone = await confirmed(call, "control_operation", operation=more.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


@pytest.mark.parametrize("more", [{}, {"activate": True}])
async def test_undo_deletes_the_copy(scene: Scene, more: dict[str, Any]) -> None:
    given = arguments(scene, project=scene.row("projects", name="Finance")["id"])
    before = scene.snapshot()
    async with scene.connected(confirm="token") as call:
        done = await confirmed(call, "copy_flow", **given, **more)
        undone = await confirmed(call, "control_operation", operation=done.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


async def test_an_undo_says_what_others_have_built_on_the_copy_since(scene: Scene) -> None:
    async with scene.connected(confirm="token") as call:
        done = await call("copy_flow", flow=scene.flow_id(FLOW), name=NAME)
        nexset = max(row["id"] for row in scene.rows("data_sets", origin_node_id=scene.flow_id(NAME)))
        config = {"path": "acme-data-lake/out", "data_format": "json"}
        login = scene.row("data_credentials", name=LAKE)["id"]
        added = {"name": "Added since", "connector": "s3", "nexset": nexset, "config": config, "credential": login}
        assert (await call("create_destination", **added)).state == "done"
        asked = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert asked.state == "confirmation_required"
    assert asked.structured["risk"] == "destructive"
    assert "Added since" in asked.text


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("POST", "/flows/{flow_id}/copy"),
        ("PUT", "/flows/{flow_id}/pause"),
        ("PUT", "/data_sinks/{sink_id}"),
        ("PUT", "/data_sources/{source_id}"),
        ("PUT", "/projects/{project_id}/flows"),
        ("PUT", "/flows/{flow_id}/activate"),
    ],
)
async def test_a_step_that_is_refused_leaves_no_copy_behind(scene: Scene, method: str, route: str) -> None:
    given = arguments(scene, project=scene.row("projects", name="Finance")["id"], activate=True)
    before = scene.snapshot()
    scene.break_("status", method=method, route=route, status=403, count=None)
    async with scene.connected() as call:
        failed = await call("copy_flow", **given)
    assert failed.is_error
    assert failed.code == "forbidden", failed.text
    assert not any(copied(scene).values())
    assert scene.snapshot() == before


async def test_a_copy_whose_answer_is_lost_is_found(scene: Scene) -> None:
    given = arguments(scene)
    scene.break_("reset_after", method="POST", route="/flows/{flow_id}/copy")
    async with scene.connected() as call:
        done = await call("copy_flow", **given)
    assert done.state == "done", done.text
    assert "found" in done.text
    assert len(copied(scene)["data_sources"]) == 1


async def test_of_two_new_copies_none_is_taken_for_ones_own(scene: Scene) -> None:
    """Somebody else with the same key copies the same flow while the answer is lost: whose is whose is unknown."""
    given = arguments(scene)
    world = scene.sandbox.world
    waits = []

    def somebody_copies(seconds: float) -> None:
        waits.append(seconds)
        world.clock.advance(seconds)
        if len(waits) == 1:
            key = {"Authorization": f"Basic {scene.sandbox.service_key}"}
            token = requests.post(f"{scene.sandbox.url}/token", headers=key, timeout=10).json()["access_token"]
            login = {"Authorization": f"Bearer {token}"}
            requests.post(f"{scene.sandbox.url}/flows/{given['flow']}/copy", headers=login, timeout=10)

    scene.break_("reset_after", method="POST", route="/flows/{flow_id}/copy")
    async with Scene(scene.sandbox, scene.settings, HastyClock(somebody_copies)).connected() as call:
        answer = await call("copy_flow", **given)
    assert answer.is_error
    assert answer.structured["maybe_applied"] is True
    assert all(str(row["id"]) in answer.text for row in copied(scene)["data_sources"]), answer.text
    assert not scene.rows("data_sources", name=NAME)


@pytest.mark.parametrize("credentials", [{"999999": 1}, {"x": 1}])
async def test_a_login_that_the_flow_does_not_use_is_refused(scene: Scene, credentials: dict[str, int]) -> None:
    async with scene.connected() as call:
        answer = await call("copy_flow", flow=scene.flow_id(FLOW), credentials=credentials)
    assert (answer.is_error, answer.code) == (True, "bad_input")
    assert scene.sent("POST", "/flows/{flow_id}/copy") == 0


async def test_a_login_to_something_else_is_refused(scene: Scene) -> None:
    old, new = (scene.row("data_credentials", name=name)["id"] for name in (WAREHOUSE, LAKE))
    async with scene.connected() as call:
        answer = await call("copy_flow", flow=scene.flow_id(FLOW), credentials={str(old): new})
    assert (answer.is_error, answer.code) == (True, "bad_input")
    assert "snowflake" in answer.text


async def test_a_login_that_is_refused_copies_nothing(scene: Scene) -> None:
    given = arguments(scene)
    (new,) = given["credentials"].values()
    login = scene.row("data_credentials", id=new)
    facts = {**login["_sandbox"], "probe": "refused", "refusal": "wrong password"}
    scene.sandbox.world.store.put("data_credentials", {**login, "_sandbox": facts})
    async with scene.connected() as call:
        answer = await call("copy_flow", **given)
    assert (answer.is_error, answer.code) == (True, "conflict")
    assert not any(copied(scene).values())


async def test_grants_are_copied_only_when_it_is_asked_for(scene: Scene) -> None:
    async with scene.connected() as call:
        assert (await call("copy_flow", flow=scene.flow_id(FLOW), name="Plain")).state == "done"
        assert (await call("copy_flow", flow=scene.flow_id(FLOW), name="Shared", with_access=True)).state == "done"
    held = {
        name: scene.rows(
            "accessors", resource_kind="data_sources", resource_id=scene.row("data_sources", name=name)["id"]
        )
        for name in ("Plain", "Shared", FLOW)
    }
    assert not held["Plain"]
    assert {rule["subject_id"] for rule in held["Shared"]} == {rule["subject_id"] for rule in held[FLOW]}
