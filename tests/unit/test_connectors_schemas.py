"""The schemas of request bodies hold what Nexla takes and refuse what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from nexla_mcp.connectors import load_catalog, resource_schema, resource_schemas
from nexla_mcp.domain.errors import ErrorCode, Failure

OPERATION = {"operation": "shift", "spec": {"id": "id"}}
CUSTOM = {"operation": "nexla.custom", "spec": {"language": "python", "encoding": "base64", "script": "eA=="}}
TRANSFORM = {
    "name": "t",
    "output_type": "record",
    "reusable": True,
    "code_type": "jolt_standard",
    "code_encoding": "none",
    "code": [OPERATION],
}
ATTRIBUTE = TRANSFORM | {"output_type": "attribute", "code_type": "python", "code_encoding": "base64", "code": "eA=="}
SOURCE = {"name": "s", "source_type": "s3", "source_config": {"path": "p"}, "data_credentials_id": 1}
ACCESSOR = {"type": "USER", "email": "a@example.com", "access_roles": ["admin"]}

GOOD: list[tuple[str, str, dict[str, Any]]] = [
    ("credential", "create", {"name": "c", "credentials_type": "s3", "credentials": {}}),
    ("credential", "update", {"description": "d"}),
    ("source", "create", SOURCE),
    ("source", "create", {"name": "s", "source_type": "file_upload", "source_config": {}}),
    ("source", "create", SOURCE | {"source_type": "supabase"}),
    ("source", "update", {"source_config": {}}),
    ("nexset", "create", {"name": "n", "parent_data_set_id": 1, "has_custom_transform": True, "transform": {}}),
    ("nexset", "update", {"name": "n"}),
    ("destination", "create", {"name": "d", "sink_type": "email", "sink_config": {}, "data_set_id": 1}),
    ("transform", "create", TRANSFORM),
    ("transform", "create", TRANSFORM | {"code": [CUSTOM], "code_type": "jolt_custom"}),
    ("attribute_transform", "create", ATTRIBUTE),
    ("lookup", "create", {"name": "l", "data_type": "string", "map_primary_key": "k", "data_map": [{"k": 1}]}),
    ("lookup_entries", "upsert", {"entries": [{"k": "a"}]}),
    ("project", "create", {"name": "p", "data_flows": [{"data_source_id": 1}]}),
    ("project_flows", "replace", {"flows": [1]}),
    ("team", "create", {"name": "t", "members": [{"id": 5, "admin": True}, {"email": "a@example.com"}]}),
    ("accessors", "add", {"accessors": [ACCESSOR, {"type": "TEAM", "id": 3, "access_roles": ["operator"]}]}),
]
BAD: list[tuple[str, str, dict[str, Any]]] = [
    ("credential", "create", {"name": "c", "credentials_type": "s3"}),
    ("source", "create", {key: value for key, value in SOURCE.items() if key != "data_credentials_id"}),
    ("destination", "create", {"name": "d", "sink_type": "s3", "sink_config": {}, "data_credentials_id": 1}),
    ("nexset", "create", {"name": "n"}),
    ("transform", "create", TRANSFORM | {"code": "text"}),
    ("attribute_transform", "create", ATTRIBUTE | {"output_type": "record"}),
    ("lookup", "create", {"name": "l"}),
    ("project", "create", {}),
    ("accessors", "replace", {"accessors": [{"type": "PERSON", "id": 1}]}),
    ("accessors", "replace", {"accessors": [ACCESSOR | {"access_roles": ["king"]}]}),
]


@pytest.mark.parametrize(("resource", "action"), resource_schemas())
def test_every_schema_is_valid_and_stands_alone(resource: str, action: str) -> None:
    schema = resource_schema(resource, action)
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    assert schema["$id"] == f"nexla://schemas/{resource}/{action}"
    assert "#/components/" not in text
    assert "x-ts" not in text
    assert "oneOf" not in text
    for name in {word.split('"')[0] for word in text.split("#/$defs/")[1:]}:
        assert name in schema["$defs"]


@pytest.mark.parametrize(("resource", "action", "body"), GOOD)
def test_bodies_that_nexla_takes(resource: str, action: str, body: dict[str, Any]) -> None:
    validator = Draft202012Validator(resource_schema(resource, action))
    assert [error.message for error in validator.iter_errors(body)] == []


@pytest.mark.parametrize(("resource", "action", "body"), BAD)
def test_bodies_that_nexla_refuses(resource: str, action: str, body: dict[str, Any]) -> None:
    assert not Draft202012Validator(resource_schema(resource, action)).is_valid(body)


def test_each_resource_that_can_be_made_has_both() -> None:
    both = [
        "credential",
        "source",
        "nexset",
        "destination",
        "transform",
        "attribute_transform",
        "lookup",
        "project",
        "team",
        "user",
    ]
    assert {(name, action) for name in both for action in ("create", "update")} <= set(resource_schemas())


def test_configs_are_told_of_elsewhere() -> None:
    schema = resource_schema("source", "create")
    assert schema["properties"]["source_config"]["$comment"] == "fields: nexla://schemas/connectors/{source_type}"
    excepted = schema["if"]["properties"]["source_type"]["not"]["enum"]
    catalog = load_catalog()
    assert all(catalog.connector(code).credential is None for code in excepted)


def test_the_apis_own_words_are_understood() -> None:
    assert resource_schema("data_sinks", "create") == resource_schema("destination", "create")


def test_a_caller_changes_only_its_own_copy() -> None:
    resource_schema("source", "create")["properties"].clear()
    assert resource_schema("source", "create")["properties"]


@pytest.mark.parametrize(("resource", "action"), [("accessors", "create"), ("flow", "create"), ("nonsense", "create")])
def test_what_the_contract_has_not_is_refused_with_what_it_has(resource: str, action: str) -> None:
    with pytest.raises(Failure) as raised:
        resource_schema(resource, action)
    assert raised.value.info.code is ErrorCode.BAD_INPUT
    assert "Valid" in str(raised.value.info.hint)
