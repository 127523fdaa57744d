"""Changes of access meet the same rules whichever tool makes them, and are told to whoever asks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import TEAM, Scene, agreeing

pytestmark = pytest.mark.anyio

SAM, STRANGER = "sam@acme.example", "mallory@elsewhere.example"
NAMES = ("Billing Invoices", "Web Events")


def sources(scene: Scene) -> list[int]:
    return [int(scene.row("data_sources", name=name)["id"]) for name in NAMES]


@pytest.mark.parametrize("tool", ["grant_access", "replace_access"])
async def test_nobody_from_outside_of_the_org_is_let_in(scene: Scene, tool: str) -> None:
    before = scene.snapshot()
    arguments: dict[str, Any] = {"type": "source", "resources": sources(scene)}
    grant = {"to": "user", "who": STRANGER, "role": "collaborator"}
    arguments |= grant if tool == "grant_access" else {"grants": [grant]}
    async with scene.connected(reply=agreeing) as call:
        refused = await call(tool, **arguments)
    assert refused.code == "not_found", refused.text
    assert not scene.asked
    assert scene.snapshot() == before


async def test_who_has_left_the_org_can_be_left_in_and_taken_off(scene: Scene) -> None:
    target = sources(scene)[0]
    async with scene.connected(reply=agreeing) as call:
        await call("grant_access", type="source", resources=[target], to="user", who=SAM, role="operator")
        user = scene.row("users", email=SAM)
        assert user["org_memberships"]
        scene.sandbox.world.store.put("users", {**user, "org_memberships": []})
        refused = await call("grant_access", type="source", resources=[target], to="user", who=SAM, role="admin")
        assert refused.code == "not_found", refused.text
        kept = [{"to": "user", "who": SAM, "role": "collaborator"}]
        replaced = await call("replace_access", type="source", resources=[target], grants=kept)
        assert replaced.state == "done", replaced.text
        revoked = await call("revoke_access", type="source", resources=[target], to="user", who=SAM)
        assert revoked.state == "done", revoked.text
    held = scene.rows("accessors", resource_kind="data_sources", resource_id=target)
    assert user["id"] not in {row["subject_id"] for row in held if row["type"] == "USER"}


@pytest.mark.parametrize("tool", ["revoke_access", "replace_access"])
async def test_the_plan_tells_before_and_after_of_each_resource_and_does_nothing(scene: Scene, tool: str) -> None:
    targets = sources(scene)
    arguments: dict[str, Any] = {"type": "source", "resources": targets}
    arguments |= {"to": "team", "who": TEAM} if tool == "revoke_access" else {"grants": []}
    async with scene.connected(reply=agreeing) as call:
        await call("grant_access", type="source", resources=targets, to="team", who=TEAM)
        before = scene.snapshot()
        plan = await call(tool, **arguments, dry_run=True)
    assert plan.structured["risk"] == "destructive"
    assert {row["id"] for row in plan.structured["resources"]} >= set(targets)
    assert TEAM in plan.text
    assert "undo" in plan.text
    assert scene.snapshot() == before


async def test_many_resources_are_revoked_at_once_and_undo_gives_back_to_each_what_it_had(scene: Scene) -> None:
    first, second = sources(scene)
    async with scene.connected(reply=agreeing) as call:
        await call("grant_access", type="source", resources=[first], to="team", who=TEAM, role="operator")
        await call("grant_access", type="source", resources=[first, second], to="team", who=TEAM)
        before = scene.snapshot()
        gone = await call("revoke_access", type="source", resources=[first, second], to="team", who=TEAM)
        assert gone.state == "done", gone.text
        assert scene.snapshot() != before
        undone = await call("control_operation", operation=gone.structured["operation"], action="undo")
        assert undone.state == "done", undone.text
    assert scene.snapshot() == before
