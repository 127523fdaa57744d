"""What each operation takes, read out of the OpenAPI document: its query parameters and the schema of its body."""

from __future__ import annotations

import re
from typing import Any

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.connectors.request_bodies import definitions_of, flat, local, loosened

Json = dict[str, Any]

# Published as parameters of the path, where the text says query (openapi-vs-sdk, section 4).
IN_THE_QUERY = frozenset({"all", "full_tree", "groupby", "orderby", "read"})
_PARAMETER = re.compile(r"\{\w+\}")


def operations_data(document: Json) -> Json:
    """`operations` by the name that the adapter has for them, and the `definitions` that their bodies refer to."""
    schemas: Json = document["components"]["schemas"]
    shared: Json = document["components"].get("parameters", {})
    published = {
        (method.upper(), _PARAMETER.sub("{}", path.partition("?")[0])): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    operations: Json = {}
    definitions: Json = {}
    for name, endpoint in ENDPOINTS.items():
        operation = published.get((endpoint.method, _PARAMETER.sub("{}", endpoint.template)))
        if operation is None:
            continue
        body = loosened(_body(operation, schemas))
        definitions |= definitions_of(body, schemas)
        takes: Json = {"query": _query(operation, shared, endpoint.template, schemas)}
        if body:
            takes["body"] = local(body)
        operations[name] = {key: value for key, value in takes.items() if value}
    return {"operations": operations, "definitions": definitions}


def _query(operation: Json, shared: Json, template: str, schemas: Json) -> dict[str, str]:
    found: dict[str, str] = {}
    for parameter in operation.get("parameters", ()):
        told = shared[parameter["$ref"].rsplit("/", 1)[1]] if "$ref" in parameter else parameter
        name = told["name"]
        in_path = told["in"] == "path" and name not in IN_THE_QUERY
        if told["in"] != "header" and not in_path and f"{{{name}}}" not in template:
            found[name] = _type(told.get("schema", {}), schemas)
    return found


def _type(schema: Json, schemas: Json) -> str:
    if "$ref" in schema:
        return _type(schemas.get(schema["$ref"].rsplit("/", 1)[1], {}), schemas)
    words = schema.get("enum")
    if words:
        return " | ".join(map(str, words))
    return str(schema.get("type", "text"))


def _body(operation: Json, schemas: Json) -> Json:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema: Json = media["schema"]
        return flat(schema, schemas) if _is_object(schema, schemas) else schema
    return {}


def _is_object(schema: Json, schemas: Json) -> bool:
    if "$ref" in schema:
        return _is_object(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    return schema.get("type") == "object" or "properties" in schema or "allOf" in schema
