"""Checks a config against what the contract says of its connector, before anything is sent."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nexla_mcp.connectors.model import ENTRY, ITEM, Field, Part

_REFERENCES = ("env:", "file:", "keyring:")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or odd, in a config. Never holds a value of the config.

    Attributes:
        field: The field's name as in `Field.name`, with real indexes and keys: `rest.iterations[0]/method`.
        what: `missing`, `wrong type`, `not an allowed value`, `unknown field` or `not an object`.
        allowed: What would be right: values, the type, or the nearest known names.
        severity: `error` contradicts the contract; `warning` may still be right, for Nexla's own catalogue is
            larger than the contract, and it takes numbers written as text.
    """

    field: str
    what: str
    allowed: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        allowed = f" (expected: {', '.join(self.allowed)})" if self.allowed else ""
        return f"{self.field}: {self.what}{allowed}"


class _Node:
    """A field and the fields inside it."""

    def __init__(self) -> None:
        self.field: Field | None = None
        self.inside: dict[str, _Node] = {}


def validate(part: Part, values: Any, beside: Mapping[str, Any] | None = None) -> list[Problem]:
    """What is wrong with a config. Takes any JSON value and never raises.

    Args:
        part: The part of the connector the config is for.
        values: The config: what goes under `part.container`. A secret given as a reference (`env:`, `file:`,
            `keyring:`) passes whatever its type.
        beside: The whole request body, to check the fields that stand beside the config as well. Other keys
            of the body are none of this part's business and are not reported.

    Returns:
        Problems in the order of the contract's fields, unknown fields last; empty when all is well.
    """
    problems = list(_check_object(_tree(part.fields), values, part.container, at=""))
    if beside is not None:
        known = _tree(part.beside)
        mine = {key: value for key, value in beside.items() if key in known.inside}
        problems += _check_object(known, mine, part.container, at="")
    return problems


def _tree(fields: tuple[Field, ...]) -> _Node:
    root = _Node()
    for item in fields:
        node = root
        for segment in item.path:
            node = node.inside.setdefault(segment, _Node())
        node.field = item
    return root


def _check_object(node: _Node, values: Any, name: str, at: str) -> Iterator[Problem]:
    if not isinstance(values, Mapping):
        yield Problem(at or name, "not an object", ("object",))
        return
    for key, inner in node.inside.items():
        if key == ENTRY:
            continue
        if key in values:
            yield from _check(inner, values[key], _join(at, key))
        elif inner.field is not None and inner.field.required:
            yield Problem(_join(at, key), "missing", _allowed(inner.field))
    entry = node.inside.get(ENTRY)
    for key in values:
        if key in node.inside and key != ENTRY:
            continue
        if entry is not None:
            yield from _check(entry, values[key], _join(at, str(key)))
        elif node.inside:
            nearest = difflib.get_close_matches(str(key)[:80], node.inside, n=3)
            yield Problem(_join(at, str(key)[:80]), "unknown field", tuple(nearest), "warning")


def _check(node: _Node, value: Any, at: str) -> Iterator[Problem]:
    expected = node.field
    if expected is None or (expected.secret and _is_reference(value)):
        return
    if not _has_type(expected.type, value):
        severity: Literal["error", "warning"] = "warning" if _is_written_out(expected.type, value) else "error"
        yield Problem(at, "wrong type", tuple(expected.type.split("|")), severity)
    elif expected.enum and not any(_same(value, allowed) for allowed in expected.enum):
        yield Problem(at, "not an allowed value", _allowed(expected))
    elif isinstance(value, list) and ITEM in node.inside:
        for index, item in enumerate(value):
            yield from _check(node.inside[ITEM], item, f"{at}[{index}]")
    elif isinstance(value, Mapping) and node.inside:
        yield from _check_object(node, value, at, at)


def _join(above: str, key: str) -> str:
    return f"{above}/{key}" if above else key


def _allowed(expected: Field) -> tuple[str, ...]:
    return tuple(str(value) for value in expected.enum) or tuple(expected.type.split("|"))


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_REFERENCES)


def _has_type(expected: str, value: Any) -> bool:
    return any(_is(kind, value) for kind in expected.split("|"))


def _is(kind: str, value: Any) -> bool:
    if kind == "any":
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "array": list, "object": Mapping}[kind])


def _is_written_out(expected: str, value: Any) -> bool:
    """Whether a number or boolean is given as text, which Nexla's own configs do too."""
    if not isinstance(value, str):
        return False
    if expected == "boolean":
        return value.lower() in {"true", "false"}
    return expected == "number" and value.strip().lstrip("+-").replace(".", "", 1).isdecimal()


def _same(value: Any, allowed: Any) -> bool:
    return type(value) is type(allowed) and bool(value == allowed)
