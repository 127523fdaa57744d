"""`revoke_access` and `replace_access`: exactly what was meant, never one's own way in, and back again."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from tests.changes.conftest import TEAM, Scene, agreeing

pytestmark = pytest.mark.anyio

SAM, DANA = "sam@acme.example", "dana@acme.example"
FLOW = "Billing Invoices"


def grants(scene: Scene, kind: str, identifier: int) -> set[tuple[Any, ...]]:
    return {
        (row["type"], row["subject_id"], *sorted(row["access_roles"]))
        for row in scene.rows("accessors", resource_kind=kind, resource_id=identifier)
    }


def source(scene: Scene, name: str = FLOW) -> int:
    return int(scene.row("data_sources", name=name)["id"])


async def test_roles_are_taken_away_and_given_back_by_undo(scene: Scene) -> None:
    target = source(scene)
    async with scene.connected(reply=agreeing) as call:
        await call("grant_access", type="source", resources=[target], to="user", who=SAM, role="operator")
        await call("grant_access", type="source", resources=[target], to="user", who=SAM, role="collaborator")
        before = grants(scene, "data_sources", target)
        one = await call("revoke_access", type="source", resources=[target], to="user", who=SAM, role="operator")
        assert one.state == "done", one.text
        assert len(grants(scene, "data_sources", target)) == len(before)
        all_ = await call("revoke_access", type="source", resources=[target], to="user", who=SAM)
        assert all_.state == "done", all_.text
        assert len(grants(scene, "data_sources", target)) == len(before) - 1
        again = await call("revoke_access", type="source", resources=[target], to="user", who=SAM)
        assert again.state == "unchanged"
        for operation in (all_, one):
            undone = await call("control_operation", operation=operation.structured["operation"], action="undo")
            assert undone.state == "done", undone.text
    assert grants(scene, "data_sources", target) == before


async def test_a_whole_pipeline_is_taken_away_part_by_part(scene: Scene) -> None:
    before = scene.snapshot()
    flow = scene.flow_id("Churn Features")
    async with scene.connected(reply=agreeing) as call:
        granted = await call("grant_access", type="flow", resources=[flow], to="team", who=TEAM, whole_flow=True)
        revoked = await call("revoke_access", type="flow", resources=[flow], to="team", who=TEAM, whole_flow=True)
        assert revoked.state == "done", revoked.text
        assert scene.snapshot() == before
        await call("control_operation", operation=revoked.structured["operation"], action="undo")
        assert scene.snapshot() != before
        await call("control_operation", operation=granted.structured["operation"], action="undo")
    assert scene.snapshot() == before


async def test_it_needs_a_person(scene: Scene) -> None:
    target = source(scene)
    async with scene.connected() as call:
        await call("grant_access", type="source", resources=[target], to="user", who=SAM)
        granted = scene.snapshot()
        answer = await call("revoke_access", type="source", resources=[target], to="user", who=SAM)
        assert answer.state == "confirmation_required"
        assert "confirmation" not in answer.structured
        assert scene.snapshot() == granted


async def test_these_become_the_only_grants_and_undo_brings_the_others_back(scene: Scene) -> None:
    target = source(scene)
    before = grants(scene, "data_sources", target)
    wanted = [{"to": "user", "who": SAM, "role": "operator"}]
    async with scene.connected(reply=agreeing) as call:
        done = await call("replace_access", type="source", resources=[target], grants=wanted)
        assert done.state == "done", done.text
        sam = scene.row("users", email=SAM)["id"]
        assert grants(scene, "data_sources", target) == {("USER", sam, "operator")}
        again = await call("replace_access", type="source", resources=[target], grants=wanted)
        assert again.state == "unchanged", again.text
        nobody = await call("replace_access", type="source", resources=[target], grants=[])
        assert nobody.state == "done", nobody.text
        assert grants(scene, "data_sources", target) == set()
        for operation in (nobody, done):
            undone = await call("control_operation", operation=operation.structured["operation"], action="undo")
            assert undone.state == "done", undone.text
    assert grants(scene, "data_sources", target) == before


async def test_nobody_locks_themselves_out(scene: Scene) -> None:
    """Sam is admin of what Dana owns, by a grant; without it he could not give it back to himself."""
    target = source(scene, "Web Events")
    key = SecretStr(scene.sandbox.service_keys[SAM])
    async with scene.connected(reply=agreeing, service_key=key) as call:
        before = scene.snapshot()
        revoked = await call("revoke_access", type="source", resources=[target], to="user", who=SAM)
        replaced = await call("replace_access", type="source", resources=[target], grants=[])
    assert {revoked.code, replaced.code} <= {"conflict", "forbidden", "None"}
    if "admin" in str(grants(scene, "data_sources", target)):
        assert revoked.code == replaced.code == "conflict", revoked.text
    assert scene.snapshot() == before


@pytest.mark.parametrize("tool", ["revoke_access", "replace_access"])
@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "late"])
async def test_a_lost_answer_is_looked_up(scene: Scene, tool: str, fault: str) -> None:
    target = source(scene)
    async with scene.connected(reply=agreeing) as call:
        await call("grant_access", type="source", resources=[target], to="user", who=SAM)
        more = {"seconds": 5.0} if fault == "late" else {}
        for method in ("POST", "DELETE"):
            route = "/data_sources/{data_source_id}/accessors"
            scene.break_(fault, method=method, route=route, count=1, **more)
        arguments: dict[str, Any] = {"type": "source", "resources": [target]}
        extra = {"to": "user", "who": SAM} if tool == "revoke_access" else {"grants": []}
        answer = await call(tool, **arguments, **extra)
        scene.mend()
        scene.settle()
        left = {row["subject_id"] for row in scene.rows("accessors", resource_kind="data_sources", resource_id=target)}
        gone = scene.row("users", email=SAM)["id"] not in left
        assert gone if answer.state == "done" else answer.is_error, answer.text
        again = await call(tool, **arguments, **extra)
    assert again.state in {"done", "unchanged"}, again.text


async def test_a_team_of_a_shared_name_is_refused(scene: Scene) -> None:
    target = source(scene)
    team = scene.row("teams", name=TEAM)
    scene.sandbox.world.store.insert("teams", {key: value for key, value in team.items() if key != "id"})
    async with scene.connected(reply=agreeing) as call:
        refused = await call("revoke_access", type="source", resources=[target], to="team", who=team["id"])
    assert refused.code == "ambiguous", refused.text
