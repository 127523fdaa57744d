"""`create_flow`: a pipeline from a spec, once, verified, and taken back when it fails."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.changes.conftest import ERAS, FLOW, LAKE, SPEC, TEAM, Scene

pytestmark = pytest.mark.anyio


def spec(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SPEC), **changes}


@pytest.mark.parametrize("era", ERAS)
async def test_a_flow_is_built_runs_and_is_shared(scene: Scene, era: str) -> None:
    async with scene.connected(era=era) as call:
        done = await call("create_flow", **spec())
    assert (done.state, done.structured["verified"]) == ("done", "verified")
    flow = scene.flow_id(FLOW)
    assert scene.statuses(flow) == {"ACTIVE"}
    parts = [scene.row("data_sources", name=FLOW), *scene.rows("data_sets", origin_node_id=flow)]
    parts += scene.rows("data_sinks", origin_node_id=flow)
    team = scene.row("teams", name=TEAM)["id"]
    assert len(parts) == 4
    for part in parts:
        assert scene.rows("accessors", resource_id=part["id"], type="TEAM", subject_id=team)


async def test_a_second_run_changes_nothing_and_says_so(scene: Scene) -> None:
    async with scene.connected() as call:
        assert (await call("create_flow", **spec())).state == "done"
        before = scene.snapshot()
        scene.sandbox.world.requests.clear()
        again = await call("create_flow", **spec())
    assert again.state == "unchanged"
    assert scene.snapshot() == before
    methods = {request["method"] for request in scene.sandbox.world.requests.listed()}
    assert methods <= {"GET"}


async def test_a_dry_run_shows_the_plan_and_does_nothing(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected() as call:
        plan = await call("create_flow", **spec(), dry_run=True)
    assert plan.state == "planned"
    assert [step["step"] for step in plan.structured["steps"]][:3] == ["source", "detect", "detected"]
    assert scene.snapshot() == before


async def test_what_exists_in_part_is_completed(scene: Scene) -> None:
    async with scene.connected() as call:
        first = await call("create_flow", **spec(destinations=[], access=[]))
        assert first.state == "done"
        completed = await call("create_flow", **spec())
    assert completed.state == "done"
    assert len(scene.rows("data_sources", name=FLOW)) == 1
    assert scene.statuses(scene.flow_id(FLOW)) == {"ACTIVE"}


async def test_another_thing_of_that_name_is_neither_changed_nor_doubled(scene: Scene) -> None:
    other = spec()
    other["source"]["config"]["path"] = "acme-data-lake/elsewhere"
    async with scene.connected() as call:
        assert (await call("create_flow", **spec())).state == "done"
        before = scene.snapshot()
        refused = await call("create_flow", **other)
    assert refused.code == "conflict"
    assert "source_config" in refused.text
    assert scene.snapshot() == before


@pytest.mark.parametrize("step", ["POST /data_sets", "POST /data_sinks", "PUT /data_sinks/{data_sink_id}/accessors"])
async def test_a_step_that_is_refused_leaves_nothing_behind(scene: Scene, step: str) -> None:
    before = scene.snapshot()
    method, route = step.split()
    scene.break_("status", method=method, route=route, status=403, count=None)
    async with scene.connected() as call:
        failed = await call("create_flow", **spec())
    assert failed.is_error
    assert (failed.code, failed.state) == ("forbidden", "failed")
    assert "Taken back" in failed.text
    assert scene.snapshot() == before


async def test_a_first_run_that_fails_takes_the_flow_back(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected() as call:
        first = await call("create_flow", **spec(verify=False, activate=False, access=[]))
        assert first.state == "done"
        sink = scene.row("data_sinks", name="Orders EU in the lake")
        behaviour = {"failure": {"kind": "rejected", "share": 1.0, "since": 0, "text": "bucket is read-only"}}
        scene.sandbox.world.store.put("data_sinks", {**sink, "_sandbox": {"behaviour": behaviour}})
        failed = await call("create_flow", **spec(access=[]))
        assert (failed.code, failed.state) == ("not_verified", "failed")
        assert scene.statuses(scene.flow_id(FLOW)) == {"PAUSED"}
        undone = await call("control_operation", operation=first.structured["operation"], action="undo")
        undone = await call(
            "control_operation",
            operation=first.structured["operation"],
            action="undo",
            confirmation=undone.structured["confirmation"],
        )
    assert undone.state == "done"
    assert scene.snapshot() == before


async def test_a_refused_login_is_told_before_anything_is_made(scene: Scene) -> None:
    login = scene.row("data_credentials", name=LAKE)
    hidden = {**login["_sandbox"], "probe": "refused"}
    scene.sandbox.world.store.put("data_credentials", {**login, "_sandbox": hidden})
    before = scene.snapshot()
    async with scene.connected() as call:
        refused = await call("create_flow", **spec())
    assert refused.code == "conflict"
    assert str(login["id"]) in refused.text
    assert scene.snapshot() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": {**SPEC["source"], "config": {"path": "x"}}}, "source.config/start.cron"),
        ({"source": {**SPEC["source"], "connector": "snowflak"}}, "snowflake"),
        ({"source": {**SPEC["source"], "credential": None}}, "credential: missing"),
        ({"source": {**SPEC["source"], "credential": "No such login"}}, "No such login"),
        ({"source": {**SPEC["source"], "credential": "Snowflake analytics"}}, "is a login to snowflake"),
        ({"nexsets": [{"name": "a", "parent": "b"}]}, "nexsets[0].parent"),
        ({"nexsets": [{"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}]}, "each other's parents"),
        ({"destinations": [{**SPEC["destinations"][0], "nexset": "nowhere"}]}, "destinations[0].nexset"),
        ({"destinations": [{**SPEC["destinations"][0], "config": {}}]}, "destinations[0].config/path"),
        ({"access": [{"to": "team", "who": "Nobody's"}]}, "Nobody's"),
        ({"access": [{"to": "user", "who": "stranger@elsewhere.example"}]}, "stranger@elsewhere.example"),
        ({"sink": {}}, "sink"),
    ],
)
async def test_what_is_wrong_in_a_spec_is_named_before_anything_is_sent(
    scene: Scene, change: dict[str, Any], field: str
) -> None:
    async with scene.connected() as call:
        scene.sandbox.world.requests.clear()
        refused = await call("create_flow", **{**spec(), **change})
    assert refused.is_error
    assert field in refused.text
    writes = [r for r in scene.sandbox.world.requests.listed() if r["method"] != "GET" and r["route"] != "/token"]
    assert writes == []
