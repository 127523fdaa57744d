"""Calls are spread, slow down at each 429 and recover slowly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.adapter.rate import FLOOR, Rate
from tests.adapter.conftest import FakeClock


def rate(clock: FakeClock, per_second: float = 10.0) -> Rate:
    return Rate(per_second, clock.monotonic, clock.sleep)


@given(st.integers(1, 40))
def test_it_halves_at_each_429_down_to_one_in_four_seconds(times):
    limiter = rate(FakeClock())
    for _ in range(times):
        limiter.throttled(None)
    assert limiter.per_second == max(FLOOR, 10.0 / 2**times)


@given(st.lists(st.booleans(), max_size=200))
def test_it_stays_between_floor_and_full_rate(events):
    limiter = rate(FakeClock())
    for throttled in events:
        limiter.throttled(None) if throttled else limiter.succeeded()
        assert FLOOR <= limiter.per_second <= 10.0


def test_successes_give_the_rate_back():
    limiter = rate(FakeClock())
    limiter.throttled(None)
    for _ in range(100):
        limiter.succeeded()
    assert limiter.per_second == 10.0


@pytest.mark.anyio
async def test_a_burst_passes_and_the_rest_is_spread(clock):
    limiter = rate(clock)
    for _ in range(20):
        assert await limiter.wait(until=100.0)
    assert clock.elapsed == 0
    for _ in range(30):
        assert await limiter.wait(until=100.0)
    assert clock.elapsed == pytest.approx(3.0)


@pytest.mark.anyio
async def test_everybody_stays_away_as_long_as_the_platform_asked(clock):
    limiter = rate(clock)
    limiter.throttled(12.0)
    assert await limiter.wait(until=100.0)
    assert clock.elapsed == pytest.approx(12.0)


def test_waiting_calls_are_queued_not_let_through_together(clock):
    limiter = rate(clock, per_second=1.0)
    limiter.throttled(None)
    assert [limiter._reserve() for _ in range(5)] == pytest.approx([2, 4, 6, 8, 10])


@pytest.mark.anyio
async def test_a_wait_that_would_be_too_late_is_not_begun_and_keeps_its_place_free(clock):
    limiter = rate(clock, per_second=0.5)
    assert await limiter.wait(until=100.0)
    assert not await limiter.wait(until=1.0)
    assert clock.sleeps == []
    assert await limiter.wait(until=100.0)
    assert clock.elapsed == pytest.approx(2.0)
