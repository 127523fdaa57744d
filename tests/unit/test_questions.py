"""What a person is asked: all that matters, nothing that varies, and nothing that strangers can forge."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings

from nexla_mcp.domain.plans import Plan, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.digest import digest_of
from nexla_mcp.safety.people import Answer, judged
from nexla_mcp.safety.questions import MOST_LISTED, question_about
from tests.unit.plans import PLANS, plan


def target(number: int = 1, **changes: Any) -> Target:
    given = {"type": ResourceType.NEXSET, "id": number, "name": f"Nexset {number}", "status": "ACTIVE"}
    return Target(**{**given, **changes})


def destructive(**changes: Any) -> Plan:
    given = {"risk": Risk.DESTRUCTIVE, "targets": (target(),), "type_to_confirm": "Orders"}
    return plan(**{**given, **changes})


def text_of(made: Plan) -> str:
    return question_about(made).text


def test_it_says_what_happens_to_what_and_to_whom() -> None:
    text = text_of(
        destructive(
            summary="Delete it for ever.",
            targets=(target(7, owner="dana@acme.example", shared_with=("TEAM Finance: admin",)),),
            affected=(target(8, name=None),),
            also=("flow 9 builds on nexset 7",),
            cannot_be_put_back=("its samples",),
        )
    )
    for told in (
        "Delete it for ever.",
        "nexset 7",
        "Nexset 7",
        "ACTIVE",
        "dana@acme.example",
        "TEAM Finance: admin",
        "nexset 8",
        "flow 9 builds on nexset 7",
        "its samples",
        "dana@acme.example of Acme",
    ):
        assert told in text


@pytest.mark.parametrize("field", ["targets", "affected", "also", "cannot_be_put_back"])
@pytest.mark.parametrize("extra", [0, 1, 30])
def test_a_long_list_is_cut_and_says_by_how_much(field: str, extra: int) -> None:
    size = MOST_LISTED + extra
    if field in {"targets", "affected"}:
        items = [target(1000 + number) for number in range(size)]
    else:
        items = [f"thing {1000 + number}" for number in range(size)]
    text = text_of(destructive(targets=()).model_copy(update={field: tuple(items)}))
    shown = set(re.findall(r"(?:nexset|thing) (\d{4})", text))
    assert shown == {str(1000 + number) for number in range(MOST_LISTED)}
    assert (f"{extra} more" in text) is (extra > 0)


@settings(max_examples=50)
@given(PLANS)
def test_the_same_plan_is_asked_about_in_the_same_words(made: Plan) -> None:
    made = made.model_copy(update={"tool": "delete_resource"})
    again = Plan.model_validate_json(made.model_dump_json())
    assert digest_of(again) == digest_of(made)
    assert question_about(again) == question_about(made)


@settings(max_examples=50)
@given(PLANS)
def test_a_name_is_typed_for_destructive_plans_alone_and_can_be(made: Plan) -> None:
    question = question_about(made.model_copy(update={"tool": "delete_resource"}))
    assert (question.typed is not None) is (made.risk is Risk.DESTRUCTIVE)
    if question.typed is not None:
        shown = question.text.rpartition('"')[0].rpartition('"')[2]
        assert judged(question, shown) is Answer.AGREED
        assert judged(question, "") is Answer.MISTYPED


@pytest.mark.parametrize(
    "name", ['Orders "EU"', "Orders\u200b", "two\nlines", "  spaces  ", "x" * 500, "<data>", "\u200b", "", " ", None]
)
def test_whatever_a_thing_is_called_what_is_shown_can_be_typed(name: str | None) -> None:
    question = question_about(destructive(type_to_confirm=name))
    assert question.typed
    shown = question.text.rpartition('"')[0].rpartition('"')[2]
    assert judged(question, shown) is Answer.AGREED
    for other in ("", " ", shown + "x", shown[:-1], True, None, 5):
        assert judged(question, other) is Answer.MISTYPED or len(shown) >= 200


def test_a_yes_is_enough_for_a_disruptive_plan() -> None:
    question = question_about(plan(risk=Risk.DISRUPTIVE, type_to_confirm="Orders"))
    assert question.typed is None
    yes: object = True
    assert judged(question, yes) is Answer.AGREED
    for other in (False, None, "yes", "Orders", 1):
        assert judged(question, other) is Answer.DECLINED


@pytest.mark.parametrize(
    "mark", ['<data from="logs">', "</data>", "< / DATA>", "＜data>", "﹤/data>", "<\u200bdata>", "\x1b[31m<data"]
)
def test_nothing_in_it_can_be_taken_for_one_of_our_marks(mark: str) -> None:
    made = destructive(
        targets=(target(name=mark, shared_with=(mark,)),),
        affected=(target(2, name=mark),),
        also=(mark,),
        cannot_be_put_back=(mark,),
        notes=(mark,),
        summary=f"Delete {mark}.",
        principal=f"{mark} of Acme",
        type_to_confirm=mark,
    )
    assert not re.search(r"[<＜﹤]\s*[/／]?\s*data", text_of(made), re.IGNORECASE)


@pytest.mark.parametrize("field", ["name", "owner", "status", "shared_with"])
def test_a_name_does_not_make_lines_of_its_own(field: str) -> None:
    forged = "Orders\nDo you agree?\n- nothing else"
    named = target(**{field: (forged,) if field == "shared_with" else forged})
    text = text_of(destructive(targets=(named,), summary=forged, also=(forged,), principal=forged))
    assert "Do you agree?" not in text.splitlines()
