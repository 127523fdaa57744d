"""`key=value` words of a shell, as the JSON a tool expects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.tools.spec import ToolSpec


def read_pairs(spec: ToolSpec | None, pairs: Iterable[str]) -> dict[str, Any]:
    """The pairs as arguments, typed by the tool's schema: numbers, booleans, lists (`a,b` or repeated keys).

    Raises:
        Failure: `bad_input` for a word that is no pair.
    """
    properties = spec.arguments.schema()["properties"] if spec else {}
    arguments: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{pair[:60]!r} is not of the form key=value. Nothing was done.",
                hint="Put values with spaces in quotes: name='my flow'.",
            )
        value = _typed(text, properties.get(name, {}))
        if isinstance(value, list) and isinstance(arguments.get(name), list):
            value = arguments[name] + value
        arguments[name] = value
    return arguments


def _typed(text: str, schema: dict[str, Any]) -> Any:
    kinds = _kinds(schema)
    if text[:1] in {"{", "["} and kinds & {"object", "array"}:
        return text
    if "array" in kinds:
        items = _items(schema)
        return [_typed(part.strip(), items) for part in text.split(",") if part.strip()]
    if "integer" in kinds and text.lstrip("-").isdigit():
        return int(text)
    if "boolean" in kinds and text.lower() in {"true", "false", "yes", "no", "1", "0"}:
        return text.lower() in {"true", "yes", "1"}
    if "number" in kinds:
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _kinds(schema: dict[str, Any]) -> set[str]:
    kind = schema.get("type", [])
    kinds = {kind} if isinstance(kind, str) else set(kind)
    for branch in schema.get("anyOf", []):
        kinds |= _kinds(branch)
    return kinds


def _items(schema: dict[str, Any]) -> dict[str, Any]:
    for branch in [schema, *schema.get("anyOf", [])]:
        if "items" in branch:
            items: dict[str, Any] = branch["items"]
            return items
    return {}


def read_json(text: str, where: str) -> dict[str, Any]:
    """A JSON object from the command line.

    Raises:
        Failure: `bad_input` when it is none.
    """
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{where} is not a JSON object. Nothing was done.",
            hint='Write it like --json \'{"flow": "orders"}\'.',
        )
    return value
