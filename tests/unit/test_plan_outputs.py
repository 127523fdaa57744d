"""How later steps name what earlier ones gave."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.domain.markers import OUTPUT, is_marker, output_of, outputs_named, secret, with_outputs
from tests.unit.plans import JSON, WORDS

NAMING = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | WORDS.map(output_of) | WORDS.map(secret),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


def outputs(*keys: str) -> dict[str, Any]:
    return {key: {"type": "source", "id": number, "name": key} for number, key in enumerate(keys, start=100)}


def test_a_name_is_replaced_by_the_id_wherever_it_stands() -> None:
    arguments = {"type": "nexset", "body": {"parent": output_of("a"), "list": [output_of("b"), 1, [output_of("a")]]}}
    assert with_outputs(arguments, outputs("a", "b")) == {
        "type": "nexset",
        "body": {"parent": 100, "list": [101, 1, [100]]},
    }
    assert list(outputs_named(arguments)) == ["a", "b", "a"]


def test_a_step_without_an_output_cannot_be_named() -> None:
    with pytest.raises(KeyError):
        with_outputs({"id": output_of("later")}, outputs("earlier"))


@pytest.mark.parametrize("value", [{OUTPUT: 5}, {OUTPUT: "a", "more": 1}, {OUTPUT: None}, {"output": "a"}, OUTPUT, {}])
def test_what_only_looks_like_a_name_is_none(value: Any) -> None:
    assert with_outputs(value, {}) == value
    assert list(outputs_named(value)) == []
    assert not is_marker(value, OUTPUT)


def test_references_to_secrets_stay() -> None:
    assert with_outputs({"password": secret("env:PW")}, {}) == {"password": secret("env:PW")}


@given(NAMING)
def test_exactly_the_named_outputs_are_needed(value: Any) -> None:
    named = set(outputs_named(value))
    filled = with_outputs(value, outputs(*sorted(named)))
    assert list(outputs_named(filled)) == []
    for missing in named:
        with pytest.raises(KeyError):
            with_outputs(value, outputs(*(named - {missing})))


@given(NAMING)
def test_the_plan_itself_is_not_changed(value: Any) -> None:
    before = repr(value)
    with_outputs(value, outputs(*outputs_named(value)))
    assert repr(value) == before


@given(JSON)
def test_what_names_nothing_stays_as_it_is(value: Any) -> None:
    assert list(outputs_named(value)) or with_outputs(value, {}) == value
