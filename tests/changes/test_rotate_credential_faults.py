"""`rotate_credential` when something is amiss: lost answers, failing runs, foreign hands, what must not be deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from tests.changes.conftest import LAKE, Called, Scene, agreeing
from tests.changes.processes import died
from tests.changes.test_rotate_credential import FIELDS, NEW, secrets, settings, statuses, users

__all__ = ["secrets"]

pytestmark = pytest.mark.anyio

SHOP, CAMPAIGNS, ERP = "Shopify Admin API", "Campaign exports (GCS)", "ERP (SQL Server)"
SPARE = "Spare login"
REFUSED = {"probe": "refused", "refusal": "key expired", "refused_since": 0}


def identifier(scene: Scene, name: str) -> int:
    return int(scene.row("data_credentials", name=name)["id"])


def spare(scene: Scene, name: str) -> int:
    """The id of another login to the same system, which works."""
    twin = {key: value for key, value in scene.row("data_credentials", name=name).items() if key != "id"}
    return int(scene.sandbox.world.store.insert("data_credentials", {**twin, "name": SPARE})["id"])


def rewrite(scene: Scene, kind: str, key: int, **fields: Any) -> None:
    scene.sandbox.world.store.put(kind, {**scene.row(kind, id=key), **fields})


async def rotated(scene: Scene, old: int, new: int, **arguments: Any) -> Called:
    async with scene.connected(reply=agreeing) as call:
        done: Called = await call("rotate_credential", credential=old, new_credential=new, **arguments)
    return done


def evidence(done: Called) -> str:
    return str(done.structured["steps"][-1]["result"])


@pytest.mark.parametrize("fault", ["reset_after", "late"])
@pytest.mark.parametrize(
    "request_line",
    [
        "POST /data_credentials",
        "PUT /data_sources/{source_id}/pause",
        "PUT /data_sinks/{sink_id}/pause",
        "PUT /data_sources/{source_id}",
        "PUT /data_sinks/{sink_id}",
        "PUT /data_sources/{source_id}/activate",
        "PUT /data_sinks/{sink_id}/activate",
    ],
)
async def test_an_answer_that_is_lost_costs_nothing(scene: Scene, request_line: str, fault: str) -> None:
    old = identifier(scene, LAKE)
    before = users(scene, old)
    ran = statuses(before, scene)
    method, route = request_line.split()
    scene.break_(fault, method=method, route=route, **({"seconds": 5.0} if fault == "late" else {}))
    async with scene.connected(reply=agreeing, **settings()) as call:
        done = await call("rotate_credential", credential=old, credentials=FIELDS)
    scene.settle()
    assert done.state == "done", done.text
    assert set(users(scene, identifier(scene, NEW))) == set(before)
    assert statuses(before, scene) == ran


async def test_a_lost_answer_to_the_delete_is_looked_up(scene: Scene) -> None:
    old, new = identifier(scene, SHOP), spare(scene, SHOP)
    scene.break_("reset_after", method="DELETE", route="/data_credentials/{credential_id}")
    done = await rotated(scene, old, new, delete_old=True)
    assert done.state == "done", done.text
    assert scene.rows("data_credentials", id=old) == []


async def test_what_rests_is_switched_and_rests_on(scene: Scene) -> None:
    old, new = identifier(scene, CAMPAIGNS), spare(scene, CAMPAIGNS)
    before = users(scene, old)
    ran = statuses(before, scene)
    assert set(ran.values()) == {"ACTIVE", "PAUSED"}
    done = await rotated(scene, old, new)
    assert done.state == "done", done.text
    assert set(users(scene, new)) == set(before)
    assert statuses(before, scene) == ran


async def test_a_next_run_that_fails_brings_everything_back(scene: Scene) -> None:
    """The probe is let in and the run is not, as with a login that lacks a right."""
    old, new = identifier(scene, SHOP), spare(scene, SHOP)
    before, passes = scene.snapshot(), scene.clock.passes

    def refuse(seconds: float) -> None:
        rewrite(scene, "data_credentials", new, _sandbox=REFUSED)
        passes(seconds)

    scene.clock.passes = refuse
    failed = await rotated(scene, old, new, delete_old=True)
    assert failed.code == "not_verified", failed.text
    assert scene.snapshot() == before


async def test_what_failed_before_is_told_and_hinders_nothing(scene: Scene) -> None:
    """The warehouse refuses the records of this flow since long: that is not the new login's doing."""
    old, new = identifier(scene, ERP), spare(scene, ERP)
    before = users(scene, old)
    done = await rotated(scene, old, new, delete_old=True)
    assert done.state == "done", done.text
    assert done.structured["verified"] == "not_yet"
    assert "as it did before" in evidence(done)
    assert set(users(scene, new)) == set(before)
    assert scene.row("data_credentials", id=old), "deleted although its flow has not run well since"


