"""Words of a shell as the arguments of a tool."""

from __future__ import annotations

import pytest

from nexla_mcp.cli.pairs import read_json, read_pairs
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.tools.registry import all_tools

SPECS = {spec.name: spec for spec in all_tools()}


@pytest.mark.parametrize(
    ("tool", "words", "arguments"),
    [
        ("get_flow", ["flow=12"], {"flow": 12}),
        ("get_flow", ["flow=Web Events"], {"flow": "Web Events"}),
        ("get_flow", ["flow=a=b"], {"flow": "a=b"}),
        ("get_samples", ["nexset=5", "live=yes", "limit=3"], {"nexset": 5, "live": True, "limit": 3}),
        ("get_samples", ["nexset=5", "live=False"], {"nexset": 5, "live": False}),
        ("search_resources", ["types=flow,source"], {"types": ["flow", "source"]}),
        ("search_resources", ["types=flow", "types=source"], {"types": ["flow", "source"]}),
        ("search_resources", ["name=12"], {"name": "12"}),
        ("search_resources", ["limit=many"], {"limit": "many"}),
        ("run_health_check", ["flows=1,Web Events"], {"flows": [1, "Web Events"]}),
        ("run_health_check", ['flows=[1,"a,b"]'], {"flows": '[1,"a,b"]'}),
        ("get_samples", ["unheard=1"], {"unheard": "1"}),
        ("whoami", [], {}),
    ],
)
def test_words_are_typed_by_the_tools_schema(tool, words, arguments):
    assert read_pairs(SPECS[tool], words) == arguments


def test_every_word_of_a_list_can_be_read_by_the_tool():
    arguments = read_pairs(SPECS["run_health_check"], ['flows=[1,"a,b"]', "only_problems=1"])
    read = SPECS["run_health_check"].arguments.read(arguments)
    assert read["flows"] == [1, "a,b"]
    assert read["only_problems"] is True


@pytest.mark.parametrize("word", ["flow", "=5", ""])
def test_a_word_that_is_no_pair_is_refused(word):
    with pytest.raises(Failure) as caught:
        read_pairs(SPECS["get_flow"], [word])
    assert caught.value.info.code is ErrorCode.BAD_INPUT


def test_without_a_tool_everything_is_text():
    assert read_pairs(None, ["a=1", "b=true"]) == {"a": "1", "b": "true"}


def test_json_is_read_and_anything_else_refused():
    assert read_json('{"flow": 5}', "--json") == {"flow": 5}
    for text in ("[1]", "5", "{", ""):
        with pytest.raises(Failure) as caught:
            read_json(text, "--json")
        assert caught.value.info.code is ErrorCode.BAD_INPUT
        assert "--json" in caught.value.info.message
