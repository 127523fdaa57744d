"""Projects and the flows in them (contract 14)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.documents.client import Company, pipeline_of


@pytest.fixture
def path(acme: Company) -> str:
    return f"/projects/{acme.dana.ok('POST', '/projects', {'name': 'Finance'})['id']}"


def ids(flow_object: dict[str, Any]) -> list[int]:
    return [node["id"] for node in flow_object["flows"]]


def test_flow_writes_answer_a_flow_object(acme: Company, path: str) -> None:
    first, second, third = (pipeline_of(acme.dana).node for _ in range(3))
    assert ids(acme.dana.ok("PUT", f"{path}/flows", {"flows": [first]})) == [first]
    assert ids(acme.dana.ok("PUT", f"{path}/flows", {"flows": [second, third]})) == [first, second, third]
    assert ids(acme.dana.ok("POST", f"{path}/flows", {"flows": [second, third]})) == [second, third]
    assert ids(acme.dana.ok("DELETE", f"{path}/flows", {"flows": [second]})) == [third]
    assert ids(acme.dana.ok("GET", f"{path}/flows")) == [third]
    assert ids(acme.dana.ok("DELETE", f"{path}/flows")) == []


def test_a_flow_is_in_one_project_at_most(acme: Company, path: str) -> None:
    other = f"/projects/{acme.dana.ok('POST', '/projects', {'name': 'Other'})['id']}"
    node = pipeline_of(acme.dana).node
    acme.dana.ok("PUT", f"{path}/flows", {"flows": [node]})
    acme.dana.ok("PUT", f"{other}/flows", {"flows": [node]})
    assert ids(acme.dana.ok("GET", f"{path}/flows")) == []
    flow = acme.dana.ok("GET", f"/flows/{node}")
    assert f"/projects/{flow['flows'][0]['project_id']}" == other
    assert [item["name"] for item in flow["projects"]] == ["Other"]


def test_deleting_a_project_detaches_its_flows(acme: Company, path: str) -> None:
    node = pipeline_of(acme.dana).node
    acme.dana.ok("PUT", f"{path}/flows", {"flows": [node]})
    acme.dana.ok("DELETE", path)
    assert acme.dana.ok("GET", f"/flows/{node}")["flows"][0]["project_id"] is None


def test_the_deprecated_form_answers_rows(acme: Company, path: str) -> None:
    pipeline = pipeline_of(acme.dana)
    given = {"data_flows": [{"data_source_id": pipeline.source}]}
    rows = acme.dana.ok("PUT", f"{path}/data_flows", given)
    assert [row["data_source_id"] for row in rows] == [pipeline.source]
    assert acme.dana.ok("GET", path)["data_flows"] == rows
    assert acme.dana.ok("POST", f"{path}/data_flows", {"data_flows": []}) == []
    acme.dana.ok("PUT", f"{path}/data_flows", given)
    assert acme.dana.ok("DELETE", f"{path}/data_flows") == []


def test_a_project_can_be_made_with_flows(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    payload = {"name": "full", "data_flows": [{"data_source_id": pipeline.source}]}
    assert len(acme.dana.ok("POST", "/projects", payload)["flows"]) == 1


@pytest.mark.parametrize("given", [{"flows": [99]}, {"flows": "all"}, {"flows": [True]}, {}])
def test_flows_that_do_not_exist_are_refused_and_none_is_removed(acme: Company, path: str, given: Any) -> None:
    node = pipeline_of(acme.dana).node
    acme.dana.ok("PUT", f"{path}/flows", {"flows": [node]})
    acme.dana.refused(400, "POST", f"{path}/flows", given)
    acme.dana.refused(400, "DELETE", f"{path}/flows", given)
    assert ids(acme.dana.ok("GET", f"{path}/flows")) == [node]


def test_a_project_shows_only_the_flows_that_the_reader_may_see(acme: Company, path: str) -> None:
    node = pipeline_of(acme.dana).node
    acme.dana.ok("PUT", f"{path}/flows", {"flows": [node]})
    rule = {"type": "USER", "email": "sam@acme.example", "access_roles": ["collaborator"]}
    acme.dana.ok("PUT", f"{path}/accessors", {"accessors": [rule]})
    assert ids(acme.sam.ok("GET", f"{path}/flows")) == []
    acme.dana.ok("PUT", f"/flows/{node}/accessors", {"accessors": [rule]})
    assert ids(acme.sam.ok("GET", f"{path}/flows")) == [node]


def test_moves_are_in_the_audit_log(acme: Company, path: str) -> None:
    node = pipeline_of(acme.dana).node
    acme.dana.ok("PUT", f"{path}/flows", {"flows": [node]})
    assert acme.dana.audit(path)[0]["object_changes"] == {"flows": [[], [node]]}


def test_flows_are_searched_by_name(acme: Company, path: str) -> None:
    node = pipeline_of(acme.dana).node
    acme.dana.ok("PUT", f"{path}/flows", {"flows": [node]})
    for value, found in (("ORD", [node]), ("invoices", [])):
        filters = [{"field": "name", "operator": "contains", "value": value}]
        assert ids(acme.dana.ok("POST", f"{path}/flows/search", {"filters": filters})) == found