async def test_a_transform_that_failed_before_hinders_nothing(scene: Scene) -> None:
    old, new = identifier(scene, "Clickstream Kafka"), spare(scene, "Clickstream Kafka")
    done = await rotated(scene, old, new)
    assert done.state == "done", done.text
    assert done.structured["verified"] == "verified"
    assert "as it did before" in evidence(done)


async def test_the_old_one_is_deleted_once_every_flow_has_run(scene: Scene) -> None:
    old, new = identifier(scene, SHOP), spare(scene, SHOP)
    done = await rotated(scene, old, new, delete_old=True)
    assert done.structured["verified"] == "verified", done.text
    assert scene.rows("data_credentials", id=old) == []
    async with scene.connected(reply=agreeing) as call:
        undo = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert undo.code == "conflict"
    assert users(scene, new)


async def test_without_delete_old_the_old_one_stays(scene: Scene) -> None:
    old, new = identifier(scene, SHOP), spare(scene, SHOP)
    done = await rotated(scene, old, new)
    assert done.structured["verified"] == "verified", done.text
    assert scene.row("data_credentials", id=old)


async def test_code_that_logs_in_with_it_is_told_and_keeps_it(scene: Scene) -> None:
    old, new = identifier(scene, SHOP), spare(scene, SHOP)
    code = scene.rows("code_containers")[0]["id"]
    rewrite(scene, "code_containers", code, data_credentials_id=old)
    refused = await rotated(scene, old, new, delete_old=True)
    assert refused.code == "conflict"
    assert f"code container {code}" in refused.text
    assert users(scene, new) == {}
    done = await rotated(scene, old, new)
    assert done.state == "done"
    assert f"code container {code}" in str(done.structured["notes"])


async def test_an_unused_login_is_rotated_already(scene: Scene) -> None:
    old = spare(scene, LAKE)
    before = scene.snapshot()
    async with scene.connected(reply=agreeing, **settings()) as call:
        same = await call("rotate_credential", credential=old, credentials=FIELDS)
    assert same.state == "unchanged", same.text
    assert scene.snapshot() == before


@pytest.mark.parametrize(
    "route", ["/flows", "/data_credentials/{credential_id}", "/{resource_type}/{resource_id}/flow"]
)
async def test_users_that_cannot_all_be_read_refuse(scene: Scene, route: str) -> None:
    old, new = identifier(scene, SHOP), spare(scene, SHOP)
    before = scene.snapshot()
    scene.break_("status", method="GET", route=route, status=500, count=None)
    refused = await rotated(scene, old, new)
    assert refused.is_error
    assert scene.snapshot() == before
    assert scene.sent("PUT", "/data_sources/{source_id}/pause") == 0


@pytest.mark.parametrize("shared", [True, False])
async def test_users_that_the_caller_may_not_change_refuse_before_anything_is_done(scene: Scene, shared: bool) -> None:
    """Sam's login is used by Dana's source, which Sam may see or not, and not change."""
    old, new = identifier(scene, "Product analytics bucket (S3)"), spare(scene, "Product analytics bucket (S3)")
    source = scene.row("data_sources", name="Experiment Assignments")
    dana = scene.row("users", email="dana@acme.example")["id"]
    rewrite(scene, "data_sources", source["id"], owner_id=dana)
    sam = scene.row("users", email="sam@acme.example")
    if shared:
        _share(scene, source, sam)
    key = next(key for key in scene.sandbox.service_keys.values() if "sam" in key)
    sams = scene.settings.model_copy(update={"service_key": type(scene.settings.service_key)(key)})
    before = scene.snapshot()
    refused = await rotated(Scene(scene.sandbox, sams, scene.clock), old, new)
    assert refused.code == "forbidden", refused.text
    assert scene.snapshot() == before
    assert scene.sent("PUT", "/data_sources/{source_id}/pause") == 0


