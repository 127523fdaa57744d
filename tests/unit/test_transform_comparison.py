"""What a preview says of the fields of records, before and after."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.domain.scripts import Language, Output
from nexla_mcp.operations.transforming.code import body_of, given_code, problems_of, stored_code
from nexla_mcp.operations.transforming.comparing import compare
from nexla_mcp.operations.transforming.previewing import run_jolt

VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8))
RECORDS = st.lists(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), VALUES, max_size=5), max_size=6)


@given(RECORDS)
def test_records_do_not_differ_from_themselves(records: list[dict[str, Any]]) -> None:
    change = compare(records, copy.deepcopy(records))
    assert (change.lost, change.gained, change.retyped) == ((), (), ())


@given(RECORDS, RECORDS)
def test_what_is_lost_one_way_is_gained_the_other(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    there, back = compare(before, after), compare(after, before)
    assert there.lost == back.gained
    assert there.gained == back.lost
    assert {(item.field, item.before, item.after) for item in there.retyped} == {
        (item.field, item.after, item.before) for item in back.retyped
    }


@given(RECORDS, RECORDS)
def test_every_field_is_kept_lost_or_gained(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """Of flat records, whose fields are their keys."""
    ours, theirs = ({key for record in records for key in record} for records in (before, after))
    change = compare(before, after)
    assert set(change.lost) == ours - theirs
    assert set(change.gained) == theirs - ours
    assert {item.field for item in change.retyped} <= ours & theirs


@given(RECORDS, st.sampled_from("abcdef"))
def test_a_removed_field_is_all_that_is_lost(records: list[dict[str, Any]], name: str) -> None:
    whole = copy.deepcopy(records)
    run = run_jolt([{"operation": "remove", "spec": {name: ""}}], records)
    assert records == whole, "the records that were put in stay as they are"
    assert run.failures == []
    change = compare(run.taken, run.made)
    assert set(change.lost) == ({name} if any(name in record for record in records) else set())
    assert (change.gained, change.retyped) == ((), ())


def test_types_and_nested_fields_are_compared() -> None:
    before = [{"id": 1, "buyer": {"name": "Ann", "city": "Bonn"}, "price": "3"}]
    after = [{"id": 1, "buyer": {"name": "Ann"}, "price": 3.0}]
    change = compare(before, after)
    assert change.lost == ("buyer.city",)
    assert [(item.field, item.before, item.after) for item in change.retyped] == [("price", ("string",), ("number",))]


@pytest.mark.parametrize("output", [Output.RECORD, Output.ATTRIBUTE])
@given(st.text(min_size=1, max_size=40).filter(lambda text: text.lstrip()[:1] not in "[{"))
def test_a_script_is_read_back_as_it_was_written(output: Output, script: str) -> None:
    code = given_code(script, Language.PYTHON)
    body = body_of(code, output)
    read = stored_code(body["code"], code_type=body["code_type"], encoding=body["code_encoding"])
    assert (read.script, read.language) == (script, Language.PYTHON)


@pytest.mark.parametrize(
    ("script", "right"),
    [
        ("def f(input, metadata, args):\n    return input", True),
        ("def f(a, b, c=None):\n    return a", True),
        ("def f(*everything):\n    return everything[0]", True),
        ("import json\ndef helper(x):\n    return x\ndef f(a, b, c):\n    return helper(a)", True),
        ("def f(a, b):\n    return a", False),
        ("def f(a, b, c, d):\n    return a", False),
        ("def f(a, b, c, *, strict):\n    return a", False),
        ("x = 1", False),
        ("def f(a, b, c:\n    return a", False),
        ("\x00", False),
    ],
)
def test_scripts_take_the_three_arguments_that_are_passed(script: str, right: bool) -> None:
    assert (problems_of(given_code(script)) == []) is right
