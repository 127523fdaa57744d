"""The connector catalog, read out of the OpenAPI document.

The document holds one schema per connector and role (`s3_data_credential`, `s3_data_source`, `s3_data_sink`),
each an `allOf` of the connector's code, a general base marked `x-ts: Omit`, the connector's own fields and the
base of its kind. Nothing refers to these schemas, so they are found by name. Where own fields and the base of
the kind disagree, the own fields are meant: BigQuery's `mapping.mode` is wider than that of databases.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from nexla_mcp.connectors.model import ENTRY, ITEM, ROLES
from nexla_mcp.connectors.secret_fields import is_secret

Json = dict[str, Any]

REFERENCE = "#/components/schemas/"

_KINDS = {
    "ConnectorTypeFile": "file",
    "ConnectorTypeDatabase": "database",
    "ConnectorTypeNoSql": "nosql",
    "ConnectorTypeKafka": "stream",
    "ConnectorTypeVectorDB": "vector",
}
_APIS = {"rest", "soap"}


def catalog_data(document: Json) -> Json:
    """The whole catalog as JSON: `connectors` by code, whose parts stand once in `parts` however many share one."""
    schemas: Json = document["components"]["schemas"]
    kinds = _kinds(schemas)
    connectors: Json = {}
    parts: Json = {}
    for role in ROLES:
        for code, schema in sorted(_connector_schemas(schemas, role).items()):
            part = _part(role, code, merged(schema, schemas))
            key = next((key for key, known in parts.items() if known == part), f"{role}.{code}")
            parts[key] = part
            connectors.setdefault(code, {"kind": kinds.get(code, "api" if code in _APIS else "special")})[role] = key
    return {"connectors": connectors, "parts": parts}


def merged(schema: Json, schemas: Json) -> Json:
    """One object schema with all that an `allOf` says; own fields win over those of a base."""
    if "$ref" in schema:
        return merged(schemas[schema["$ref"].removeprefix(REFERENCE)], schemas)
    result: Json = {key: deepcopy(value) for key, value in schema.items() if key != "allOf"}
    for branch in schema.get("allOf", []):
        if branch.get("x-ts") == "Omit":
            continue
        _add(result, merged(branch, schemas), wins="$ref" not in branch)
    return result


def _kinds(schemas: Json) -> dict[str, str]:
    return {
        code: kind for name, kind in _KINDS.items() for code in schemas[name].get("enum", [schemas[name].get("const")])
    }


def _connector_schemas(schemas: Json, role: str) -> Json:
    """The schemas of one role by connector code, without the bases that connectors share."""
    ending, type_key, _ = ROLES[role]
    found: Json = {}
    for name, schema in schemas.items():
        if not name.endswith(ending):
            continue
        code = name.removesuffix(ending)
        named = [branch.get("properties", {}).get(type_key, {}).get("const") for branch in schema.get("allOf", [])]
        if code in named or set(schema) == {"$ref"}:
            found[code] = schema
    return found


def _add(target: Json, addition: Json, *, wins: bool) -> None:
    """Merges a schema into another, level by level where both are objects."""
    for key, value in addition.get("properties", {}).items():
        _add_at(target.setdefault("properties", {}), key, value, wins=wins)
    if isinstance(addition.get("additionalProperties"), dict):
        _add_at(target, "additionalProperties", addition["additionalProperties"], wins=wins)
    required = target.get("required", [])
    missing = [name for name in addition.get("required", []) if name not in required]
    if required or missing:
        target["required"] = [*required, *missing]
    for key, value in addition.items():
        if key not in {"properties", "additionalProperties", "required"}:
            target.setdefault(key, value)


def _add_at(place: Json, key: str, value: Json, *, wins: bool) -> None:
    present = place.get(key)
    if present is not None and _is_object(present) and _is_object(value):
        _add(present, value, wins=wins)
    elif present is None or wins:
        place[key] = deepcopy(value)


def _is_object(schema: Json) -> bool:
    return schema.get("type") == "object"


def _part(role: str, code: str, schema: Json) -> Json:
    _, type_key, container = ROLES[role]
    properties: Json = dict(schema.get("properties", {}))
    properties.pop(type_key, None)
    inside = properties.pop(container, {})
    beside = {"properties": properties, "required": schema.get("required", [])}
    part: Json = {"role": role, "fields": _fields(role, code, inside, ())}
    if properties:
        part["beside"] = _fields(role, code, beside, ())
    return part


def _fields(role: str, code: str, schema: Json, above: tuple[str, ...]) -> list[Json]:
    """All fields under an object schema, each followed by those inside it."""
    found: list[Json] = []
    for key, inner in schema.get("properties", {}).items():
        if "/" in key:
            raise ValueError(f"{role} {code}: a key with a slash cannot be written as a path")
        field = _field(role, code, (*above, key), inner)
        if key in schema.get("required", []):
            field["required"] = True
        found += [field, *_inside(role, code, inner, (*above, key))]
    return found


def _inside(role: str, code: str, schema: Json, path: tuple[str, ...]) -> list[Json]:
    found = _fields(role, code, schema, path)
    for keyword, segment in (("items", ITEM), ("additionalProperties", ENTRY)):
        inner = schema.get(keyword)
        if isinstance(inner, dict) and inner:
            found.append(_field(role, code, (*path, segment), inner))
            found += _inside(role, code, inner, (*path, segment))
    return found


def _field(role: str, code: str, path: tuple[str, ...], schema: Json) -> Json:
    kind = _type(schema)
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if {str(value) for value in values} == {"True", "False"}:
        values = []
    field: Json = {"path": "/".join(path), "type": kind}
    if values:
        field["enum"] = values
    if "default" in schema:
        field["default"] = schema["default"]
    if is_secret(role, code, path[-1], kind, enumerated=bool(values)):
        field["secret"] = True
    return field


def _type(schema: Json) -> str:
    if "type" in schema:
        return str(schema["type"])
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        return "|".join(sorted({_type(alternative) for alternative in alternatives}))
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return "|".join(sorted({_type_of(value) for value in values})) or "any"


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, (int, float)) else "string"
