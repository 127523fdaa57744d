"""What a flow spec may say, judged before anything is looked up."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import DETECTED, FlowSpec, NexsetSpec, Role
from nexla_mcp.operations.planning import deploying

SOURCE: dict[str, Any] = {"connector": "s3", "credential": "Lake", "config": {"path": "a"}}
SINK: dict[str, Any] = {"name": "Out", "connector": "s3", "config": {"path": "b"}}
WHOLE: dict[str, Any] = {
    "name": "Orders",
    "source": {**SOURCE, "name": "Orders in", "description": "d", "tags": ["t"]},
    "nexsets": [
        {"name": "Cleaned", "transform": 7},
        {"name": "Narrow", "transform": {"operations": []}, "parent": "Cleaned", "description": "d"},
        {"name": "Named", "transform": "Orders: map"},
    ],
    "destinations": [SINK, {**SINK, "credential": 12, "nexset": "Cleaned"}],
    "access": [{"to": "team", "who": "Finance", "role": "operator"}, {"to": "org"}],
    "activate": False,
    "verify": False,
}


def read(**changes: Any) -> FlowSpec:
    """As it comes: JSON in which `None` stands for what is left out."""
    given = {"name": "Orders", "source": SOURCE, **changes}
    return FlowSpec.model_validate_json(json.dumps({key: value for key, value in given.items() if value is not None}))


def names_of(spec: FlowSpec) -> None:
    deploying._check_names(spec)


def refused(**changes: Any) -> str:
    with pytest.raises(Failure) as caught:
        names_of(read(**changes))
    assert caught.value.info.code is ErrorCode.BAD_INPUT
    return caught.value.info.message


def test_a_name_and_a_source_are_enough() -> None:
    spec = read()
    names_of(spec)
    assert (spec.nexsets, spec.destinations, spec.access) == ([], [], [])
    assert (spec.activate, spec.verify) == (True, True)


def test_one_of_everything_is_read_and_written_alike() -> None:
    spec = read(**WHOLE)
    names_of(spec)
    assert FlowSpec.model_validate_json(spec.model_dump_json()) == spec
    assert [rule.role for rule in spec.access] == [Role.OPERATOR, Role.COLLABORATOR]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"source": None},
        {"name": 5},
        {"activate": "yes"},
        {"verify": 1},
        {"sink": {}},
        {"source": {**SOURCE, "conector": "s3"}},
        {"source": {"config": {}}},
        {"source": {**SOURCE, "credential": 1.5}},
        {"source": {**SOURCE, "credential": True}},
        {"source": {**SOURCE, "config": "path=a"}},
        {"source": {**SOURCE, "tags": "one"}},
        {"nexsets": {"name": "a"}},
        {"nexsets": [{"transform": 5}]},
        {"nexsets": [{"name": "a", "transform": ["x"]}]},
        {"nexsets": [{"name": "a", "transform": True}]},
        {"nexsets": [{"name": "a", "parent": None, "child": "b"}]},
        {"destinations": [{**SINK, "nexsets": "a"}]},
        {"destinations": [{"name": "a"}]},
        {"access": [{"to": "everybody"}]},
        {"access": [{"to": "team", "role": "owner"}]},
        {"access": [{"who": "Finance"}]},
    ],
)
def test_nothing_unknown_missing_or_of_another_type_is_taken(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"nexsets": [{"name": "a"}, {"name": "a"}]}, "'a'"),
        ({"nexsets": [{"name": DETECTED}]}, DETECTED),
        ({"nexsets": [{"name": " "}]}, "nexsets[0].name"),
        ({"nexsets": [{"name": "a"}, {"name": "b", "parent": "c"}]}, "nexsets[1].parent"),
        ({"nexsets": [{"name": "a", "parent": "a"}]}, "nexsets[0].parent"),
        ({"destinations": [{**SINK, "nexset": "nowhere"}]}, "destinations[0].nexset"),
        ({"destinations": [{**SINK, "nexset": ""}]}, "destinations[0].nexset"),
        ({"destinations": [SINK, SINK]}, "destinations[1].name"),
        ({"destinations": [SINK, {**SINK, "nexset": DETECTED}]}, "destinations[1].name"),
        ({"nexsets": [{"name": "a"}], "destinations": [{**SINK, "nexset": "a"}, SINK]}, "destinations[1].name"),
    ],
)
def test_names_stand_for_one_thing_each(changes: dict[str, Any], field: str) -> None:
    assert field in refused(**changes)


def test_two_destinations_of_two_nexsets_may_share_a_name() -> None:
    names_of(read(nexsets=[{"name": "a"}], destinations=[SINK, {**SINK, "nexset": DETECTED}]))


@pytest.mark.parametrize(("nexset", "written"), [(None, "b"), ("a", "a"), (DETECTED, DETECTED)])
def test_a_destination_writes_the_last_nexset_unless_it_says_which(nexset: str | None, written: str) -> None:
    spec = read(nexsets=[{"name": "a"}, {"name": "b"}], destinations=[{**SINK, "nexset": nexset}])
    assert deploying._written(spec, spec.destinations[0]) == written


def test_without_nexsets_it_writes_the_detected_one() -> None:
    spec = read(destinations=[SINK])
    assert deploying._written(spec, spec.destinations[0]) == DETECTED


TREES = st.integers(1, 12).flatmap(lambda size: st.tuples(*(st.integers(-1, number - 1) for number in range(size))))
"""The number of each nexset's parent, -1 for the detected one."""


