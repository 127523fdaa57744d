"""Credentials: their forms, their secrets, their probes (contract 5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nexla_mcp.sandbox import kinds
from tests.sandbox.documents.client import Company, credential_of, pipeline_of


def test_a_credential_shows_everything_but_its_secrets(acme: Company) -> None:
    identifier = credential_of(acme.dana)
    full = acme.dana.ok("GET", f"/data_credentials/{identifier}")
    expanded = acme.dana.ok("GET", f"/data_credentials/{identifier}?expand=1")
    rows = acme.dana.ok("GET", "/data_credentials")
    assert [row["id"] for row in rows] == [identifier]
    assert set(full) - set(rows[0]) == {"managed", "api_keys", "credentials_non_secure_data", "tags"}
    assert expanded["referenced_resource_ids"] == {"data_sources": [], "data_sinks": []}
    history = acme.dana.audit(f"/data_credentials/{identifier}")
    assert "s3cret-word" not in json.dumps([full, expanded, rows, history])


def test_the_list_filters_by_type(acme: Company) -> None:
    credential_of(acme.dana)
    s3 = credential_of(acme.dana, credentials_type="s3")
    assert [row["id"] for row in acme.dana.ok("GET", "/data_credentials?credentials_type=s3")] == [s3]


@pytest.mark.parametrize("missing", ["name", "credentials_type", "credentials"])
def test_a_credential_needs_its_fields(acme: Company, missing: str) -> None:
    payload: dict[str, Any] = {"name": "n", "credentials_type": "s3", "credentials": {}}
    del payload[missing]
    assert missing in acme.dana.refused(400, "POST", "/data_credentials", payload)


def test_new_secrets_replace_the_old_ones_whole_and_show_in_the_audit_only_as_changed(acme: Company) -> None:
    identifier = credential_of(acme.dana, credentials={"user": "a", "password": "b"})
    acme.dana.ok("PUT", f"/data_credentials/{identifier}", {"credentials": {"password": "n3w"}})
    stored = acme.world.store.get(kinds.CREDENTIALS, identifier)
    assert stored is not None
    assert stored["_sandbox"]["secrets"] == {"password": "n3w"}
    newest = acme.dana.audit(f"/data_credentials/{identifier}")[0]
    assert newest["change_summary"] == ["credentials"]
    assert "n3w" not in json.dumps(newest)


def test_a_credential_in_use_cannot_be_deleted(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    path = f"/data_credentials/{pipeline.credential}"
    assert str(pipeline.source) in acme.dana.refused(400, "DELETE", path)
    acme.dana.ok("DELETE", f"/flows/{pipeline.node}")
    assert set(acme.dana.ok("DELETE", path)) == {"code", "message"}
    acme.dana.refused(404, "GET", path)


def _facts(acme: Company, identifier: int, **facts: Any) -> None:
    stored = acme.world.store.get(kinds.CREDENTIALS, identifier)
    assert stored is not None
    acme.world.store.put(kinds.CREDENTIALS, {**stored, "_sandbox": {**stored["_sandbox"], **facts}})


def test_a_probe_answers_output_or_the_typed_refusal(acme: Company) -> None:
    identifier = credential_of(acme.dana)
    path = f"/data_credentials/{identifier}/probe"
    assert "status" not in acme.dana.ok("GET", path)
    _facts(acme, identifier, probe="refused", refusal="JWT token is invalid")
    answer = acme.dana.ask("GET", path)
    assert (answer.status, answer.body) == (403, {"status": 403, "message": "JWT token is invalid"})
    _facts(acme, identifier, probe="timeout")
    acme.dana.refused(504, "GET", path)


def test_new_secrets_heal_a_refused_credential(acme: Company) -> None:
    identifier = credential_of(acme.dana)
    _facts(acme, identifier, probe="refused")
    acme.dana.ok("PUT", f"/data_credentials/{identifier}", {"credentials": {"password": "right"}})
    acme.dana.ok("GET", f"/data_credentials/{identifier}/probe")


def test_a_tree_is_cut_at_its_depth_and_starts_at_its_path(acme: Company) -> None:
    identifier = credential_of(acme.dana, credentials_type="s3")
    _facts(acme, identifier, tree={"bucket": {"in": {"a.csv": {}, "b.csv": {}}}})
    path = f"/data_credentials/{identifier}/probe/tree"
    assert acme.dana.ok("POST", path, {"depth": 1})["object"] == {"bucket": {}}
    assert acme.dana.ok("POST", path, {"depth": 2, "path": "bucket"})["object"] == {"in": {"a.csv": {}, "b.csv": {}}}
    acme.dana.refused(400, "POST", path, {"path": "bucket"})
    acme.dana.refused(404, "POST", path, {"depth": 1, "path": "nowhere"})


@pytest.mark.parametrize(
    ("kind", "request_body", "response"),
    [
        ("snowflake", {"table": "T"}, {"columns": ["a"], "data": [{"a": 1}]}),
        ("mongo", {"table": "T"}, '[{"a": 1}]'),
        ("s3", {"path": "bucket/a.json"}, '{"a": 1}'),
    ],
)
def test_a_sample_has_the_form_of_its_connector(acme: Company, kind: str, request_body: Any, response: Any) -> None:
    identifier = credential_of(acme.dana, credentials_type=kind)
    _facts(acme, identifier, sample=[{"a": 1}])
    answer = acme.dana.ok("POST", f"/data_credentials/{identifier}/probe/sample", request_body)
    assert answer["output"]["statusCode"] == 200
    assert answer["output"]["response"] == response


def test_a_sample_of_nothing_fails_inside_a_200(acme: Company) -> None:
    identifier = credential_of(acme.dana)
    answer = acme.dana.ok("POST", f"/data_credentials/{identifier}/probe/sample", {})
    assert answer["output"]["statusCode"] == 400


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [("GET", "probe", None), ("POST", "probe/tree", {"depth": 1}), ("POST", "probe/sample", {"table": "T"})],
)
def test_an_async_probe_is_polled_by_its_request_id(acme: Company, method: str, suffix: str, body: Any) -> None:
    identifier = credential_of(acme.dana)
    path = f"/data_credentials/{identifier}/{suffix}"
    started = acme.dana.ok(method, f"{path}?async=true", body)
    assert started["status"] == "pending"
    polled = acme.dana.ok(method, f"{path}?async=true&request_id={started['request_id']}", body)
    assert (polled["status"], polled["request_id"]) == ("completed", started["request_id"])
    assert polled["result"] == acme.dana.ok(method, path, body)
    acme.dana.refused(404, method, f"{path}?async=true&request_id=999999", body)
    acme.sam.refused(403, method, f"{path}?async=true&request_id={started['request_id']}", body)


def test_an_async_probe_that_is_refused_ends_as_failed(acme: Company) -> None:
    identifier = credential_of(acme.dana)
    _facts(acme, identifier, probe="refused", refusal="no such user")
    path = f"/data_credentials/{identifier}/probe?async=true"
    started = acme.dana.ok("GET", path)
    polled = acme.dana.ok("GET", f"{path}&request_id={started['request_id']}")
    assert (polled["status"], polled["result"]) == ("failed", {"message": "no such user"})
