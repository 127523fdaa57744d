"""Flows: the tree and its resources, running it, copying and deleting it (contract 9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Api
from tests.sandbox.documents.client import Company, pipeline_of

LISTS = {
    "code_containers",
    "data_sources",
    "data_sets",
    "data_sinks",
    "data_credentials",
    "shared_data_sets",
    "orgs",
    "users",
    "projects",
}


def nodes_below(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for child in node["children"] for found in (child, *nodes_below(child))]


def test_the_list_is_one_object_with_all_flows(acme: Company) -> None:
    first, second = pipeline_of(acme.dana), pipeline_of(acme.dana)
    answer = acme.dana.ok("GET", "/flows")
    assert set(answer) == {"flows", *LISTS}
    assert [node["id"] for node in answer["flows"]] == [first.node, second.node]
    assert {item["id"] for item in answer["data_sources"]} == {first.source, second.source}
    assert len(answer["data_credentials"]) == 2


def test_origins_carry_status_and_name_and_children_do_not(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    flow = acme.dana.ok("GET", f"/flows/{pipeline.node}")["flows"][0]
    assert (flow["id"], flow["origin_node_id"], flow["parent_node_id"]) == (
        pipeline.node,
        pipeline.node,
        None,
    )
    assert (flow["name"], flow["status"], flow["data_source_id"]) == ("orders", "INIT", pipeline.source)
    below = nodes_below(flow)
    assert len(below) == 4
    for node in below:
        assert set(node) == {
            "id",
            "parent_node_id",
            "origin_node_id",
            "data_source_id",
            "data_set_id",
            "data_sink_id",
            "children",
        }
        assert node["origin_node_id"] == pipeline.node
        assert sum(node[name] is not None for name in ("data_source_id", "data_set_id", "data_sink_id")) == 1


def test_flows_only_leaves_out_the_resources(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    assert set(acme.dana.ok("GET", "/flows?flows_only=1")) == {"flows"}
    assert set(acme.dana.ok("GET", f"/flows/{pipeline.node}?flows_only=1")) == {"flows"}


def test_metrics_come_only_when_asked_for(acme: Company) -> None:
    pipeline_of(acme.dana)
    assert acme.dana.ok("GET", "/flows?include_run_metrics=1")["metrics"] == []


def test_resources_in_a_flow_are_flat(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    flow = acme.dana.ok("GET", f"/flows/{pipeline.node}")
    for name in ("data_sources", "data_sets", "data_sinks"):
        for item in flow[name]:
            assert item["owner_id"] == acme.dana.principal.user_id
            assert item["origin_node_id"] == pipeline.node
            assert not {"owner", "org", "source_config", "sink_config"} & set(item)
    assert {item["id"]: item["data_sink_ids"] for item in flow["data_sets"]} == {
        pipeline.detected: [pipeline.early_sink],
        pipeline.derived: [pipeline.late_sink],
    }


def test_pages_are_counted_in_flows(acme: Company) -> None:
    pipelines = [pipeline_of(acme.dana) for _ in range(3)]
    answer = acme.dana.ok("GET", "/flows?page=2&per_page=2")
    assert [node["id"] for node in answer["flows"]] == [pipelines[2].node]
    assert [item["id"] for item in answer["data_sources"]] == [pipelines[2].source]
    assert acme.dana.ok("GET", "/flows?page=9&per_page=2")["flows"] == []


def test_any_node_and_any_resource_names_its_flow(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    whole = acme.dana.ok("GET", f"/flows/{pipeline.node}")
    for node in nodes_below(whole["flows"][0]):
        assert acme.dana.ok("GET", f"/flows/{node['id']}") == whole
    for kind, identifier in pipeline.resources:
        assert acme.dana.ok("GET", f"/{kind}/{identifier}/flow") == whole


class TestRunning:
    def test_activating_the_source_activates_all_downstream(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        answer = acme.dana.ok("PUT", f"/data_sources/{pipeline.source}/activate")
        assert answer["status"] == "ACTIVE"
        assert "flows" not in answer
        assert acme.statuses(pipeline) == ["ACTIVE"] * 5

    def test_siblings_and_upstream_stay_as_they_are(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        acme.dana.ok("PUT", f"/data_sets/{pipeline.derived}/pause")
        assert acme.statuses(pipeline) == ["ACTIVE", "ACTIVE", "PAUSED", "ACTIVE", "PAUSED"]

    @pytest.mark.parametrize("flag", ["all=1", "full_tree=1", "all=True"])
    def test_the_whole_tree_from_any_node_answers_the_flow(self, acme: Company, flag: str) -> None:
        pipeline = pipeline_of(acme.dana)
        answer = acme.dana.ask("PUT", f"/data_sinks/{pipeline.late_sink}/activate?{flag}").body
        assert answer["flows"][0]["id"] == pipeline.node
        assert acme.statuses(pipeline) == ["ACTIVE"] * 5

    def test_the_flow_form_always_answers_the_flow(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        answer = acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        assert answer["flows"][0]["status"] == "ACTIVE"
        assert acme.dana.ok("PUT", f"/flows/{pipeline.node}/pause")["flows"][0]["status"] == "PAUSED"

    def test_each_node_that_changed_has_its_entry_and_no_other(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/data_sinks/{pipeline.early_sink}/activate")
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        for kind, identifier in pipeline.resources:
            history = acme.dana.audit(f"/{kind}/{identifier}")
            changes = [entry["object_changes"]["status"] for entry in history if entry["event"] == "update"]
            assert changes == [["INIT", "ACTIVE"]]

    def test_pausing_asynchronously_is_polled(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        path = f"/flows/{pipeline.node}/pause?all=1&async=true"
        started = acme.dana.ok("PUT", path)
        assert started["status"] in {"pending", "running"}
        polled = acme.dana.ok("PUT", f"{path}&request_id={started['request_id']}")
        assert polled["status"] == "completed"
        assert acme.statuses(pipeline) == ["PAUSED"] * 5

    def test_async_counts_only_for_the_whole_tree(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        assert "flows" in acme.dana.ok("PUT", f"/flows/{pipeline.node}/pause?async=true")

    def test_a_request_that_nobody_made_is_unknown(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.refused(404, "PUT", f"/flows/{pipeline.node}/pause?all=1&async=true&request_id=1")


class TestCopying:
    def test_the_tree_is_copied_and_nothing_runs(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        copy = acme.dana.ok("POST", f"/flows/{pipeline.node}/copy")
        assert len(nodes_below(copy["flows"][0])) == 4
        assert copy["flows"][0]["id"] != pipeline.node
        copied = [item for name in ("data_sources", "data_sets", "data_sinks") for item in copy[name]]
        assert {item["copied_from_id"] for item in copied} == {identifier for _, identifier in pipeline.resources}
        assert {item["status"] for item in copied} == {"INIT"}
        assert acme.statuses(pipeline) == ["ACTIVE"] * 5
        parents = {item["copied_from_id"]: item["parent_data_set_id"] for item in copy["data_sets"]}
        detected = next(item["id"] for item in copy["data_sets"] if item["copied_from_id"] == pipeline.detected)
        assert parents[pipeline.derived] == detected

    def test_a_credential_is_cloned_once_or_reused(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        cloned = acme.dana.ok("POST", f"/flows/{pipeline.node}/copy")["data_credentials"]
        assert [item["copied_from_id"] for item in cloned] == [pipeline.credential]
        reused = acme.dana.ok("POST", f"/flows/{pipeline.node}/copy", {"reuse_data_credentials": True})
        assert [item["id"] for item in reused["data_credentials"]] == [pipeline.credential]

    def test_a_clone_logs_in_with_the_same_secrets(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        clone = acme.dana.ok("POST", f"/flows/{pipeline.node}/copy")["data_credentials"][0]
        stored = acme.world.store.get("data_credentials", clone["id"]) or {}
        assert stored["_sandbox"]["secrets"] == {"password": "s3cret-word"}

    def test_the_copy_belongs_to_the_caller(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.sam)
        copy = acme.dana.ok("POST", f"/flows/{pipeline.node}/copy")
        assert {item["owner_id"] for item in copy["data_sources"]} == {acme.dana.principal.user_id}


class TestDeleting:
    def test_a_running_flow_is_refused_and_keeps_everything(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/data_sinks/{pipeline.late_sink}/activate")
        assert str(pipeline.late_sink) in acme.dana.refused(400, "DELETE", f"/flows/{pipeline.node}")
        assert len(acme.dana.ok("GET", f"/flows/{pipeline.node}")["data_sinks"]) == 2

    def test_a_paused_flow_goes_whole_and_its_credential_stays(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        assert set(acme.dana.ok("DELETE", f"/data_sources/{pipeline.source}/flow")) == {"code", "message"}
        for kind, identifier in pipeline.resources:
            acme.dana.refused(404, "GET", f"/{kind}/{identifier}")
        acme.dana.ok("GET", f"/data_credentials/{pipeline.credential}")

    def test_a_branch_goes_from_its_node_down(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("DELETE", f"/data_sets/{pipeline.derived}/flow")
        left = acme.dana.ok("GET", f"/flows/{pipeline.node}")
        assert [item["id"] for item in left["data_sets"]] == [pipeline.detected]
        assert [item["id"] for item in left["data_sinks"]] == [pipeline.early_sink]


def test_an_unknown_flow_is_not_found_and_a_hidden_one_is_forbidden(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    acme.dana.refused(404, "GET", "/flows/99")
    acme.robin.refused(403, "GET", f"/flows/{pipeline.node}")
    acme.robin.refused(403, "POST", f"/flows/{pipeline.node}/copy")


def test_a_recommendation_without_genai_says_so(acme: Company) -> None:
    answer = acme.dana.ok("POST", f"/flows/{pipeline_of(acme.dana).node}/docs/recommendation")
    assert answer["output"]["errorMessage"]


def test_paging_faults_and_links_hold_for_the_flow_list(api: Api) -> None:
    whole = api.get("/flows").json()["flows"]
    api.fault("per_page_cap", route="/flows", per_page=2)
    capped = api.get("/flows?page=1&per_page=5")
    assert len(capped.json()["flows"]) == 2
    assert capped.headers["Link"].startswith(f"<{api.sandbox.url}/flows?page=2")
    api.fault("ignore_paging", route="/flows")
    assert api.get("/flows?page=2&per_page=1").json()["flows"] == whole


def test_a_served_request_is_named_in_the_audit_log(api: Api) -> None:
    identifier = api.ids("/data_sources")[0]
    api.put(f"/data_sources/{identifier}", json={"name": "renamed"}, headers={"User-Agent": "auditor/7"})
    entry = api.get(f"/data_sources/{identifier}/audit_log").json()[0]
    assert entry["request_user_agent"] == "auditor/7"
    assert entry["request_url"] == f"/nexla-api/data_sources/{identifier}"
