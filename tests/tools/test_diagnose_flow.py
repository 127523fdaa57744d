"""`diagnose_flow`: each planted trouble is named first, with a next step that can be taken."""

from __future__ import annotations

from typing import Any

import pytest

from nexla_mcp.sandbox import kinds
from nexla_mcp.tools.registry import all_tools
from tests.tools.conftest import Call

pytestmark = pytest.mark.anyio

KINDS = {
    "half_paused_tree": "half_paused",
    "transform_error_passed_through": "transform_error",
    "destination_write_error": "destination_error",
    "empty_file": "empty_source",
    "name_twins": "name_twin",
    "paused_on_purpose": "not_running",
    "never_activated": "not_running",
}
WORDS = {"data_sources": "source", "data_sets": "nexset", "data_sinks": "destination"}
TROUBLES = (
    "schema_drift",
    "never_activated",
    "refused_credential",
    "destination_write_error",
    "empty_file",
    "quarantine_growth",
    "transform_error_passed_through",
    "name_twins",
    "volume_drop",
    "stale_source",
    "rate_limited",
    "half_paused_tree",
    "paused_on_purpose",
)
SPECS = {spec.name: spec for spec in all_tools()}


@pytest.fixture
def settings(settings):
    """Room for whole answers: how they are cut has tests of its own."""
    return settings.model_copy(update={"result_bytes": 1_000_000})


def planted_as(backstage, trouble: str) -> list[dict[str, Any]]:
    return [item for item in backstage.troubles() if item["trouble"] == trouble]


async def diagnosis(call: Call, flow: int | str, **arguments: Any) -> dict[str, Any]:
    answer = await call("diagnose_flow", flow=flow, **arguments)
    assert not answer.is_error, answer.text
    return answer.structured


def test_every_kind_that_is_planted_is_tested(backstage):
    assert {item["trouble"] for item in backstage.troubles()} == set(TROUBLES)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_what_is_planted_is_named_first_with_steps_that_can_be_taken(call, backstage, trouble):
    for item in planted_as(backstage, trouble):
        got = await diagnosis(call, item["flow_id"])
        assert (got["verdict"] == "sick") is item["sick"]
        first = got["causes"][0]
        assert first["trouble"] == KINDS.get(trouble, trouble)
        assert (first["type"], first["id"]) == (WORDS[item["resource_type"]], item["resource_id"])
        assert first["because"]
        assert first["next"]
        for cause in got["causes"]:
            for step in cause["next"]:
                SPECS[step["tool"]].arguments.read(step["arguments"])
                assert step["why"]
        for step in first["next"]:
            taken = await call(step["tool"], **step["arguments"])
            assert not taken.is_error, (step, taken.text)


async def test_of_the_healthy_nothing_is_called_sick(call, backstage):
    planted = {item["flow_id"] for item in backstage.troubles()}
    flows = (await call("search_resources", types=["flow"], limit=500)).structured["rows"]
    healthy = [row["id"] for row in flows if row["id"] not in planted]
    assert len(healthy) >= 10
    for flow in healthy:
        got = await diagnosis(call, flow)
        assert got["verdict"] == "healthy", got["causes"]
        assert got["causes"] == []


@pytest.mark.parametrize("trouble", ["schema_drift", "destination_write_error", "refused_credential"])
async def test_the_failed_run_stands_beside_the_last_good_one(call, backstage, sandbox, trouble):
    (item,) = planted_as(backstage, trouble)
    got = await diagnosis(call, item["flow_id"])
    assert got["good_run_id"] < got["run_id"]
    series = sandbox.world.simulation.series
    source_id = got["nodes"][0]["id"]
    assert sum(row.errors for row in series.of_run(source_id, got["run_id"])) > 0
    assert sum(row.errors for row in series.of_run(source_id, got["good_run_id"])) == 0
    sick = next(node for node in got["nodes"] if node.get("errors"))
    assert sick["good_errors"] == 0
    assert sick["good_records"] > 0


@pytest.mark.parametrize("trouble", ["volume_drop", "empty_file", "transform_error_passed_through"])
async def test_the_good_run_is_one_from_before_the_trouble(call, backstage, sandbox, trouble):
    (item,) = planted_as(backstage, trouble)
    got = await diagnosis(call, item["flow_id"])
    source_id = got["nodes"][0]["id"]
    rows = sandbox.world.simulation.series.of_run(source_id, got["good_run_id"])
    assert sum(row.errors for row in rows) == 0
    read = {
        run: sum(row.records for row in sandbox.world.simulation.series.of_run(source_id, run))
        for run in sandbox.world.simulation.run_ids(source_id)
    }
    assert read[got["good_run_id"]] > max(read.values()) / 2


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("schema_drift", "total_amount"),
        ("refused_credential", "password authentication failed"),
        ("destination_write_error", "permission denied"),
        ("transform_error_passed_through", "TypeError"),
        ("empty_file", "source file empty"),
    ],
)
async def test_what_was_said_is_quoted_once_and_fenced(call, backstage, trouble, words):
    (item,) = planted_as(backstage, trouble)
    answer = await call("diagnose_flow", flow=item["flow_id"])
    first = answer.structured["causes"][0]
    assert any(words in text for text in first["said"])
    assert len(set(first["said"])) == len(first["said"])
    outside = "".join(part.partition("</data>")[2] for part in answer.text.split("<data"))
    assert words not in outside


