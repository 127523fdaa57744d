"""Times at the edge."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.adapter.units import (
    check_inner_status,
    check_window,
    end_of,
    from_milliseconds,
    run_started_at,
    start_of,
    to_day,
    to_milliseconds,
    to_seconds,
    to_seconds_up,
)
from nexla_mcp.domain.errors import ErrorCode, Failure

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=OFFSETS)  # noqa: DTZ001 - hypothesis adds the zone


@given(MOMENTS)
def test_milliseconds_come_back_to_the_millisecond(moment: datetime) -> None:
    back = from_milliseconds(to_milliseconds(moment))
    assert timedelta() <= moment - back < timedelta(milliseconds=1)


@given(st.integers(0, 4_102_444_800_000))
def test_milliseconds_are_kept_exactly(milliseconds: int) -> None:
    assert to_milliseconds(from_milliseconds(milliseconds)) == milliseconds


@given(MOMENTS)
def test_seconds_enclose_the_moment(moment: datetime) -> None:
    low, high = to_seconds(moment), to_seconds_up(moment)
    assert low * 1000 <= to_milliseconds(moment) <= high * 1000
    assert high - low in {0, 1}
    assert (high == low) == (moment.microsecond == 0)


@given(MOMENTS, st.timedeltas(timedelta(milliseconds=1), timedelta(days=400)))
def test_a_window_that_is_not_empty_stays_so_in_seconds(start: datetime, length: timedelta) -> None:
    assert to_seconds(start) < to_seconds_up(start + length)


@given(st.dates(date(1971, 1, 1), date(2200, 1, 1)))
def test_an_inclusive_day_is_a_window_of_24_hours(day: date) -> None:
    assert end_of(day) - start_of(day) == timedelta(days=1)
    assert to_day(start_of(day)) == to_day(day) == to_day(end_of(day) - timedelta(microseconds=1))


def test_a_day_is_the_utc_day() -> None:
    assert to_day(datetime(2026, 5, 9, 23, tzinfo=timezone(timedelta(hours=-5)))) == "2026-05-10"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(Failure) as caught:
        to_seconds(datetime(2026, 5, 9))  # noqa: DTZ001 - that is the case
    assert caught.value.info.code is ErrorCode.BAD_INPUT


def test_an_empty_window_is_refused() -> None:
    moment = datetime(2026, 5, 9, tzinfo=timezone.utc)
    with pytest.raises(Failure):
        check_window(moment, moment)


@pytest.mark.parametrize(("run_id", "known"), [(1695442864636, True), (1695442864, False), (7, False), (10**15, False)])
def test_a_run_id_tells_its_start_where_it_can(run_id: int, known: bool) -> None:
    assert (run_started_at(run_id) is not None) is known


@pytest.mark.parametrize("status", [200, "200", "Ok", "ok", "OK"])
def test_well_reports(status: Any) -> None:
    assert check_inner_status({"status": status, "metrics": []}, "x")["metrics"] == []


@pytest.mark.parametrize(
    "data", [{"status": 500}, {"status": "failed"}, {"error": "x"}, {"status": None}, {"status": True}]
)
def test_a_failed_report_is_no_empty_report(data: Any) -> None:
    with pytest.raises(Failure) as caught:
        check_inner_status(data, "x")
    assert caught.value.info.code is ErrorCode.UPSTREAM_ERROR


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_no_report_at_all(data: Any) -> None:
    with pytest.raises(Failure) as caught:
        check_inner_status(data, "x")
    assert caught.value.info.code is ErrorCode.UNREADABLE_ANSWER
