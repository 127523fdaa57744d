"""`rotate_credential`: everything that logs in with one credential is switched to another, or nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.changes.conftest import LAKE, Scene, agreeing

pytestmark = pytest.mark.anyio

KEY, SECRET = "ROTATED_LAKE_KEY", "ROTATED_LAKE_SECRET"
FIELDS = {
    "s3_auth_type": "Access Key",
    "access_key": f"env:{KEY}",
    "secret_key": f"env:{SECRET}",
    "region": "eu-west-1",
}
NEW = f"{LAKE}, rotated"


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "AKIAROTATED00000000")
    monkeypatch.setenv(SECRET, "a-new-secret-of-the-lake")


def settings() -> dict[str, Any]:
    return {"secret_variables": ("ROTATED_*",)}


def users(scene: Scene, credential: int) -> dict[tuple[str, int], Mapping[str, Any]]:
    return {
        (kind, row["id"]): row
        for kind in ("data_sources", "data_sinks")
        for row in scene.rows(kind, data_credentials_id=credential)
    }


def statuses(rows: Mapping[tuple[str, int], Mapping[str, Any]], scene: Scene) -> dict[tuple[str, int], str]:
    return {(kind, key): scene.row(kind, id=key)["status"] for kind, key in rows}


async def test_everything_is_switched_and_runs_as_before(scene: Scene) -> None:
    old = scene.row("data_credentials", name=LAKE)["id"]
    before = users(scene, old)
    ran = statuses(before, scene)
    assert len(before) > 3
    async with scene.connected(reply=agreeing, **settings()) as call:
        done = await call("rotate_credential", credential=old, credentials=FIELDS)
    assert done.state in {"done", "running"}, done.text
    new = scene.row("data_credentials", name=NEW)["id"]
    assert users(scene, old) == {}
    assert set(users(scene, new)) == set(before)
    assert statuses(before, scene) == ran
    assert scene.row("data_credentials", id=old)
    assert "a-new-secret-of-the-lake" not in done.text


async def test_a_second_call_changes_nothing(scene: Scene) -> None:
    old = scene.row("data_credentials", name=LAKE)["id"]
    async with scene.connected(reply=agreeing, **settings()) as call:
        await call("rotate_credential", credential=old, credentials=FIELDS)
        again = await call("rotate_credential", credential=old, credentials=FIELDS)
    assert again.state == "unchanged", again.text


async def test_undo_puts_everything_back(scene: Scene) -> None:
    before = scene.snapshot()
    old = scene.row("data_credentials", name=LAKE)["id"]
    async with scene.connected(reply=agreeing, **settings()) as call:
        done = await call("rotate_credential", credential=old, credentials=FIELDS)
        undone = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before


@pytest.mark.parametrize(
    "route",
    ["PUT /data_sources/{source_id}", "PUT /data_sinks/{sink_id}", "PUT /data_sources/{source_id}/activate"],
)
async def test_a_step_that_is_refused_puts_everything_back(scene: Scene, route: str) -> None:
    before = scene.snapshot()
    old = scene.row("data_credentials", name=LAKE)["id"]
    method, template = route.split()
    scene.break_("status", method=method, route=template, status=403, count=1)
    async with scene.connected(reply=agreeing, **settings()) as call:
        failed = await call("rotate_credential", credential=old, credentials=FIELDS)
    assert failed.is_error, failed.text
    assert scene.snapshot() == before


async def test_a_new_login_that_is_refused_switches_nothing(scene: Scene) -> None:
    before = scene.snapshot()
    old = scene.row("data_credentials", name="Orders service replica (Postgres)")["id"]
    refused = scene.row("data_credentials", name="Billing replica (Postgres)")["id"]
    async with scene.connected(reply=agreeing) as call:
        answer = await call("rotate_credential", credential=old, new_credential=refused)
    assert answer.code == "conflict", answer.text
    assert answer.structured["resource"] == f"credential {refused}"
    assert scene.snapshot() == before


async def test_the_old_one_is_deleted_only_when_it_is_asked_for_and_every_flow_has_run(scene: Scene) -> None:
    old = scene.row("data_credentials", name="Snowflake analytics")
    spare = scene.sandbox.world.store.insert(
        "data_credentials", {**{key: value for key, value in old.items() if key != "id"}, "name": "Spare Snowflake"}
    )
    async with scene.connected(reply=agreeing) as call:
        plan = await call("rotate_credential", credential=old["id"], new_credential=spare["id"], dry_run=True)
        assert plan.structured["risk"] == "disruptive"
        done = await call("rotate_credential", credential=old["id"], new_credential=spare["id"], delete_old=True)
    assert any("Snowflake analytics" in asked.message for asked in scene.asked)
    gone = not scene.rows("data_credentials", id=old["id"])
    assert gone is (done.structured.get("verified") == "verified"), done.text
    assert users(scene, old["id"]) == {}


async def test_another_connectors_login_is_refused(scene: Scene) -> None:
    old = scene.row("data_credentials", name=LAKE)["id"]
    other = scene.row("data_credentials", name="Snowflake analytics")["id"]
    before = scene.snapshot()
    async with scene.connected(reply=agreeing) as call:
        refused = await call("rotate_credential", credential=old, new_credential=other)
        neither = await call("rotate_credential", credential=old)
    assert refused.code == neither.code == "bad_input"
    assert scene.snapshot() == before
