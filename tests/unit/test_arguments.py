"""What a tool accepts, and how it refuses the rest."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.tools.arguments import Arguments


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


async def paint(
    context: object,
    thing: Annotated[int | str, Field(description="What to paint.")],
    colours: Annotated[list[Colour] | None, Field(description="In these colours.")] = None,
    coats: Annotated[int, Field(description="How often.", ge=1, le=5)] = 1,
    options: Annotated[dict[str, Any] | None, Field(description="More.")] = None,
) -> None: ...


ARGUMENTS = Arguments.of("paint", paint)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def refusal(given_arguments: dict[str, Any]) -> str:
    with pytest.raises(Failure) as caught:
        ARGUMENTS.read(given_arguments)
    info = caught.value.info
    assert info.code is ErrorCode.BAD_INPUT
    return f"{info.message} {info.hint}"


def test_values_and_defaults() -> None:
    assert ARGUMENTS.read({"thing": "door", "colours": ["red"]}) == {
        "thing": "door",
        "colours": [Colour.RED],
        "coats": 1,
        "options": None,
    }
    assert ARGUMENTS.read({"thing": 5, "coats": None})["coats"] == 1


def test_an_unknown_argument_is_refused_with_the_nearest_and_the_valid_ones() -> None:
    words = refusal({"thing": 1, "color": "red"})
    assert "'color'" in words
    assert "'colours'" in words
    assert "thing, colours, coats, options" in words


def test_text_is_not_taken_for_a_number_and_its_value_is_not_repeated() -> None:
    words = refusal({"thing": 1, "coats": "hunter2"})
    assert "coats" in words
    assert "hunter2" not in words


def test_a_missing_argument_and_a_wrong_choice_are_named() -> None:
    assert "thing" in refusal({})
    assert "'red' or 'blue'" in refusal({"thing": 1, "colours": ["green"]})


def test_json_in_a_string_is_read() -> None:
    read = ARGUMENTS.read({"thing": 1, "colours": '["blue"]', "options": '{"gloss": true}'})
    assert (read["colours"], read["options"]) == ([Colour.BLUE], {"gloss": True})


def test_broken_json_in_a_string_is_refused() -> None:
    assert "cannot be read as JSON" in refusal({"thing": 1, "options": "{gloss"})


def test_a_name_that_looks_like_json_stays_a_name() -> None:
    assert ARGUMENTS.read({"thing": "[daily] orders"})["thing"] == "[daily] orders"


def test_the_schema_is_compact() -> None:
    schema = ARGUMENTS.schema()
    text = json.dumps(schema)
    assert "title" not in text
    assert "null" not in text
    assert "$defs" not in text
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["thing"]
    assert schema["properties"]["thing"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]
    assert schema["properties"]["colours"]["items"] == {"enum": ["red", "blue"], "type": "string"}


@given(st.dictionaries(st.sampled_from(["thing", "colours", "coats", "options", "other"]), VALUES))
def test_whatever_is_sent_is_read_or_refused(arguments: dict[str, Any]) -> None:
    try:
        read = ARGUMENTS.read(arguments)
    except Failure as failure:
        assert failure.info.code is ErrorCode.BAD_INPUT
    else:
        assert set(read) == {"thing", "colours", "coats", "options"}
