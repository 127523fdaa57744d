"""`run_health_check` on acme: every planted trouble is found, and nobody healthy is called sick."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import SecretStr

from nexla_mcp.settings import Settings
from tests.tools.conftest import Call, connected

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
"""What the sandbox calls a trouble and what we call it, where the words differ."""


def by_id(structured: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {flow["flow_id"]: flow for flow in structured["flows"]}


def found(flow: dict[str, Any]) -> set[str]:
    return {finding["trouble"] for finding in flow.get("findings", ())}


async def everything(call: Call, **arguments: Any) -> dict[int, dict[str, Any]]:
    """All pages."""
    flows: dict[int, dict[str, Any]] = {}
    cursor: dict[str, str] = {}
    while True:
        answer = await call("run_health_check", **arguments, **cursor)
        assert not answer.is_error, answer.text
        flows |= by_id(answer.structured)
        if "cursor" not in answer.structured:
            return flows
        cursor = {"cursor": answer.structured["cursor"]}


@pytest.fixture(scope="module")
async def flows(settings: Settings) -> dict[int, dict[str, Any]]:
    """What is said of each flow of acme."""
    async with connected(settings) as call:
        return await everything(call)


async def test_every_planted_trouble_is_found_on_its_flow(flows, backstage):
    planted = backstage.troubles()
    assert len({item["trouble"] for item in planted}) >= 10
    missed = [
        (item, flows[item["flow_id"]])
        for item in planted
        if KINDS.get(item["trouble"], item["trouble"]) not in found(flows[item["flow_id"]])
    ]
    assert missed == []


async def test_sick_is_said_of_exactly_the_sick(flows, backstage):
    planted = {item["flow_id"]: item for item in backstage.troubles()}
    sick = {flow_id for flow_id, item in planted.items() if item["sick"]}
    assert {flow_id for flow_id, flow in flows.items() if flow["verdict"] == "sick"} == sick
    at_rest = {key for key, item in planted.items() if item["trouble"] in {"paused_on_purpose", "never_activated"}}
    assert {flow_id for flow_id, flow in flows.items() if flow["verdict"] == "not_running"} == at_rest
    twins = {flow_id for flow_id, item in planted.items() if item["trouble"] == "name_twins"}
    assert {flow_id for flow_id, flow in flows.items() if flow["verdict"] == "warning"} == twins
    others = {flow_id: flow for flow_id, flow in flows.items() if flow_id not in planted}
    assert [flow for flow in others.values() if flow["verdict"] != "healthy"] == []
    assert [flow for flow in others.values() if found(flow)] == []


async def test_findings_name_the_resource_at_fault(flows, backstage):
    words = {"data_sources": "source", "data_sets": "nexset", "data_sinks": "destination"}
    for item in backstage.troubles():
        if not item["sick"]:
            continue
        wanted = KINDS.get(item["trouble"], item["trouble"])
        places = {
            (finding["type"], finding["id"])
            for finding in flows[item["flow_id"]]["findings"]
            if finding["trouble"] == wanted
        }
        assert (words[item["resource_type"]], item["resource_id"]) in places, item


async def test_the_worst_stand_first_and_counts_cover_all(call):
    answer = await call("run_health_check")
    order = ["sick", "unknown", "warning", "not_running", "healthy"]
    ranks = [order.index(flow["verdict"]) for flow in answer.structured["flows"]]
    assert ranks == sorted(ranks)
    assert answer.structured["verdict"] == "sick"
    assert sum(answer.structured["counts"].values()) >= 25
    assert answer.text.startswith(f"{sum(answer.structured['counts'].values())} flows checked")


async def test_only_problems_leaves_out_who_is_well_but_counts_them(call):
    answer = await call("run_health_check", only_problems=True)
    assert {flow["verdict"] for flow in answer.structured["flows"]} == {"sick", "warning"}
    assert answer.structured["counts"]["healthy"] >= 10


async def test_each_login_is_tried_once_and_lists_are_read_once(call, backstage):
    await call("whoami")
    backstage.forget()
    answer = await call("run_health_check")
    served = Counter(request["route"] for request in backstage.requests())
    paths = Counter(request["path"] for request in backstage.requests())
    probes = {path: times for path, times in paths.items() if path.endswith("/probe")}
    assert set(probes.values()) == {1}
    assert len(probes) == answer.structured["probed"]
    flows = sum(answer.structured["counts"].values())
    for route in ("/flows", "/data_credentials", "/notifications", "/health/org/flows"):
        assert served[route] <= 3, route  # pages of one list
    assert sum(paths.values()) - len(probes) <= 4 * flows


async def test_without_probing_no_third_party_is_asked(call, backstage):
    backstage.forget()
    answer = await call("run_health_check", probe=False)
    assert not [request for request in backstage.requests() if "/probe" in request["path"]]
    assert "probed" not in answer.structured
    assert "credentials probed now" not in answer.structured["checks"]


async def test_a_flow_is_found_by_id_by_name_and_by_any_of_its_nodes(call, backstage):
    planted = next(item for item in backstage.troubles() if item["trouble"] == "half_paused_tree")
    for reference in (planted["flow_id"], planted["name"], planted["node_id"]):
        answer = await call("run_health_check", flows=[reference])
        assert [flow["flow_id"] for flow in answer.structured["flows"]] == [planted["flow_id"]]


async def test_a_name_that_two_flows_have_gives_the_candidates(call, backstage):
    twins = [item for item in backstage.troubles() if item["trouble"] == "name_twins"]
    answer = await call("run_health_check", flows=[twins[0]["name"]])
    assert answer.is_error
    assert answer.structured["code"] == "ambiguous"
    assert all(str(twin["flow_id"]) in answer.structured["hint"] for twin in twins)


async def test_an_unknown_flow_is_an_error_that_says_where_to_look(call):
    answer = await call("run_health_check", flows=[999_999])
    assert answer.is_error
    assert answer.structured["code"] == "not_found"


async def test_project_and_tag_choose_flows(call):
    found_flows = (await call("search_resources", types=["flow"], limit=500)).structured["rows"]
    tag = next(tag for row in found_flows for tag in row.get("tags", ()))
    wanted = {row["id"] for row in found_flows if tag in row.get("tags", ())}
    answer = await call("run_health_check", tag=tag)
    assert set(by_id(answer.structured)) == wanted
    project = (await call("search_resources", types=["project"])).structured["rows"][0]
    members = (await call("search_resources", types=["flow"], project=project["id"])).structured["rows"]
    answer = await call("run_health_check", project=project["name"])
    assert set(by_id(answer.structured)) == {row["id"] for row in members}


async def test_pages_cover_every_flow_once(settings):
    async with connected(settings.model_copy(update={"result_bytes": 6_000})) as call:
        answer = await call("run_health_check", probe=False)
        total = sum(answer.structured["counts"].values())
        seen = list(by_id(answer.structured))
        while "cursor" in answer.structured:
            assert answer.structured["truncated"]
            answer = await call("run_health_check", probe=False, cursor=answer.structured["cursor"])
            seen += by_id(answer.structured)
    assert len(seen) == len(set(seen)) == total


async def test_progress_is_told_to_the_client(settings):
    told: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total))

    async with connected(settings, progress) as call:
        answer = await call("run_health_check")
    flows = sum(answer.structured["counts"].values())
    assert told == [(done, flows) for done in range(1, flows + 1)]


@pytest.mark.parametrize(
    "routes",
    [
        ["/notifications"],
        ["/data_sources/{source_id}"],
        ["/data_flows/{resource_type}/{resource_id}/metrics", "/{resource_type}/{resource_id}/metrics/run_summary"],
    ],
)
async def test_what_cannot_be_seen_is_never_called_healthy(call, backstage, routes):
    for route in routes:
        backstage.break_(kind="status", method="GET", route=route, status=403, count=None)
    answer = await call("run_health_check", probe=False)
    assert "healthy" not in answer.structured["counts"]
    assert answer.structured["not_checked"]


async def test_a_platform_without_a_health_monitor_changes_no_verdict(call, flows, backstage):
    before = Counter(flow["verdict"] for flow in flows.values())
    backstage.break_(kind="status", method="GET", route="/health/org/flows", status=404, count=None)
    answer = await call("run_health_check")
    assert answer.structured["counts"] == before
    assert any("monitor" in item for item in answer.structured["not_checked"])


async def test_a_colleague_sees_only_what_was_shared(settings, sandbox, flows):
    sam = settings.model_copy(update={"service_key": SecretStr(sandbox.service_keys["sam@acme.example"])})
    async with connected(sam) as call:
        answer = await call("run_health_check")
    assert not answer.is_error, answer.text
    assert 0 < sum(answer.structured["counts"].values()) < len(flows)