@pytest.mark.parametrize(
    ("trouble", "who"), [("volume_drop", "lena"), ("half_paused_tree", "sam"), ("refused_credential", "marco")]
)
async def test_the_change_that_came_before_is_named(call, backstage, trouble, who):
    (item,) = planted_as(backstage, trouble)
    got = await diagnosis(call, item["flow_id"])
    assert any("was changed at" in text for text in got["causes"][0]["because"])
    assert f"{who}@acme.example" in {change["who"] for change in got["changes"]}


async def test_no_change_after_the_last_run_is_suspected_of_what_the_run_showed(call, backstage):
    for item in backstage.troubles():
        got = await diagnosis(call, item["flow_id"])
        newest = max((run["started"] for run in got["runs"]), default=None)
        for cause in got["causes"]:
            if cause["likelihood"] == "seen" or newest is None:
                continue
            for text in cause["because"]:
                if " was changed at " in text:
                    assert text.partition(" was changed at ")[2][:10] <= newest[:10]


async def test_there_is_no_rerun_and_the_next_scheduled_run_is_named(call, backstage):
    (item,) = planted_as(backstage, "schema_drift")
    answer = await call("diagnose_flow", flow=item["flow_id"])
    flow = (await call("get_flow", flow=item["flow_id"])).structured
    assert "no re-run" in answer.structured["rerun"]
    assert answer.structured["next_scheduled_run"] == flow["next_scheduled_run"]
    assert answer.structured["next_scheduled_run"][:16].replace("T", " ") in answer.structured["rerun"]
    assert answer.structured["rerun"] in answer.text


@pytest.mark.parametrize("trouble", ["paused_on_purpose", "never_activated"])
async def test_a_flow_at_rest_is_promised_no_run(call, backstage, trouble):
    (item,) = planted_as(backstage, trouble)
    got = await diagnosis(call, item["flow_id"])
    assert got["verdict"] == "not_running"
    assert "next_scheduled_run" not in got
    assert "no next run" in got["rerun"]


async def test_it_is_found_by_name_and_by_any_node(call, backstage):
    (item,) = planted_as(backstage, "half_paused_tree")
    by_name = await diagnosis(call, item["name"])
    by_node = await diagnosis(call, item["node_id"])
    assert by_name["flow_id"] == by_node["flow_id"] == item["flow_id"]
    assert (await call("diagnose_flow", flow="Customer Master")).structured["code"] == "ambiguous"
    assert (await call("diagnose_flow", flow=999_999)).structured["code"] == "not_found"


async def test_since_limits_runs_and_changes(call, backstage):
    (item,) = planted_as(backstage, "schema_drift")
    got = await diagnosis(call, item["flow_id"], since="6h")
    assert 1 <= len(got["runs"]) <= 2
    assert got["changes"] == []
    assert "good_run_id" not in got
    assert got["causes"][0]["trouble"] == "schema_drift"
    bad = await call("diagnose_flow", flow=item["flow_id"], since="a while")
    assert bad.structured["code"] == "bad_input"


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ("/{resource_type}/{resource_id}/audit_log", "changes"),
        ("/flows/{flow_id}/logs", "log"),
        ("/data_sources/{source_id}", "schedule"),
        ("/notifications", "notifications"),
    ],
)
async def test_what_could_not_be_looked_at_is_named(call, backstage, route, told):
    (item,) = planted_as(backstage, "schema_drift")
    backstage.break_(kind="status", method="GET", route=route, status=403, count=None)
    if told == "changes":
        for kind in (kinds.SOURCES, kinds.NEXSETS, kinds.DESTINATIONS, kinds.CREDENTIALS):
            backstage.break_(kind="status", method="GET", route=f"/{kind}/{{id}}/audit_log", status=403, count=None)
    got = await diagnosis(call, item["flow_id"])
    assert any(told in text for text in got["not_checked"]), got["not_checked"]


async def test_nothing_is_changed_by_a_diagnosis(call, backstage):
    (item,) = planted_as(backstage, "refused_credential")
    backstage.forget()
    await diagnosis(call, item["flow_id"])
    methods = {(request["method"], request["path"]) for request in backstage.requests()}
    assert {path.rsplit("/", 1)[-1] for method, path in methods if method != "GET"} <= {"token", "metrics", "logs_v2"}
