"""Finds the typed tool or the operation of the contract that does what somebody wants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nexla_mcp.contract.operations import BODY, Operation, operations
from nexla_mcp.domain.results.contract import OperationFound, OperationsFound

_WORD = re.compile(r"[a-z]+")
_PLURAL = re.compile(r"(?<=[a-z]{3})(?<!s)s$")
_SAME: Mapping[str, str] = {
    "dataset": "nexset",
    "set": "nexset",
    "sink": "destination",
    "datasink": "destination",
    "map": "lookup",
    "login": "credential",
    "password": "credential",
    "secret": "credential",
    "share": "access",
    "permission": "access",
    "accessor": "access",
    "who": "access",
    "stop": "pause",
    "start": "activate",
    "resume": "activate",
    "remove": "delete",
    "edit": "update",
    "change": "update",
    "clone": "copy",
    "duplicate": "copy",
    "bulk": "batch",
    "many": "batch",
    "history": "audit",
    "changed": "audit",
    "job": "task",
    "background": "task",
    "ai": "genai",
    "llm": "genai",
    "alert": "notification",
    "slack": "alert",
    "folder": "project",
    "env": "environment",
    "approve": "approval",
    "reject": "approval",
}
_SKIPPED = frozenset({"a", "an", "the", "of", "to", "in", "for", "and", "all", "my", "me", "is", "how", "what", "with"})
_VERBS = {
    "get": "reads",
    "list": "lists",
    "create": "creates",
    "update": "changes",
    "delete": "deletes",
    "add": "adds",
    "replace": "replaces all",
    "remove": "removes",
}
BY_NAME = 100
TYPED_FIRST = 1.5


@dataclass(frozen=True)
class Tool:
    """What is to be known of a typed tool to find it."""

    name: str
    summary: str
    risk: str
    takes: str
    listed: bool
    refused: str | None = None


def find(query: str, tools: Iterable[Tool], limit: int) -> OperationsFound:
    """What fits the words of the query best: an exact name first, typed tools before operations."""
    wanted = _words(query)
    exact = query.strip().lower()
    scored: list[tuple[float, int, OperationFound]] = []
    for place, tool in enumerate(tools):
        score = _score(wanted, tool.name, tool.summary) * TYPED_FIRST + BY_NAME * (tool.name == exact)
        scored.append((score, place, _tool_row(tool)))
    known = {row.name for _, _, row in scored}
    for place, operation in enumerate(operations().values(), start=1000):
        if operation.name in known:
            continue
        score = _score(wanted, operation.name, operation.endpoint.template) + BY_NAME * (operation.name == exact)
        scored.append((score, place, _operation_row(operation)))
    best = sorted((item for item in scored if item[0] > 0), key=lambda item: (-item[0], item[1]))
    return OperationsFound(rows=[row for _, _, row in best[:limit]], total=len(best))


def _score(wanted: frozenset[str], name: str, text: str) -> float:
    """Words of the name count most; what is asked for and is in neither counts against it."""
    if not wanted:
        return 0.0
    named, told = _words(name), _words(text)
    hits = len(wanted & named) * 3 + len((wanted & told) - named)
    return hits / (len(wanted) + 0.2 * len(named - wanted)) if hits else 0.0


def _words(text: str) -> frozenset[str]:
    words = (_PLURAL.sub("", word) for word in _WORD.findall(text.lower()) if word not in _SKIPPED)
    return frozenset(_SAME.get(word, word) for word in words)


def _tool_row(tool: Tool) -> OperationFound:
    first = " ".join(tool.summary.split()).partition(". ")[0].rstrip(".") + "."
    return OperationFound(
        name=tool.name, does=first, risk=tool.risk, takes=tool.takes, listed=tool.listed, refused=tool.refused
    )


def _operation_row(operation: Operation) -> OperationFound:
    endpoint = operation.endpoint
    return OperationFound(
        name=operation.name,
        does=_does(operation.name),
        path=f"{endpoint.method} {endpoint.template}",
        risk=operation.way.risk.value,
        takes=takes(operation),
        better=", ".join(operation.way.tools) or None,
        refused=operation.way.refused,
    )


def _does(name: str) -> str:
    verb, _, rest = name.partition("_")
    return f"{_VERBS.get(verb, verb)} {rest.replace('_', ' ')}".strip() + "."


def takes(operation: Operation) -> str | None:
    """Its arguments in a line, e.g. `runtime_id*, body{name*, active}`."""
    parts = [f"{name}*" for name in operation.ids]
    parts += [f"{name} ({kind})" if " | " in kind else name for name, kind in operation.query.items()]
    if operation.body is not None:
        parts.append(BODY + _fields(operation.body))
    elif operation.takes_body:
        parts.append(BODY)
    return ", ".join(parts) or None


def _fields(schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "array":
        return "[]"
    required = set(schema.get("required", ()))
    names = [f"{name}{'*' if name in required else ''}" for name in schema.get("properties", {})]
    return "{" + ", ".join(names) + "}"
