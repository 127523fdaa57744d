"""Times as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.times import parse_moment, parse_window

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("45m", NOW - timedelta(minutes=45)),
        ("2h", NOW - timedelta(hours=2)),
        ("2 hours ago", NOW - timedelta(hours=2)),
        ("3d", NOW - timedelta(days=3)),
        ("1w", NOW - timedelta(weeks=1)),
        ("now", NOW),
        ("today", datetime(2026, 11, 23, tzinfo=timezone.utc)),
        ("Yesterday", datetime(2026, 11, 22, tzinfo=timezone.utc)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=timezone.utc)),
        ("2026-11-20T08:15Z", datetime(2026, 11, 20, 8, 15, tzinfo=timezone.utc)),
        ("2026-11-20T08:15", datetime(2026, 11, 20, 8, 15, tzinfo=timezone.utc)),
        ("2026-11-20T10:15:00+02:00", datetime(2026, 11, 20, 8, 15, tzinfo=timezone.utc)),
    ],
)
def test_plain_forms(text: str, expected: datetime) -> None:
    assert parse_moment(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "2x", "-3h", "99999999d", "2026-13-01", "2026-11-20T25:00"])
def test_anything_else_is_refused_with_the_forms_that_work(text: str) -> None:
    with pytest.raises(Failure) as caught:
        parse_moment(text, NOW)
    assert caught.value.info.code is ErrorCode.BAD_INPUT
    assert "2h" in (caught.value.info.hint or "")


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        moment = parse_moment(text, NOW)
    except Failure as failure:
        assert failure.info.code is ErrorCode.BAD_INPUT
    else:
        assert moment.tzinfo is not None


def test_a_window_ends_with_the_day_that_is_named() -> None:
    window = parse_window("2026-11-20", "2026-11-20", NOW, timedelta(days=1))
    assert window.end - window.start == timedelta(days=1)


def test_a_window_defaults_to_the_time_before_its_end() -> None:
    window = parse_window(None, None, NOW, timedelta(hours=6))
    assert (window.start, window.end) == (NOW - timedelta(hours=6), NOW)


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(Failure) as caught:
        parse_window("1h", "2h", NOW, timedelta(days=1))
    assert caught.value.info.code is ErrorCode.BAD_INPUT
