"""Text of `get_resource`."""

from __future__ import annotations

import json
from typing import Any

from nexla_mcp.domain.results.details import ResourceDetails
from nexla_mcp.safety.untrusted import fenced, quoted, unmarked
from nexla_mcp.views.table import cell, table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: ResourceDetails) -> str:
    lines = [f"{result.type.value} {result.id} {quoted(result.name)}" + (f": {result.status}" if result.status else "")]
    lines += [f"{name}: {cell(value)}" for name, value in _common(result) if value]
    lines += [f"{name}: {_short(value)}" for name, value in (result.facts or {}).items()]
    if result.description:
        lines.append(fenced("description", [result.description]))
    if result.config:
        lines.append(fenced("config", (f"{name}: {_json(value)}" for name, value in result.config.items())))
    if result.fields:
        lines.append(fenced("fields", (f"{name}: {kind}" for name, kind in result.fields.items())))
    if result.code:
        lines.append(fenced("code", result.code.splitlines()))
    if result.related:
        rows = ((row.relation, row.type.value, row.id, quoted(row.name), row.status) for row in result.related)
        lines.append(table(("relation", "type", "id", "name", "status"), rows))
    if result.entries:
        lines.append(fenced("entries", map(_json, result.entries)))
    lines += [f"Not read: {item}" for item in result.not_read or ()]
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _common(result: ResourceDetails) -> list[tuple[str, Any]]:
    return [
        ("owner", result.owner and quoted(result.owner)),
        ("my roles", ", ".join(result.roles or ())),
        ("tags", result.tags and quoted(", ".join(result.tags))),
        ("created", result.created_at),
        ("updated", result.updated_at),
    ]


def _short(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else unmarked(_json(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
