"""The fingerprint of a plan covers all of it, and nothing else."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.safety.digest import digest_of, digest_of_call, digest_of_json
from tests.unit.plans import FIELDS, JSON, PLANS, STEPS, TARGETS, plan


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@given(JSON, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(value: Any, chance: random.Random) -> None:
    assert digest_of_json(shuffled(value, chance)) == digest_of_json(value)


@given(JSON, JSON)
def test_different_json_has_different_digests(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest_of_json(one) == digest_of_json(other)) == same


@given(st.text(alphabet=st.characters(categories=["Cs", "Lu", "So"]), max_size=5))
def test_a_text_that_cannot_be_encoded_has_a_digest_too(text: str) -> None:
    assert len(digest_of_json({"name": text})) == 32


def test_the_fields_that_are_changed_here_are_all_there_are() -> None:
    assert set(FIELDS) == set(Plan.model_fields)


@pytest.mark.parametrize("field", FIELDS)
@settings(max_examples=20)
@given(data=st.data())
def test_every_field_of_a_plan_is_covered(field: str, data: st.DataObject) -> None:
    one, other = (plan(**{field: data.draw(FIELDS[field])}) for _ in range(2))
    assert (digest_of(one) == digest_of(other)) == (one.model_dump_json() == other.model_dump_json())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", ResourceType.SOURCE),
        ("id", 8),
        ("name", "Orders"),
        ("owner", "other@acme.example"),
        ("status", "PAUSED"),
        ("config", "1234"),
        ("shared_with", ("TEAM Finance: admin",)),
    ],
)
@pytest.mark.parametrize("role", ["targets", "affected", "existing"])
def test_every_field_of_whatever_is_touched_is_covered(role: str, field: str, value: Any) -> None:
    target = Target(type=ResourceType.NEXSET, id=7, name="Old", owner="dana@acme.example", status="ACTIVE", config="0")
    before, after = plan(**{role: (target,)}), plan(**{role: (target.model_copy(update={field: value}),)})
    assert digest_of(before) != digest_of(after)
    assert field in Target.model_fields


def test_those_are_all_fields_of_what_is_touched() -> None:
    assert set(Target.model_fields) == {"type", "id", "name", "owner", "status", "config", "shared_with"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "other"),
        ("action", "delete"),
        ("arguments", {"id": 2}),
        ("says", "something else"),
        ("undo", None),
        ("undo", Act(action="pause", arguments={"id": 2})),
    ],
)
def test_every_field_of_a_step_is_covered(field: str, value: Any) -> None:
    undo = Act(action="pause", arguments={"id": 1})
    step = Step(key="one", action="activate", arguments={"id": 1}, says="activate it", undo=undo)
    assert digest_of(plan(steps=(step,))) != digest_of(plan(steps=(step.model_copy(update={field: value}),)))


@settings(max_examples=30)
@given(STEPS, STEPS)
def test_the_order_of_steps_matters(one: Step, other: Step) -> None:
    same = one.model_dump_json() == other.model_dump_json()
    assert (digest_of(plan(steps=(one, other))) == digest_of(plan(steps=(other, one)))) == same


@given(TARGETS)
def test_a_target_is_no_mere_neighbour(target: Target) -> None:
    digests = {digest_of(plan(**{role: (target,)})) for role in ("targets", "affected", "existing")}
    assert len(digests) == 3


@settings(max_examples=30)
@given(PLANS)
def test_a_plan_that_was_kept_is_still_the_same(kept: Plan) -> None:
    assert digest_of(Plan.model_validate_json(kept.model_dump_json())) == digest_of(kept)


def test_a_call_is_its_tool_and_its_arguments() -> None:
    one = digest_of_call("pause", {"type": "flow", "id": 1})
    assert one == digest_of_call("pause", {"id": 1, "type": "flow"})
    assert one != digest_of_call("activate", {"type": "flow", "id": 1})
    assert one != digest_of_call("pause", {"type": "flow", "id": 2})
    assert one != digest_of_call("pause", {"type": "flow", "id": "1"})