def _share(scene: Scene, source: Mapping[str, Any], person: Mapping[str, Any]) -> None:
    scene.sandbox.world.store.insert(
        "accessors",
        {
            "resource_kind": "data_sources",
            "resource_id": source["id"],
            "type": "USER",
            "subject_id": person["id"],
            "access_roles": ["collaborator"],
        },
    )


async def test_the_plan_names_flows_owners_and_what_stops(scene: Scene) -> None:
    old, new = identifier(scene, CAMPAIGNS), spare(scene, CAMPAIGNS)
    async with scene.connected() as call:
        plan = await call("rotate_credential", credential=old, new_credential=new, dry_run=True)
    told = str(plan.structured["also"])
    assert f"flow {scene.flow_id('Ad Spend Daily')}" in told
    assert "dana@acme.example" in told
    assert f"flow {scene.flow_id('Holiday Campaign 2025')}" not in told, "it rests: nothing of it stops"
    assert plan.structured["undo"]


async def test_what_a_failed_rotation_could_not_start_again_is_put_right_first(scene: Scene) -> None:
    """A second plan would take what still rests for something that is to rest."""
    old, new = identifier(scene, SHOP), spare(scene, SHOP)
    before = scene.snapshot()
    scene.break_("status", method="PUT", route="/data_sources/{source_id}/activate", status=403, count=None)
    failed = await rotated(scene, old, new)
    assert failed.is_error
    scene.mend()
    refused = await rotated(scene, old, new)
    assert refused.code == "conflict"
    operation = failed.structured["operation"]
    assert operation in refused.text
    async with scene.connected(reply=agreeing) as call:
        assert (await call("control_operation", operation=operation, action="undo")).state == "done"
    assert scene.snapshot() == before
    assert (await rotated(scene, old, new)).state == "done"


@pytest.mark.parametrize("moment", ["after begin 4", "before end 4"])
@pytest.mark.parametrize("action", ["resume", "undo"])
async def test_killed_in_the_delete_of_the_old_one(scene: Scene, moment: str, action: str) -> None:
    """Before it was deleted all can be put back, afterwards it can only be gone on with."""
    old, new = identifier(scene, SHOP), spare(scene, SHOP)
    before, used = scene.snapshot(), set(users(scene, old))
    arguments = {"credential": old, "new_credential": new, "delete_old": True}
    await anyio.to_thread.run_sync(died, scene, "rotate_credential", arguments, moment)
    gone = moment == "before end 4"
    assert (not scene.rows("data_credentials", id=old)) is gone
    async with scene.connected(reply=agreeing) as call:
        operation = (await call("get_operation", limit=1)).structured["operations"][0]["operation"]
        ended = await call("control_operation", operation=operation, action=action)
        if action == "undo" and gone:
            assert ended.code == "conflict", ended.text
            ended = await call("control_operation", operation=operation, action="resume")
    assert ended.state == "done", ended.text
    if action == "undo" and not gone:
        assert scene.snapshot() == before
    else:
        assert set(users(scene, new)) == used
        deleted = not scene.rows("data_credentials", id=old)
        assert deleted is (gone or ended.structured["verified"] == "verified")


async def test_an_old_one_that_was_kept_can_be_gone_back_to(scene: Scene) -> None:
    old, new = identifier(scene, ERP), spare(scene, ERP)
    before = scene.snapshot()
    kept = await rotated(scene, old, new, delete_old=True)
    assert "kept" in evidence(kept)
    async with scene.connected(reply=agreeing) as call:
        undone = await call("control_operation", operation=kept.structured["operation"], action="undo")
    assert undone.state == "done", undone.text
    assert scene.snapshot() == before
