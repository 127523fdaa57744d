"""Projects, teams, lookups, requests and notifications: changed as meant, and put back as they were."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import TEAM, Scene, agreeing

pytestmark = pytest.mark.anyio

SAM = "sam@acme.example"
KINDS = ("projects", "teams", "data_maps", "flow_nodes", "notification_settings", "lookup_entries")
UNTOLD = {"id", "updated_at", "created_at"}


def seen(scene: Scene) -> dict[str, list[Any]]:
    """What these tools change, from outside of all that is tested."""
    return {
        kind: sorted(
            ({name: value for name, value in row.items() if name not in UNTOLD} for row in scene.rows(kind)), key=repr
        )
        for kind in KINDS
    }


async def undone(call: Any, *answers: Any) -> None:
    for answer in answers:
        taken = await call("control_operation", operation=answer.structured["operation"], action="undo")
        assert taken.state == "done", taken.text


async def test_a_project_is_made_filled_and_taken_apart_again(scene: Scene) -> None:
    before = seen(scene)
    flows = [scene.flow_id("Churn Features"), scene.flow_id("Store Traffic")]
    async with scene.connected(reply=agreeing) as call:
        made = await call("manage_project", action="create", name="Forecasts", flows=flows)
        assert made.state == "done", made.text
        project = scene.row("projects", name="Forecasts")["id"]
        assert {row["id"] for row in scene.rows("flow_nodes", project_id=project)} >= set(flows)
        again = await call("manage_project", action="create", name="Forecasts", flows=flows)
        assert again.state == "unchanged", again.text
        out = await call("manage_project", action="remove_flows", project=project, flows=flows[:1])
        named = await call("manage_project", action="update", project=project, name="Forecasts, old")
        only = await call("manage_project", action="set_flows", project=project, flows=[])
        assert {out.state, named.state, only.state} == {"done"}
        await undone(call, only, named, out, made)
    assert seen(scene) == before


async def test_members_join_and_leave_a_team(scene: Scene) -> None:
    before = seen(scene)
    async with scene.connected(reply=agreeing) as call:
        made = await call("manage_team", action="create", name="Pilots", members=[{"email": SAM, "admin": True}])
        assert made.state == "done", made.text
        team = scene.row("teams", name="Pilots")
        joined = await call(
            "manage_team", action="add_members", team=team["id"], members=[{"email": "priya@acme.example"}]
        )
        assert joined.state == "done", joined.text
        asked = len(scene.asked)
        left = await call("manage_team", action="remove_members", team=team["id"], members=[{"email": SAM}])
        assert left.state == "done", left.text
        assert len(scene.asked) == asked + 1
        people = {member["email"] for member in (await call("get_resource", type="team", resource=team["id"]))
                  .structured.get("members", [])}  # fmt: skip
        assert SAM not in people
        await undone(call, left, joined, made)
    assert seen(scene) == before


async def test_nobody_is_removed_where_nobody_is_named(scene: Scene) -> None:
    before = seen(scene)
    team = scene.row("teams", name=TEAM)["id"]
    async with scene.connected(reply=agreeing) as call:
        refused = await call("manage_team", action="remove_members", team=team)
    assert refused.code == "bad_input"
    assert seen(scene) == before


async def test_rows_of_a_lookup_are_put_in_changed_and_taken_out(scene: Scene) -> None:
    before = seen(scene)
    rows = [{"code": "DE", "name": "Germany"}, {"code": "FR", "name": "France"}]
    async with scene.connected(reply=agreeing) as call:
        made = await call("manage_lookup", action="create", name="Countries, ours", key="code", rows=rows)
        assert made.state == "done", made.text
        lookup = scene.row("data_maps", name="Countries, ours")["id"]
        changed = await call(
            "manage_lookup", action="put_rows", lookup=lookup, rows=[{"code": "DE", "name": "Deutschland"}]
        )
        gone = await call("manage_lookup", action="delete_rows", lookup=lookup, keys=["FR"])
        assert {changed.state, gone.state} == {"done"}, gone.text
        left = (await call("call_operation", operation="get_lookup_entries",
                           arguments={"data_map_id": lookup, "entry_keys": "DE"})).structured  # fmt: skip
        assert "Deutschland" in str(left)
        await undone(call, gone, changed, made)
    assert seen(scene) == before


@pytest.mark.parametrize("key", ["*", "..", "a/b", "a,b", "", "a#b"])
async def test_a_key_that_would_take_out_others_is_refused(scene: Scene, key: str) -> None:
    before = seen(scene)
    lookup = next(row for row in scene.rows("data_maps") if not row.get("data_sink_id"))
    async with scene.connected(reply=agreeing) as call:
        refused = await call("manage_lookup", action="delete_rows", lookup=lookup["id"], keys=[key])
    assert refused.code == "bad_input"
    assert seen(scene) == before


async def test_a_kind_of_event_is_switched_on_and_off(scene: Scene) -> None:
    before = seen(scene)
    flow = scene.flow_id("Churn Features")
    wanted = {"event": "Destination write error", "channel": "EMAIL", "type": "flow", "resource": flow}
    async with scene.connected(reply=agreeing) as call:
        on = await call("manage_notifications", action="enable", **wanted)
        assert on.state == "done", on.text
        again = await call("manage_notifications", action="enable", **wanted)
        assert again.state == "unchanged", again.text
        off = await call("manage_notifications", action="disable", **wanted)
        assert off.state == "done", off.text
        await undone(call, off, on)
    assert seen(scene) == before


async def test_notices_are_marked_and_marked_back(scene: Scene) -> None:
    async with scene.connected(reply=agreeing) as call:
        rows = (await call("search_resources", types=["notification"], limit=5)).structured["rows"]
        ids = [row["id"] for row in rows]
        before = [row["status"] for row in rows]
        marked = await call("manage_notifications", action="mark_read", notifications=ids)
        assert marked.state in {"done", "unchanged"}, marked.text
        if marked.state == "done":
            await undone(call, marked)
        after = (await call("search_resources", types=["notification"], limit=5)).structured["rows"]
    assert [row["status"] for row in after] == before
