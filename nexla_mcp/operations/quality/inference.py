"""A schema and rules to start from, taken from sample records. Every sample fulfils what comes out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nexla_mcp.domain.secrets import is_secret_name, mask_text

ENOUGH_FOR_VALUES = 20
"""Samples of a field before few different values are taken for all there are."""
MOST_VALUES = 6
ENOUGH_FOR_UNIQUE = 10
DEEPEST = 3
MOST_FIELDS = 100
SLACK = 0.05
"""Added to a share of missing values: the next samples are others."""


def suggested_schema(records: Sequence[Any]) -> dict[str, Any]:
    """What all records have in common, as JSON Schema."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_schema(records, "", DEEPEST)}


def _schema(values: Sequence[Any], name: str, depth: int) -> dict[str, Any]:
    types = sorted({_type(value) for value in values})
    if "number" in types and "integer" in types:
        types.remove("integer")
    schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types} if types else {}
    objects = [value for value in values if isinstance(value, dict)]
    if objects and depth:
        schema |= _fields(objects, depth)
    listed = [item for value in values if isinstance(value, list) for item in value]
    if listed and depth:
        schema["items"] = _schema(listed, name, depth - 1)
    allowed = _few_values(values, name)
    if allowed is not None:
        schema["enum"] = allowed
    return schema


def _fields(objects: Sequence[Mapping[str, Any]], depth: int) -> dict[str, Any]:
    names = list(dict.fromkeys(name for record in objects for name in record))[:MOST_FIELDS]
    required = [name for name in names if all(name in record for record in objects)]
    properties = {
        name: _schema([record[name] for record in objects if name in record], name, depth - 1) for name in names
    }
    return {"properties": properties, **({"required": required} if required else {})}


def _few_values(values: Sequence[Any], name: str) -> list[Any] | None:
    """The values of a field that has only a few: words such as a status, never anything like a secret."""
    texts = {value for value in values if isinstance(value, str)}
    if len(values) < ENOUGH_FOR_VALUES or not texts or len(texts) > MOST_VALUES or is_secret_name(name):
        return None
    if any(not isinstance(value, str) and value is not None for value in values):
        return None
    # A word that came once or twice says nothing of the others to come.
    if any(values.count(text) < len(values) / (4 * MOST_VALUES) for text in texts):
        return None
    if any(len(text) > 40 or mask_text(text) != text or "@" in text for text in texts):  # noqa: PLR2004 - a word
        return None
    return [*sorted(texts), *([None] if None in values else [])]


def suggested_rules(records: Sequence[Any]) -> list[dict[str, Any]]:
    """What a schema cannot say: which fields are unique, and how often others may be missing."""
    rows = [record for record in records if isinstance(record, dict)]
    rules = []
    for name in list(dict.fromkeys(name for row in rows for name in row))[:MOST_FIELDS]:
        values = [row[name] for row in rows if row.get(name) is not None]
        rule: dict[str, Any] = {"field": name}
        if len(values) == len(rows) >= ENOUGH_FOR_UNIQUE and _identifies(name, values):
            rule["unique"] = True
        missing = 1 - len(values) / len(rows)
        if 0 < missing < 1:
            rule["max_null_rate"] = min(1.0, round(missing + SLACK, 2))
        if len(rule) > 1:
            rules.append(rule)
    return rules


def _identifies(name: str, values: Sequence[Any]) -> bool:
    """Whether a field that is different everywhere is meant to be: an amount is so by chance."""
    if any(isinstance(value, (float, bool)) for value in values):
        return False
    words = name.lower().replace("-", "_").split("_")
    named = any(word in {"id", "key", "no", "number", "uuid", "guid", "code"} for word in words) or name.endswith("Id")
    return named and len({json.dumps(value, sort_keys=True, default=str) for value in values}) == len(values)


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