@given(TREES, st.randoms(use_true_random=False))
def test_parents_come_before_their_children_whatever_the_order(above: tuple[int, ...], chance: random.Random) -> None:
    nexsets = [
        NexsetSpec(name=f"n{number}", parent=DETECTED if parent < 0 else f"n{parent}")
        for number, parent in enumerate(above)
    ]
    chance.shuffle(nexsets)
    ordered = deploying._in_order(nexsets)
    assert sorted(nexset.name for nexset in ordered) == sorted(nexset.name for nexset in nexsets)
    seen = {DETECTED}
    for nexset in ordered:
        assert nexset.parent in seen
        seen.add(nexset.name)


@pytest.mark.parametrize("size", [2, 3, 7])
def test_a_circle_is_refused_naming_who_stands_in_it(size: int) -> None:
    circle = [NexsetSpec(name=f"n{number}", parent=f"n{(number + 1) % size}") for number in range(size)]
    with pytest.raises(Failure) as caught:
        deploying._in_order([NexsetSpec(name="outside"), *circle])
    assert caught.value.info.code is ErrorCode.BAD_INPUT
    assert all(nexset.name in caught.value.info.message for nexset in circle)
    assert "outside" not in caught.value.info.message


def schema() -> dict[str, Any]:
    return FlowSpec.model_json_schema()


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        found = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return found + [reference for value in node.values() for reference in references(value)]
    return [reference for item in node for reference in references(item)] if isinstance(node, list) else []


def test_the_schema_stands_alone_and_takes_what_the_spec_takes() -> None:
    whole = schema()
    jsonschema.Draft202012Validator.check_schema(whole)
    assert references(whole)
    assert all(reference.removeprefix("#/$defs/") in whole["$defs"] for reference in references(whole))
    validator = jsonschema.Draft202012Validator(whole)
    for example in (WHOLE, {"name": "Orders", "source": SOURCE}):
        assert list(validator.iter_errors(example)) == []
    for wrong in ({"name": "Orders"}, {**WHOLE, "sink": {}}, {**WHOLE, "access": [{"to": "everybody"}]}):
        assert list(validator.iter_errors(wrong))


def test_the_schema_leaves_nothing_open_that_is_refused_when_read() -> None:
    objects = [schema(), *schema()["$defs"].values()]
    assert all(part["additionalProperties"] is False for part in objects if part.get("type") == "object")
