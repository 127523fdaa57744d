"""Bytes of tools that a model pays for in every conversation, against a server generated from the OpenAPI document.

A generated server makes one tool of each operation: its id as the name, method and path as what it does (the document
has no descriptions), its parameters and its body with every reference resolved as the input schema.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.measuring import Row
from nexla_mcp.safety.policy import LISTED_BY_DEFAULT
from nexla_mcp.tools.budget import compact_json
from nexla_mcp.tools.registry import all_tools
from nexla_mcp.tools.toolbox import visible_size

DOCUMENT = Path(__file__).parents[1] / "tests" / "contract" / "openapi.json"
DEEPEST = 8
"""Levels of references: some schemas hold themselves."""


def measure() -> list[Row]:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    generated = [_tool(document, *item) for item in _operations(document)]
    theirs = sum(len(compact_json(tool).encode()) for tool in generated)
    ours = {spec.name: visible_size(spec) for spec in all_tools()}
    listed = sum(ours[spec.name] for spec in all_tools() if spec.toolset in LISTED_BY_DEFAULT)
    number = len(generated)
    return [
        Row(f"bytes of tools listed by default, against {number} generated ones", listed, theirs, "B"),
        Row(f"bytes of all {len(ours)} tools, against {number} generated ones", sum(ours.values()), theirs, "B"),
    ]


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _tool(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter in operation.get("parameters", ()):
        told = _resolved(document, parameter)
        if told["in"] == "header":
            continue
        properties[told["name"]] = told.get("schema", {})
        required += [told["name"]] if told.get("required") else []
    for media in operation.get("requestBody", {}).get("content", {}).values():
        properties["body"] = _resolved(document, media["schema"])
        break
    schema = {"type": "object", "properties": properties, "required": required}
    description = operation.get("description") or operation.get("summary") or f"{method.upper()} {path}"
    return {"name": operation["operationId"], "description": description, "inputSchema": schema}


def _resolved(document: dict[str, Any], node: Any, depth: int = 0) -> Any:
    if isinstance(node, list):
        return [_resolved(document, item, depth) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        if depth >= DEEPEST:
            return {}
        *_, section, name = node["$ref"].split("/")
        return _resolved(document, document["components"][section][name], depth + 1)
    return {key: _resolved(document, value, depth) for key, value in node.items() if key != "x-ts"}
