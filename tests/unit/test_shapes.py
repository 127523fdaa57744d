"""The shape of sample records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.operations.samples import shapes


def told(*records):
    return {field.name: (field.types, field.missing) for field in shapes(records)}


def test_no_records_have_no_fields():
    assert shapes([]) == []
    assert shapes(["text", 5, None, ["a"]]) == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1, "integer"), (True, "boolean"), (1.0, "number"), ("", "string"), ([], "array"), ({}, "object")],
)
def test_each_type_has_its_json_name(value, kind):
    assert told({"a": value}) == {"a": ((kind,), 0)}


def test_null_is_a_gap_and_no_type():
    assert told({"a": None}, {"a": 1}, {"b": 1}) == {"a": (("integer",), 0.667), "b": (("integer",), 0.667)}
    assert told({"a": None}) == {"a": ((), 1)}


def test_the_commonest_type_stands_first():
    assert told({"a": 1}, {"a": "x"}, {"a": "y"})["a"] == (("string", "integer"), 0)


def test_nesting_is_dotted_to_the_third_level():
    assert list(told({"a": {"b": {"c": {"d": 1}}, "e": 2}})) == ["a.b.c", "a.e"]
    assert told({"a": {"b": {"c": {"d": 1}}}})["a.b.c"] == (("object",), 0)


def test_fields_keep_the_order_in_which_they_appear():
    assert [field.name for field in shapes([{"z": 1, "a": 1}, {"m": 1, "z": 2}])] == ["z", "a", "m"]


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2))


@given(st.lists(st.dictionaries(st.sampled_from("abc"), _VALUES), min_size=1, max_size=12))
def test_shares_are_shares_of_the_records(records):
    for field in shapes(records):
        present = sum(record.get(field.name) is not None for record in records)
        assert field.missing == pytest.approx(1 - present / len(records), abs=0.001)
        assert bool(field.types) is (present > 0)
