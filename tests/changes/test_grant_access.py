"""`grant_access`: on one, many or a whole pipeline, beside what is there, and only to whom it is certain to be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import TEAM, Scene, agreeing

pytestmark = pytest.mark.anyio

FLOW = "Order Line Items"
PRIYA = "priya@acme.example"
KINDS = ("data_sources", "data_sets", "data_sinks")


def rules(scene: Scene, flow_id: int, **wanted: Any) -> dict[str, list[str]]:
    """Roles by the name of the part, of every rule that is as wanted."""
    parts = {(kind, row["id"]): row["name"] for kind in KINDS for row in scene.rows(kind, origin_node_id=flow_id)}
    return {
        parts[rule["resource_kind"], rule["resource_id"]]: rule["access_roles"]
        for rule in scene.rows("accessors", **wanted)
        if (rule["resource_kind"], rule["resource_id"]) in parts
    }


def parts(scene: Scene, flow_id: int) -> int:
    return sum(len(scene.rows(kind, origin_node_id=flow_id)) for kind in KINDS)


async def test_a_whole_pipeline_is_granted_part_by_part_and_taken_back(scene: Scene) -> None:
    flow, team = scene.flow_id(FLOW), scene.row("teams", name=TEAM)["id"]
    before = scene.snapshot()
    async with scene.connected() as call:
        done = await call("grant_access", type="flow", resources=[flow], to="team", who=TEAM, whole_flow=True)
        assert done.state == "done"
        granted = rules(scene, flow, type="TEAM", subject_id=team)
        assert len(granted) == parts(scene, flow)
        assert set(map(tuple, granted.values())) == {("collaborator",)}
        again = await call("grant_access", type="flow", resources=[flow], to="team", who=team, whole_flow=True)
        assert again.state == "unchanged"
        asked = await call("control_operation", operation=done.structured["operation"], action="undo")
        await call(
            "control_operation",
            operation=done.structured["operation"],
            action="undo",
            confirmation=asked.structured["confirmation"],
        )
    assert scene.snapshot() == before


async def test_a_role_is_added_beside_those_held_and_undo_leaves_them(scene: Scene) -> None:
    flow = scene.flow_id("Shopify Orders")
    sam = scene.row("users", email="sam@acme.example")["id"]
    source = scene.row("data_sources", name="Shopify Orders")["id"]
    before = scene.snapshot()
    async with scene.connected() as call:
        done = await call(
            "grant_access", type="source", resources=[source], to="user", who="sam@acme.example", role="collaborator"
        )
        assert done.state == "done"
        assert rules(scene, flow, type="USER", subject_id=sam)["Shopify Orders"] == ["collaborator", "operator"]
        asked = await call("control_operation", operation=done.structured["operation"], action="undo")
        undone = await call(
            "control_operation",
            operation=done.structured["operation"],
            action="undo",
            confirmation=asked.structured["confirmation"],
        )
    assert undone.state == "done"
    assert scene.snapshot() == before


async def test_the_plan_shows_who_has_access_before_and_the_receipt_after(scene: Scene) -> None:
    source = scene.row("data_sources", name="Shopify Orders")["id"]
    call_arguments = {"type": "source", "resources": [source], "to": "user", "who": PRIYA}
    async with scene.connected() as call:
        plan = await call("grant_access", **call_arguments, dry_run=True)
        done = await call("grant_access", **call_arguments)
    assert any("sam@acme.example" in who for who in plan.structured["resources"][0]["shared_with"])
    assert "collaborator" in done.structured["steps"][0]["result"]


@pytest.mark.parametrize("grant", [{"to": "user", "who": PRIYA, "role": "admin"}, {"to": "org"}])
async def test_admin_and_the_whole_org_take_a_person(scene: Scene, grant: dict[str, Any]) -> None:
    source = scene.row("data_sources", name=FLOW)["id"]
    before = scene.snapshot()
    async with scene.connected() as call:
        asked = await call("grant_access", type="source", resources=[source], **grant)
        assert asked.state == "confirmation_required"
        assert "approve_code" in asked.structured
        assert "confirmation" not in asked.structured
    assert scene.snapshot() == before
    async with scene.connected(reply=agreeing) as call:
        done = await call("grant_access", type="source", resources=[source], **grant)
    assert done.state == "done"
    assert FLOW in scene.asked[0].message


@pytest.mark.parametrize(
    ("grant", "code"),
    [
        ({"to": "user", "who": "stranger@elsewhere.example"}, "not_found"),
        ({"to": "user", "who": "priya"}, "not_found"),
        ({"to": "team", "who": "No such team"}, "not_found"),
        ({"to": "team"}, "bad_input"),
        ({"to": "org", "who": "Some other org"}, "bad_input"),
        ({"to": "user", "who": PRIYA, "role": "owner"}, "bad_input"),
    ],
)
async def test_nobody_uncertain_is_let_in(scene: Scene, grant: dict[str, Any], code: str) -> None:
    source = scene.row("data_sources", name=FLOW)["id"]
    before = scene.snapshot()
    async with scene.connected(reply=agreeing) as call:
        refused = await call("grant_access", type="source", resources=[source], **grant)
    assert (refused.is_error, refused.code) == (True, code)
    assert scene.snapshot() == before


async def test_teams_of_one_name_are_told_apart_by_nothing_and_refused(scene: Scene) -> None:
    team = scene.row("teams", name=TEAM)
    scene.sandbox.world.store.insert("teams", {**team, "id": None})
    source = scene.row("data_sources", name=FLOW)["id"]
    async with scene.connected() as call:
        for who in (TEAM, team["id"]):
            refused = await call("grant_access", type="source", resources=[source], to="team", who=who)
            assert (refused.is_error, refused.code) == (True, "ambiguous")


async def test_one_that_is_refused_takes_the_others_back(scene: Scene) -> None:
    flow = scene.flow_id(FLOW)
    before = scene.snapshot()
    sink = scene.rows("data_sinks", origin_node_id=flow)[0]["id"]
    scene.break_("status", method="PUT", route=f"/data_sinks/{sink}/accessors", status=403, count=None)
    async with scene.connected() as call:
        failed = await call("grant_access", type="flow", resources=[flow], to="team", who=TEAM, whole_flow=True)
    assert (failed.is_error, failed.code) == (True, "forbidden")
    assert scene.snapshot() == before


async def test_what_one_may_not_share_is_told_before(scene: Scene) -> None:
    """Sam is operator of Dana's flow: that is not enough to let others in."""
    source = scene.row("data_sources", name="Shopify Orders")["id"]
    key = next(key for key in scene.sandbox.service_keys.values() if "sam" in key)
    login = type(scene.settings.service_key)(key)
    before = scene.snapshot()
    async with scene.connected(service_key=login) as call:
        refused = await call("grant_access", type="source", resources=[source], to="user", who=PRIYA)
    assert (refused.is_error, refused.code) == (True, "forbidden")
    assert scene.snapshot() == before
