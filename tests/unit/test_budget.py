"""An answer keeps to its bytes, cut at a row, and says what it lacks."""

from __future__ import annotations

import json

import pytest

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.details import Related, ResourceDetails
from nexla_mcp.domain.results.search import Found, SearchResults
from nexla_mcp.domain.results.shortening import shortened
from nexla_mcp.tools.budget import compact_json, fit, render


def results(count: int, offset: int = 0) -> SearchResults:
    rows = [Found(type=ResourceType.SOURCE, id=number, name=f"source {number}") for number in range(count)]
    return SearchResults(rows=rows, offset=offset, total=offset + count)


def size(rendered) -> int:
    return len(rendered.text.encode()) + len(compact_json(rendered.structured).encode())


def test_what_fits_is_left_alone():
    whole = render(results(10))
    assert fit(results(10), whole.size) == whole
    assert "truncated" not in whole.structured


@pytest.mark.parametrize("budget", [2_000, 5_000, 20_000])
def test_rows_are_cut_to_the_most_that_fit(budget):
    cut = fit(results(1_000), budget)
    kept = len(cut.structured["rows"])
    assert size(cut) <= budget
    assert cut.structured["truncated"] is True
    assert cut.structured["cursor"] == str(kept)
    assert cut.structured["total"] == 1_000
    assert cut.structured["narrow"]
    assert size(render(results(1_000).cut("rows", kept + 1))) > budget


def test_a_cursor_counts_from_the_first_row_of_all():
    cut = fit(results(1_000, offset=500), 5_000)
    assert cut.structured["cursor"] == str(500 + len(cut.structured["rows"]))


def details(**fields) -> ResourceDetails:
    return ResourceDetails(type=ResourceType.SOURCE, id=1, name="wide", **fields)


def test_a_long_value_does_not_cost_the_rows_beside_it():
    related = (Related(relation="credential", type=ResourceType.CREDENTIAL, id=2),)
    cut = fit(
        details(config={"path": "/in", "mapping": {str(n): "x" * 50 for n in range(5_000)}}, related=related), 9_000
    )
    assert size(cut) <= 9_000
    assert cut.structured["config"]["path"] == "/in"
    assert cut.structured["related"]
    assert 0 < len(cut.structured["config"]["mapping"]) < 5_000
    left_out = 5_000 - len(cut.structured["config"]["mapping"])
    assert f"config: {left_out:,} entries left out to fit" in cut.structured["not_read"]
    assert cut.structured["truncated"] is True


@pytest.mark.parametrize("budget", [2_000, 4_000, 24_000])
def test_even_several_long_values_fit(budget):
    cut = fit(
        details(
            code='"\n' * 40_000,
            description="d" * 40_000,
            fields={f"f{n}": "string" for n in range(9_000)},
            entries=[{"a": "b" * 90}] * 900,
            not_read=["entries (forbidden)"],
        ),
        budget,
    )
    assert size(cut) <= budget
    assert "entries (forbidden)" in cut.structured["not_read"]
    assert any(item.startswith("code: ") for item in cut.structured["not_read"])


@pytest.mark.parametrize(
    ("value", "room", "expected"),
    [
        ({"a": 1}, 100, ({"a": 1}, 0)),
        ("x" * 50, 10, ("x" * 9 + "…", 41)),
        ([1, 2, 3], 7, ([1, 2], 1)),
        ({"long": "x" * 500, "short": 1}, 60, ({"short": 1}, 1)),
        (12345678, 3, (12345678, 0)),
        (None, 0, (None, 0)),
    ],
)
def test_values_are_shortened_without_breaking_them(value, room, expected):
    assert shortened(value, room) == expected


def test_what_was_shortened_is_about_as_long_as_the_room():
    value = {"outer": {str(n): "y" * 30 for n in range(1_000)}, "small": True}
    short, left_out = shortened(value, 2_000)
    assert len(json.dumps(short)) <= 2_200
    assert short["small"] is True
    assert left_out == 1_000 - len(short["outer"])


def test_all_text_that_leaves_is_clean():
    dirty = Found(type=ResourceType.SOURCE, id=1, name="a\u202eb\x1b[31mc", status="AC\x07TIVE", connector="s\u200b3")
    out = render(SearchResults(rows=[dirty], total=1))
    for text in (out.text, compact_json(out.structured)):
        assert not set(text) & set("\u202e\x1b\x07\u200b")
    assert out.structured["rows"][0]["status"] == "ACTIVE"
