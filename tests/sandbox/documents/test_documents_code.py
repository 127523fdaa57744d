"""Transforms, attribute transforms and code containers: three views of one id space (contract 10 to 12)."""

from __future__ import annotations

from typing import Any

import pytest

from nexla_mcp.sandbox import creation
from tests.sandbox.documents.client import Caller, Company, pipeline_of

JOLT = {
    "name": "clean",
    "output_type": "record",
    "reusable": True,
    "code_type": "jolt_custom",
    "code_encoding": "none",
    "code": [
        {
            "operation": "nexla.custom",
            "spec": {"language": "python", "encoding": "base64", "script": "cGFzcw=="},
        }
    ],
}
ATTRIBUTE = {
    **JOLT,
    "output_type": "attribute",
    "code_type": "python",
    "code_encoding": "base64",
    "code": "cGFzcw==",
}


def make(caller: Caller, payload: dict[str, Any]) -> int:
    return int(caller.ask("POST", "/code_containers", payload).body["id"])


def test_each_view_shows_its_own_output_type(acme: Company) -> None:
    record, attribute = make(acme.dana, JOLT), make(acme.dana, ATTRIBUTE)
    assert [item["id"] for item in acme.dana.ok("GET", "/transforms")] == [record]
    assert [item["id"] for item in acme.dana.ok("GET", "/attribute_transforms")] == [attribute]
    both = acme.dana.ask("GET", "/code_containers").body
    assert [item["id"] for item in both] == [record, attribute]
    acme.dana.refused(404, "GET", f"/transforms/{attribute}")
    acme.dana.refused(404, "PUT", f"/attribute_transforms/{record}", {"name": "x"})


@pytest.mark.parametrize(("view", "payload"), [("transforms", JOLT), ("attribute_transforms", ATTRIBUTE)])
def test_a_view_makes_reads_changes_and_deletes(acme: Company, view: str, payload: dict[str, Any]) -> None:
    made = acme.dana.ok("POST", f"/{view}", payload)
    path = f"/{view}/{made['id']}"
    assert made["access_roles"][0] == "owner"
    assert acme.dana.ok("GET", path)["code"] == payload["code"]
    assert acme.dana.ask("PUT", path, {"name": "renamed"}).body["name"] == "renamed"
    acme.dana.ok("DELETE", path)
    acme.dana.refused(404, "GET", path)


def test_public_code_is_listed_to_everybody(acme: Company) -> None:
    public = creation.create_transform(acme.world, acme.dana.principal, {**JOLT, "public": True})["id"]
    make(acme.dana, JOLT)
    for view in ("transforms", "code_containers"):
        assert [item["id"] for item in acme.robin.ok("GET", f"/{view}/public")] == [public]
    assert acme.robin.ok("GET", "/attribute_transforms/public") == []


def test_public_code_can_be_read_by_everybody(acme: Company) -> None:
    public = creation.create_transform(acme.world, acme.dana.principal, {**JOLT, "public": True})["id"]
    acme.robin.ok("GET", f"/transforms/{public}")


def test_code_in_use_names_its_nexsets_and_cannot_be_deleted(acme: Company) -> None:
    identifier = make(acme.dana, JOLT)
    pipeline = pipeline_of(acme.dana)
    payload = {"name": "by id", "parent_data_set_id": pipeline.detected, "has_custom_transform": True}
    nexset = acme.dana.ok("POST", "/data_sets", {**payload, "transform_id": identifier})
    assert nexset["transform_id"] == identifier
    assert acme.dana.ok("GET", f"/transforms/{identifier}")["data_sets"] == [nexset["id"]]
    assert str(nexset["id"]) in acme.dana.refused(400, "DELETE", f"/transforms/{identifier}")
    flow = acme.dana.ok("GET", f"/flows/{pipeline.node}")
    assert [item["id"] for item in flow["code_containers"]] == [identifier]


@pytest.mark.parametrize("view", ["transforms", "code_containers"])
def test_a_copy_is_the_callers_and_names_its_original(acme: Company, view: str) -> None:
    identifier = make(acme.dana, JOLT)
    copy = acme.dana.ok("POST", f"/{view}/{identifier}/copy")
    assert copy["copied_from_id"] == identifier
    assert copy["code"] == JOLT["code"]
    acme.sam.refused(403, "POST", f"/{view}/{identifier}/copy")


@pytest.mark.parametrize("missing", ["name", "code_type", "code"])
def test_code_needs_its_fields(acme: Company, missing: str) -> None:
    payload = {name: value for name, value in JOLT.items() if name != missing}
    assert missing in acme.dana.refused(400, "POST", "/transforms", payload)


def test_a_view_makes_only_its_own_output_type(acme: Company) -> None:
    acme.dana.refused(400, "POST", "/transforms", ATTRIBUTE)
    acme.dana.refused(400, "POST", "/attribute_transforms", JOLT)
