"""Field rules and a JSON Schema held against records.

Runs in a process of its own (see `apart.py`), so that a regular expression or a schema that never comes to an end
stops nothing but itself. Plain JSON in, plain JSON out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

MOST_EXAMPLES = 3
MOST_FINDINGS = 200
_ABSENT = object()

Record = Mapping[str, Any]
Finding = dict[str, Any]


class UnfitError(ValueError):
    """A rule or schema that cannot be used; the message says which."""


def check(records: Sequence[Any], rules: Sequence[Mapping[str, Any]], schema: Any) -> dict[str, Any]:
    """What does not hold, and how many rules do.

    Raises:
        UnfitError: for a pattern or schema that is none.
    """
    rows = [record for record in records if isinstance(record, dict)]
    told = [finding for rule in rules for finding in _held_against(rule, rows)]
    told += _against_schema(schema, records) if schema is not None else []
    broken = [finding for finding in told if finding["failed"]]
    return {"held": len(told) - len(broken), "findings": broken[:MOST_FINDINGS], "more": len(broken) > MOST_FINDINGS}


def value_at(record: Record, path: str) -> Any:
    """The value of a dotted path; `_ABSENT` where there is none. A key with dots in it is taken as written."""
    if path in record:
        return record[path]
    head, dot, rest = path.partition(".")
    inner = record.get(head)
    return value_at(inner, rest) if dot and isinstance(inner, dict) else _ABSENT


def _held_against(rule: Mapping[str, Any], rows: Sequence[Record]) -> Iterator[Finding]:
    """One finding for each thing that the rule asks, also where it holds."""
    name = rule["field"]
    every = [value_at(row, name) for row in rows]
    there = [value for value in every if value is not _ABSENT and value is not None]
    missing = len(every) - len(there)
    if rule.get("required"):
        yield _told(name, "required", missing, len(every))
    most = rule.get("max_null_rate")
    if most is not None:
        too_many = bool(every) and missing / len(every) > most
        yield _told(name, f"at most {most:.2%} missing", missing if too_many else 0, len(every))
    if rule.get("type"):
        yield _each(name, f"type {rule['type']}", there, lambda value: is_type(value, rule["type"]))
    low, high = rule.get("minimum"), rule.get("maximum")
    if low is not None or high is not None:
        yield _each(name, _range(low, high), there, lambda value: _within(value, low, high))
    if rule.get("pattern") is not None:
        pattern = _compiled(rule["pattern"], name)
        yield _each(name, "pattern", there, lambda value: isinstance(value, str) and bool(pattern.search(value)))
    if rule.get("unique"):
        counts = Counter(map(_canonical, there))
        yield _each(name, "unique", there, lambda value: counts[_canonical(value)] == 1)


def _each(name: str, rule: str, values: Sequence[Any], holds: Callable[[Any], bool]) -> Finding:
    broken = [value for value in values if not holds(value)]
    return _told(name, rule, len(broken), len(values), broken)


def _told(name: str, rule: str, failed: int, of: int, broken: Sequence[Any] = ()) -> Finding:
    distinct = {_canonical(value): value for value in broken}
    examples = list(distinct.values())[:MOST_EXAMPLES]
    return {"field": name, "rule": rule, "failed": failed, "of": of, "examples": examples}


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"at least {low:g}"
    return f"at most {high:g}" if low is None else f"from {low:g} to {high:g}"


def _within(value: Any, low: float | None, high: float | None) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return (low is None or value >= low) and (high is None or value <= high)


def is_type(value: Any, kind: str) -> bool:
    """Whether a value is of a JSON type, as JSON Schema takes them: 1.0 is an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    expected: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "number": (int, float),
        "object": dict,
        "array": list,
    }
    return kind in expected and isinstance(value, expected[kind])


def _compiled(pattern: str, name: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        raise UnfitError(f"the pattern of field {name} is no regular expression") from None


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _against_schema(schema: Any, records: Sequence[Any]) -> list[Finding]:
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - only a schema needs it
    from referencing import Registry  # noqa: PLC0415
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    try:
        Draft202012Validator.check_schema(schema)
        # An empty registry: nothing is ever fetched for a reference to another document.
        validator = Draft202012Validator(schema, registry=Registry())
        broken: dict[tuple[str, str], tuple[set[int], list[Any]]] = {}
        for index, record in enumerate(records):
            for error in validator.iter_errors(record):
                where, rule = _place(error)
                indexes, values = broken.setdefault((where, rule), (set(), []))
                indexes.add(index)
                if error.validator != "required":
                    values.append(error.instance)
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path)) or "its top"
        raise UnfitError(f"json_schema is no JSON Schema: {place} breaks {error.validator}") from None
    except (Unresolvable, RecursionError, re.error) as error:
        raise UnfitError(f"json_schema cannot be followed ({type(error).__name__})") from None
    if not broken:
        return [_told("", "json_schema", 0, len(records))]
    return [_told(where, rule, len(found), len(records), values) for (where, rule), (found, values) in broken.items()]


def _place(error: Any) -> tuple[str, str]:
    """The field (all items of a list together) and the keyword it breaks, with what is wanted where that is short."""
    path = ".".join("[]" if isinstance(part, int) else str(part) for part in error.absolute_path)
    if error.validator == "required":
        name = next((item for item in error.validator_value if item not in error.instance), "?")
        return (f"{path}.{name}" if path else name), "schema: required"
    wanted = json.dumps(error.validator_value, default=str)
    short = len(wanted) <= 60 and error.validator != "pattern"  # noqa: PLR2004 - what fits on a line
    return path or "(record)", f"schema: {error.validator} {wanted}" if short else f"schema: {error.validator}"
