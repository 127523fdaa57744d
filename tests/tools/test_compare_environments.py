"""`compare_environments`: flows matched by name, references by name, and never a secret."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve
from tests.changes.conftest import SPEC, WAREHOUSE, Scene, anyio_backend, scene
from tests.tools.outside import Outside

__all__ = ["anyio_backend", "scene"]

pytestmark = pytest.mark.anyio

VARIABLE = "TEST_OTHER_KEY"


def spec_for(environment: str, **source: Any) -> dict[str, Any]:
    spec = copy.deepcopy(SPEC)
    spec["name"] = f"Orders EU ({environment})"
    spec["source"]["tags"] = [environment]
    spec["source"]["config"]["path"] = f"acme-data-lake/{environment}/orders"
    spec["source"]["config"] |= source
    spec["nexsets"][0]["name"] = f"Orders EU cleaned - {environment.upper()}"
    spec["destinations"][0]["name"] = f"{environment}: orders in the lake"
    return spec


async def built(call: Any, *specs: dict[str, Any]) -> None:
    for spec in specs:
        done = await call("create_flow", **spec, activate=False, verify=False)
        assert done.state == "done", done.text


async def compared(call: Any, **arguments: Any) -> dict[str, Any]:
    answer = await call("compare_environments", **{"left": "tag:dev", "right": "tag:prod", **arguments})
    assert not answer.is_error, answer.text
    return answer.structured


async def test_flows_match_by_name_without_the_words_for_the_environment(scene: Scene) -> None:
    async with scene.connected() as call:
        await built(call, spec_for("dev"), spec_for("prod", **{"start.cron": "0 30 0 * * ?"}))
        got = await compared(call)
    assert (got["same"], got["differing"], got["only_left"], got["only_right"]) == (0, 1, [], [])
    assert got["matched_without"] == ["dev", "prod"]
    rows = {row["field"]: row for row in got["differences"]}
    assert set(rows) == {"config/path", "config/start.cron"}
    assert rows["config/path"]["environment_only"] is True
    assert "environment_only" not in rows["config/start.cron"]
    assert (rows["config/start.cron"]["left"], rows["config/start.cron"]["right"]) == ("0 0 * * * ?", "0 30 0 * * ?")
    source = scene.row("data_sources", name="Orders EU (prod)")
    assert rows["config/start.cron"]["right_id"] == source["id"]


async def test_what_only_one_side_has_comes_with_the_spec_that_makes_it(scene: Scene) -> None:
    other = {**spec_for("dev"), "name": "Invoices (dev)"}
    async with scene.connected() as call:
        await built(call, spec_for("dev"), other, spec_for("prod"))
        got = await compared(call, specs=True)
        assert [row["name"] for row in got["only_left"]] == ["Invoices (dev)"]
        (written,) = got["specs"]
        plan = await call("create_flow", **{**written["spec"], "name": "Invoices (prod)"}, dry_run=True)
    assert plan.state == "planned"
    assert written["spec"]["source"]["config"]["path"] == "acme-data-lake/dev/orders"


async def test_a_part_that_is_missing_and_a_login_of_another_name_are_differences(scene: Scene) -> None:
    less = spec_for("prod")
    less["destinations"] = []
    async with scene.connected() as call:
        await built(call, spec_for("dev"), less)
        got = await compared(call)
    (part,) = (row for row in got["differences"] if row["field"] == "(the part itself)")
    assert part["type"] == "destination"
    assert "right_id" not in part
    source = scene.row("data_sources", name="Orders EU (prod)")
    login = scene.row("data_credentials", name=WAREHOUSE)["id"]
    scene.sandbox.world.store.put("data_sources", {**source, "data_credentials_id": login})
    async with scene.connected() as call:
        got = await compared(call)
    (row,) = (row for row in got["differences"] if row["field"] == "credential")
    assert row["right"] == WAREHOUSE


async def test_secrets_are_not_shown_and_said_not_to_be_compared(scene: Scene) -> None:
    async with scene.connected() as call:
        await built(call, spec_for("dev"), spec_for("prod"))
        for name in ("dev", "prod"):
            row = scene.row("data_sources", name=f"Orders EU ({name})")
            config = {**row["source_config"], "api.key": f"c4n4ry-{name}", "note": f"password=c4n4ry-{name};"}
            scene.sandbox.world.store.put("data_sources", {**row, "source_config": config})
        answer = await call("compare_environments", left="tag:dev", right="tag:prod", specs=True)
    assert "c4n4ry" not in answer.text + json.dumps(answer.structured)
    assert any("api.key" in what for what in answer.structured["not_compared"])


async def test_projects_and_the_whole_org_can_be_sides(scene: Scene) -> None:
    async with scene.connected() as call:
        by_project = await compared(call, left="project:Orders", right="project:Finance")
        outside = Outside(scene)
        project = scene.row("projects", name="Orders")["id"]
        wanted = {flow["id"] for flow in outside.get(f"/projects/{project}/flows")["flows"]}
        assert {row["id"] for row in by_project["only_left"]} == wanted
        whole = await compared(call, left="project:Orders", right="org")
    assert (whole["same"], whole["differing"], whole["only_left"]) == (len(wanted), 0, [])
    assert whole["only_right"]


async def test_another_account_is_compared_by_a_named_profile_and_never_changed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(SandboxOptions()) as other:
        monkeypatch.setenv(VARIABLE, other.service_key)
        profiles = {"prod": f"env:{VARIABLE}@{other.url}"}
        async with scene.connected(profiles=profiles) as call:
            await built(call, spec_for("dev"))
            answer = await call("compare_environments", left="org", right="org", profile="Prod")
        methods = {
            (request["method"], request["route"])
            for request in other.world.requests.listed()
            if request["method"] != "GET" and request["route"] != "/token"
        }
        assert not answer.is_error, answer.text
        assert other.service_key not in answer.text
    assert methods <= {("POST", "/token/logout")}
    assert [row["name"] for row in answer.structured["only_left"]] == ["Orders EU (dev)"]
    assert answer.structured["only_right"] == []
    assert answer.structured["right"] == "org of Prod"


@pytest.mark.parametrize(
    ("profiles", "key"),
    [
        ({}, "x"),
        ({"prod": "a literal key"}, "x"),
        ({"prod": f"env:{VARIABLE}"}, ""),
        ({"test": f"env:{VARIABLE}"}, "x"),
    ],
)
async def test_a_profile_that_cannot_be_used_is_the_operators_business(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, profiles: dict[str, str], key: str
) -> None:
    monkeypatch.setenv(VARIABLE, key)
    async with scene.connected(profiles=profiles) as call:
        answer = await call("compare_environments", left="org", right="org", profile="prod")
    assert answer.code == "not_configured"
    assert "literal" not in answer.text


@pytest.mark.parametrize(
    ("left", "right", "code"),
    [
        ("tag:orders", "tag:orders", "bad_input"),
        ("dev", "prod", "bad_input"),
        ("tag:", "org", "bad_input"),
        ("org:1", "tag:orders", "bad_input"),
        ("tag:orders", "tag:never seen", "not_found"),
        ("project:999999", "org", "not_found"),
    ],
)
async def test_what_is_no_environment_is_refused(scene: Scene, left: str, right: str, code: str) -> None:
    async with scene.connected() as call:
        answer = await call("compare_environments", left=left, right=right)
    assert answer.code == code


async def test_a_flow_that_cannot_be_read_is_named_and_not_called_equal(scene: Scene) -> None:
    async with scene.connected() as call:
        await built(call, spec_for("dev"), spec_for("prod"))
        nexset = scene.row("data_sets", name="Orders EU cleaned - PROD")["id"]
        scene.break_("status", method="GET", route=f"/data_sets/{nexset}", status=403, count=None)
        got = await compared(call)
    assert (got["same"], got["differing"], got["only_left"], got["only_right"]) == (0, 0, [], [])
    assert [what.split(":")[0] for what in got["not_compared"]] == ["right"]
