"""The bodies of creates and updates, read out of the OpenAPI document as self-contained JSON Schemas.

The public document lost three things, which are put back from the text of the reference (contract, by
section): the config objects and required fields of credentials, sources and destinations; `data_type` of a
lookup; what is required at all on a create. And it says two things that its own server does not hold, which
are loosened: `oneOf` where the alternatives overlap, and operations of a Jolt transform that must not have
a name.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from nexla_mcp.connectors.extract import REFERENCE, merged
from nexla_mcp.connectors.model import ROLES

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
URI = "nexla://schemas/"

# Resource → action → operation of the contract whose body it is.
OPERATIONS: dict[str, dict[str, str]] = {
    "credential": {"create": "create_data_credential", "update": "update_data_credential"},
    "source": {"create": "create_data_source", "update": "update_data_source"},
    "nexset": {"create": "create_nexset", "update": "update_nexset"},
    "destination": {"create": "create_data_sink", "update": "update_data_sink"},
    "transform": {"create": "create_reusable_record_transform", "update": "update_reusable_record_transform"},
    "attribute_transform": {"create": "create_attribute_transform", "update": "update_attribute_transform"},
    "lookup": {"create": "create_static_data_map", "update": "update_data_map_metadata"},
    "lookup_entries": {"upsert": "upsert_data_map_entries"},
    "project": {"create": "create_project", "update": "update_project"},
    "project_flows": {"add": "add_project_flows", "replace": "replace_project_flows"},
    "team": {"create": "create_team", "update": "update_team"},
    "team_members": {"add": "add_team_members", "replace": "replace_team_members"},
    "user": {"create": "create_user", "update": "update_user"},
    "org": {"update": "update_org"},
    "accessors": {"add": "add_data_source_accessors", "replace": "replace_data_source_accessors"},
}

# What a create needs by the reference's text: contract sections 5, 6, 7, 8, 13, 14 and 15.
REQUIRED: dict[str, list[str]] = {
    "credential": ["name", "credentials_type", "credentials"],
    "source": ["name", "source_type", "source_config"],
    "nexset": ["name", "parent_data_set_id", "has_custom_transform"],
    "destination": ["name", "sink_type", "sink_config", "data_set_id"],
    "lookup": ["name", "data_type", "map_primary_key"],
    "project": ["name"],
    "team": ["name"],
}

_ANY_JOLT_OPERATION = {"type": "array", "items": {"type": "object"}}


def request_bodies(document: Json, without_credential: list[str]) -> Json:
    """Schemas by resource and action.

    Args:
        document: The OpenAPI document.
        without_credential: Connector codes that need no credential.
    """
    schemas: Json = document["components"]["schemas"]
    operations = _operations(document)
    return {
        resource: {
            action: _schema(resource, action, operations[operation], schemas, without_credential)
            for action, operation in actions.items()
        }
        for resource, actions in OPERATIONS.items()
    }


def _operations(document: Json) -> dict[str, tuple[str, Json]]:
    """Method and path, and the body's schema, by operation id."""
    found: dict[str, tuple[str, Json]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                found[operation["operationId"]] = (f"{method.upper()} {path}", media["schema"])
    return found


def _schema(
    resource: str, action: str, operation: tuple[str, Json], schemas: Json, without_credential: list[str]
) -> Json:
    call, schema = operation
    body = flat(schema, schemas)
    if resource in ROLES:
        body = _with_config(resource, body, schemas)
    if resource == "accessors":
        call = call.replace("/data_sources/{data_source_id}", "/{resource_type}/{resource_id}")
    if action == "create":
        if resource == "lookup":
            body["properties"]["data_type"] = {"type": "string"}
        body["required"] = REQUIRED.get(resource, body.get("required", []))
        if resource in {"source", "destination"}:
            body |= _credential_needed(ROLES[resource][1], without_credential)
    body = dict(loosened(body))
    definitions = definitions_of(body, schemas)
    head: Json = {"$schema": DIALECT, "$id": f"{URI}{resource}/{action}", "$comment": call}
    return head | dict(local(body)) | ({"$defs": definitions} if definitions else {})


def flat(schema: Json, schemas: Json) -> Json:
    """A body as one object: bases merged in, and alternatives at the top laid side by side.

    Contract 7: a nexset takes any mix of `has_custom_transform`, `transform` and `transform_id`.
    """
    if "$ref" in schema:
        return flat(schemas[schema["$ref"].removeprefix(REFERENCE)], schemas)
    branches = [*schema.get("allOf", []), *schema.get("oneOf", [])]
    if not branches:
        return deepcopy(schema)
    result: Json = {"type": "object", "properties": {}}
    for branch in branches:
        inner = flat(branch, schemas)
        for key, value in inner.get("properties", {}).items():
            other = result["properties"].get(key)
            result["properties"][key] = {"type": "boolean"} if _are_booleans(other, value) else value
        result["required"] = [*result.get("required", []), *inner.get("required", [])]
    if not result["required"]:
        del result["required"]
    return result


def _are_booleans(one: Json | None, other: Json) -> bool:
    return one is not None and isinstance(one.get("const"), bool) and isinstance(other.get("const"), bool)


def _with_config(resource: str, body: Json, schemas: Json) -> Json:
    """The body with its connector's code as an open word and its config as an object described elsewhere."""
    ending, type_key, container = ROLES[resource]
    general = merged({"$ref": REFERENCE + ending.removeprefix("_")}, schemas)
    properties = general["properties"] | body.get("properties", {})
    properties[type_key] = {"type": "string"}
    properties[container] = {"type": "object", "$comment": f"fields: {URI}connectors/{{{type_key}}}"}
    return {"type": "object", "properties": properties}


def _credential_needed(type_key: str, without_credential: list[str]) -> Json:
    return {
        "if": {"properties": {type_key: {"not": {"enum": without_credential}}}},
        "then": {"required": ["data_credentials_id"]},
    }


def loosened(schema: Any) -> Any:
    """`oneOf` as `anyOf`, and any named Jolt operation."""
    if isinstance(schema, list):
        return [loosened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "array" and _is_nameless_operation(schema.get("items", {})):
        return deepcopy(_ANY_JOLT_OPERATION)
    return {("anyOf" if key == "oneOf" else key): loosened(value) for key, value in schema.items() if key != "x-ts"}


def _is_nameless_operation(items: Json) -> bool:
    return items == {"type": "object", "additionalProperties": {"type": "object"}}


def definitions_of(schema: Json, schemas: Json) -> Json:
    """Every schema referred to, directly or by another, loosened and local, by name."""
    found: Json = {}
    waiting = _references(schema)
    while waiting:
        name = waiting.pop()
        if name not in found:
            definition = loosened(schemas[name])
            found[name] = local(definition)
            waiting |= _references(definition)
    return dict(sorted(found.items()))


def _references(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*(_references(item) for item in schema))
    if not isinstance(schema, dict):
        return set()
    here = {schema["$ref"].removeprefix(REFERENCE)} if isinstance(schema.get("$ref"), str) else set()
    return here.union(*(_references(value) for value in schema.values()))


def local(schema: Any) -> Any:
    if isinstance(schema, list):
        return [local(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: "#/$defs/" + value.removeprefix(REFERENCE) if key == "$ref" else local(value)
        for key, value in schema.items()
    }
