"""Log lines folded: nothing lost, nothing confused."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.adapter.models import LogEntry
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.results.logs import Severity
from nexla_mcp.operations.log_lines import LONGEST_LINE, at_least, fold, gist, severity_of

NOON = datetime(2026, 11, 18, 12, tzinfo=timezone.utc)
TREE = Lineage(
    flow_id=10,
    name="orders",
    nodes=(LineageNode(node_id=10, type=ResourceType.SOURCE, id=1, name="orders"),),
)


def entry(text: str, minutes: float = 0, severity: str | None = "ERROR", resource: int = 1, run: int = 5) -> LogEntry:
    return LogEntry(
        timestamp=NOON + timedelta(minutes=minutes),
        resource_id=resource,
        resource_type="SOURCE",
        run_id=run,
        severity=severity,
        log=text,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Failed to write 295 records", "Failed to write 1,328 records"),
        ("run 6ba7b810-9dad-11d1-80b4-00c04fd430c8", "run 6ba7b811-9dad-11d1-80b4-00c04fd430c8"),
        ("at 2026-11-18T12:00:00.123Z", "at 2026-11-19 08:15:01+02:00"),
        ("commit deadbeef0123456789", "commit 0a1b2c3d4e5f67"),
        ("took 1.5 s", "took 12 s"),
    ],
)
def test_what_differs_from_line_to_line_is_no_difference(one, other):
    assert gist(one) == gist(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("column A is missing", "column B is missing"), ("cannot read", "cannot write"), ("facade", "decade")],
)
def test_words_are_a_difference(one, other):
    assert gist(one) != gist(other)


@pytest.mark.parametrize(
    ("word", "severity"),
    [("WARN", "WARNING"), ("fatal", "ERROR"), ("DEBUG", "INFO"), (None, "INFO"), ("Error", "ERROR"), ("ODD", "ODD")],
)
def test_severities_are_the_published_words(word, severity):
    assert severity_of(entry("x", severity=word)) == severity


@pytest.mark.parametrize(
    ("word", "wanted", "kept"),
    [
        ("INFO", None, True),
        ("INFO", Severity.INFO, True),
        ("INFO", Severity.WARNING, False),
        ("WARN", Severity.WARNING, True),
        ("WARNING", Severity.ERROR, False),
        ("FATAL", Severity.ERROR, True),
        ("UNHEARD", Severity.ERROR, True),
    ],
)
def test_at_least_keeps_it_and_worse_and_what_is_unknown(word, wanted, kept):
    assert at_least(entry("x", severity=word), wanted) is kept


@pytest.mark.parametrize("order", [1, -1])
def test_errors_fold_into_the_newest_words_whatever_their_order(order):
    entries = [entry("Failed 1 time", 0, run=1), entry("Failed 2 times".replace("times", "time"), 10, run=2)][::order]
    (line,) = fold(entries, TREE)
    assert (line.count, line.text, line.run_id) == (2, "Failed 2 time", 2)
    assert (line.first, line.last) == (NOON, NOON + timedelta(minutes=10))
    assert (line.type, line.id, line.name) == (ResourceType.SOURCE, 1, "orders")


def test_numbers_are_the_news_of_information():
    lines = fold([entry(f"Processed {number}", number, severity="INFO") for number in (1, 2, 2)], TREE)
    assert [(line.text, line.count) for line in lines] == [("Processed 2", 2), ("Processed 1", 1)]


def test_other_nodes_and_severities_are_kept_apart():
    lines = fold([entry("x"), entry("x", resource=2), entry("x", severity="WARNING")], TREE)
    assert len(lines) == 3
    assert [line.name for line in lines if line.id == 2] == [None]


def test_lines_without_a_time_stand_last_and_long_ones_are_cut():
    timeless = LogEntry(log="y" * 2_000, severity="ERROR")
    lines = fold([timeless, entry("x")], TREE)
    assert lines[0].text == "x"
    assert len(lines[1].text) == LONGEST_LINE
    assert lines[1].last is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["a 1", "a 2", "b"]), st.integers(0, 99), st.sampled_from(["INFO", "ERROR"])),
        max_size=30,
    )
)
def test_no_line_is_lost_or_counted_twice(drawn):
    entries = [entry(text, minutes, severity=severity) for text, minutes, severity in drawn]
    lines = fold(entries, TREE)
    assert sum(line.count for line in lines) == len(entries)
    assert [line.last for line in lines] == sorted((line.last for line in lines), reverse=True)
    for line in lines:
        assert line.first <= line.last
        assert line.text in {text for text, _, _ in drawn}


def test_a_secret_in_a_line_is_gone_before_anybody_sees_it():
    assert "hunter2" not in (entry("login password=hunter2 failed").log or "")
    assert "hunter2" not in (entry("pass\u200bword=hunter2").log or "")
