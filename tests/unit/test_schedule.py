"""Quartz schedules."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from nexla_mcp.domain.schedule import Schedule

MONDAY = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def test_firings_around_a_moment() -> None:
    schedule = Schedule.read("0 0 2 * * ? *")
    assert schedule is not None
    assert schedule.after(MONDAY) == datetime(2026, 11, 24, 2, tzinfo=timezone.utc)
    assert schedule.before(MONDAY) == datetime(2026, 11, 23, 2, tzinfo=timezone.utc)
    assert schedule.interval(MONDAY) == timedelta(days=1)


def test_a_weekend_does_not_make_a_weekday_job_late() -> None:
    schedule = Schedule.read("0 0 2 ? * MON-FRI *")
    assert schedule is not None
    assert schedule.interval(MONDAY) == timedelta(days=3)


@pytest.mark.parametrize("text", [None, "", 5, "nightly", "* * *", "99 0 2 * * ?", "0 0 2 * * ? * * *"])
def test_what_is_no_schedule_is_none(text: object) -> None:
    assert Schedule.read(text) is None
