"""A platform that is down is left alone for a while, then tried by one call."""

from __future__ import annotations

import pytest

from nexla_mcp.adapter.breaker import FAILURES, PAUSE, Breaker
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.operations import READ, call, failure_of, wire_name
from tests.adapter.scripted_server import answer

THING = wire_name(READ)


def opened(clock) -> Breaker:
    breaker = Breaker(clock.monotonic)
    for _ in range(FAILURES):
        breaker.failed(breaker.check())
    return breaker


def test_it_opens_after_so_many_failures_in_a_row(clock):
    breaker = opened(clock)
    with pytest.raises(Failure) as caught:
        breaker.check()
    info = caught.value.info
    assert info.code is ErrorCode.UPSTREAM_ERROR
    assert info.retryable
    assert f"{PAUSE:.0f} seconds" in info.hint


def test_a_success_between_failures_keeps_it_closed(clock):
    breaker = Breaker(clock.monotonic)
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed(breaker.check())
        breaker.succeeded()
    breaker.check()


def test_calls_that_fail_together_count_once(clock):
    breaker = Breaker(clock.monotonic)
    for ticket in [breaker.check() for _ in range(3 * FAILURES)]:
        breaker.failed(ticket)
    breaker.check()


def test_after_the_pause_one_call_tries(clock):
    breaker = opened(clock)
    clock.elapsed += PAUSE
    breaker.check()
    with pytest.raises(Failure):
        breaker.check()
    breaker.succeeded()
    breaker.check()


def test_a_failed_trial_opens_it_again_at_once(clock):
    breaker = opened(clock)
    clock.elapsed += PAUSE
    breaker.failed(breaker.check())
    with pytest.raises(Failure):
        breaker.check()


def test_a_trial_without_a_verdict_leaves_room_for_another(clock):
    breaker = opened(clock)
    clock.elapsed += PAUSE
    breaker.check()
    breaker.not_judged()
    breaker.check()


@pytest.mark.anyio
async def test_an_open_circuit_sends_nothing_and_closes_by_itself(server, connect, clock):
    server.on(THING, *[answer(503)] * FAILURES, answer(200, {"id": 1}))
    nexla = connect()
    while server.count(THING) < FAILURES:
        await failure_of(nexla)
    sent = server.count(THING)
    assert "not sent" in (await failure_of(nexla)).message
    assert server.count(THING) == sent
    clock.elapsed += PAUSE + 1
    assert (await call(nexla)).data == {"id": 1}


@pytest.mark.anyio
async def test_refusals_are_no_failures_of_the_platform(server, connect):
    server.on(THING, answer(404))
    nexla = connect()
    for _ in range(FAILURES + 2):
        assert (await failure_of(nexla)).code is ErrorCode.NOT_FOUND


@pytest.mark.anyio
async def test_a_platform_that_answers_only_500_is_left_alone(server, connect):
    server.on(THING, answer(500))
    nexla = connect()
    for _ in range(FAILURES + 2):
        await failure_of(nexla)
    assert server.count(THING) == FAILURES
