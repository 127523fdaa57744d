"""Rules and what is suggested: properties over any JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.operations.quality.inference import suggested_rules, suggested_schema
from nexla_mcp.operations.quality.rules import check, is_type, value_at

names = st.text("abcdef_.", min_size=1, max_size=6)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)
records = st.lists(st.dictionaries(names, values, max_size=5), min_size=1, max_size=30)


@given(records)
def test_what_is_suggested_holds_for_the_records_it_was_taken_from(rows: list[dict[str, Any]]) -> None:
    told = check(rows, suggested_rules(rows), suggested_schema(rows))
    assert told["findings"] == []


@given(records)
def test_what_is_suggested_is_json(rows: list[dict[str, Any]]) -> None:
    suggestion = [suggested_schema(rows), suggested_rules(rows)]
    assert json.loads(json.dumps(suggestion)) == suggestion


@given(records, names)
def test_missing_values_are_counted_once_for_required_and_for_the_rate(rows: list[dict[str, Any]], name: str) -> None:
    rules = [{"field": name, "required": True}, {"field": name, "max_null_rate": 0}]
    failed = {item["rule"]: item["failed"] for item in check(rows, rules, None)["findings"]}
    missing = sum(value_at(row, name) is None or not _there(row, name) for row in rows)
    assert set(failed.values()) == ({missing} if missing else set())


def _there(row: dict[str, Any], path: str) -> bool:
    if path in row:
        return True
    head, dot, rest = path.partition(".")
    return bool(dot) and isinstance(row.get(head), dict) and _there(row[head], rest)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40), st.integers(-50, 50), st.integers(-50, 50))
def test_a_range_counts_exactly_what_is_outside(numbers: list[int], one: int, other: int) -> None:
    low, high = sorted((one, other))
    told = check([{"n": number} for number in numbers], [{"field": "n", "minimum": low, "maximum": high}], None)
    outside = sum(not low <= number <= high for number in numbers)
    assert sum(item["failed"] for item in told["findings"]) == outside
    assert told["held"] == (outside == 0)


@given(st.lists(st.integers(0, 9) | st.text("ab", max_size=1), min_size=1, max_size=30))
def test_unique_counts_every_record_whose_value_comes_again(items: list[Any]) -> None:
    told = check([{"v": item} for item in items], [{"field": "v", "unique": True}], None)
    twice = sum(sum(type(other) is type(item) and other == item for other in items) > 1 for item in items)
    assert sum(item["failed"] for item in told["findings"]) == twice


@given(values)
def test_a_value_has_exactly_one_type_but_whole_numbers(value: Any) -> None:
    kinds = {kind for kind in ("string", "integer", "number", "boolean", "object", "array") if is_type(value, kind)}
    if value is None:
        assert kinds == set()
    else:
        assert len(kinds - {"integer"}) == 1
        assert "integer" not in kinds or "number" in kinds


@pytest.mark.parametrize(
    ("record", "path", "value"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"a.b": 2, "a": {"b": 1}}, "a.b", 2),
        ({"a": {"b.c": 3}}, "a.b.c", 3),
    ],
)
def test_dotted_paths_lead_inside_unless_a_key_is_written_so(record: dict[str, Any], path: str, value: Any) -> None:
    assert value_at(record, path) == value


def test_few_values_are_taken_for_all_only_where_they_come_often_and_are_no_secrets() -> None:
    often = [{"status": word, "token": word, "mail": f"{word}@acme.example"} for word in ("open", "paid") * 15]
    schema = suggested_schema(often)["properties"]
    assert schema["status"]["enum"] == ["open", "paid"]
    assert "enum" not in schema["token"]
    assert "enum" not in schema["mail"]
    seldom = [{"status": "open"}] * 29 + [{"status": "paid"}]
    assert "enum" not in suggested_schema(seldom)["properties"]["status"]


def test_only_what_is_named_like_one_is_taken_for_an_identifier() -> None:
    rows = [{"order_id": n, "total": n * 10, "sent": n / 3} for n in range(12)]
    assert [rule["field"] for rule in suggested_rules(rows)] == ["order_id"]
