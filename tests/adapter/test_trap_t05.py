"""T5: `Retry-After` may put the SDK to sleep for hours, or turn a 429 into an unknown error.

Ours reads every form of it and waits no longer than a cap.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nexla_sdk import NexlaClient
from nexla_sdk.exceptions import NexlaError

from nexla_mcp.adapter.retry_after import LONGEST, http_date, retry_after
from nexla_mcp.domain.errors import ErrorCode
from tests.adapter.conftest import START
from tests.adapter.operations import READ, call, failure_of, wire_name
from tests.adapter.scripted_server import answer

THING = wire_name(READ)
NOON = "Mon, 23 Nov 2026 12:00:00 GMT"
"""Two hours ahead of our own clock: a date is taken by the server's, where it tells its own."""


def test_t05_bare_sdk_does_not_know_a_429_with_an_odd_header(server):
    server.on(THING, answer(429, headers={"Retry-After": "soon"}))
    client = NexlaClient(service_key="key", base_url=server.url, trace_enabled=False)
    with pytest.raises(NexlaError) as caught:
        client.request("GET", "/things/1")
    assert caught.value.status_code is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "body", "pause"),
    [
        ({"Retry-After": "2"}, None, 2.0),
        ({"Retry-After": "1.5"}, None, 1.5),
        ({"Retry-After": "3600"}, None, LONGEST),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:07 GMT", "Date": NOON}, None, 7.0),
        ({"Retry-After": "Mon, 23 Nov 2026 13:00:00 GMT", "Date": NOON}, None, LONGEST),
        ({"Retry-After": "Mon, 23 Nov 2026 10:00:09 GMT"}, None, 9.0),
        ({}, {"retry_after": 12}, 12.0),
        ({}, {"retry_after": "12"}, 12.0),
    ],
)
async def test_t05_what_the_server_asks_is_waited_and_no_longer_than_the_cap(
    server, connect, clock, headers, body, pause
):
    server.on(THING, answer(429, body, headers=headers), answer(200, {"id": 1}))
    assert (await call(connect())).data == {"id": 1}
    assert clock.sleeps[0] == pytest.approx(pause)


@pytest.mark.anyio
@pytest.mark.parametrize("text", ["soon", "-5", "", "nan", "inf", "2026-11-23T10:00:05Z", "5 s", "1e999"])
async def test_t05_garbage_is_ignored_and_a_429_stays_a_429(server, connect, clock, text):
    assert retry_after({"retry-after": text}, None, START) is None
    server.on(THING, answer(429, headers={"Retry-After": text}))
    info = await failure_of(connect())
    assert info.code is ErrorCode.RATE_LIMITED
    assert info.retryable
    assert server.count(THING) == 5
    assert max(clock.sleeps) <= 8


@pytest.mark.anyio
@pytest.mark.parametrize("status", [413, 500])
async def test_t05_the_header_alone_makes_nothing_repeatable(server, connect, clock, status):
    server.on(THING, answer(status, headers={"Retry-After": "3600"}))
    await failure_of(connect())
    assert server.count(THING) == 1
    assert clock.sleeps == []


@pytest.mark.anyio
async def test_t05_a_wait_beyond_the_deadline_is_not_begun(server, connect, clock):
    server.on(THING, answer(429, headers={"Retry-After": "20"}))
    assert (await failure_of(connect(deadline_seconds=10))).code is ErrorCode.RATE_LIMITED
    assert clock.sleeps == []


@pytest.mark.anyio
async def test_t05_the_rate_falls_with_a_429_and_comes_back(server, connect):
    server.on(THING, answer(429), answer(200, {"id": 1}))
    nexla = connect(requests_per_second=8.0)
    await call(nexla)
    slowed = nexla.rate
    for _ in range(30):
        await call(nexla)
    assert slowed < 8.0
    assert nexla.rate == 8.0
    assert nexla.statistics.throttled == 1


@pytest.mark.anyio
async def test_t05_a_date_beyond_the_calendar_is_no_date_and_harms_no_answer(server, connect):
    beyond = "Fri, 31 Dec 9999 23:59:59 -2359"
    assert http_date(beyond) is None
    server.on(THING, answer(200, {"id": 1}, headers={"Date": beyond}))
    assert (await call(connect())).data == {"id": 1}


def test_t05_a_moment_that_has_passed_is_now():
    assert retry_after({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT"}, None, START) == 0.0


@pytest.mark.parametrize("body", [[], "12", 12, None], ids=repr)
def test_t05_a_body_that_is_no_object_says_nothing(body):
    assert retry_after({}, body, START) is None


@given(st.integers(0, 10**6))
def test_t05_whole_seconds_are_taken_as_they_are_up_to_the_cap(seconds):
    assert retry_after({"retry-after": str(seconds)}, None, START) == min(seconds, LONGEST)


@given(st.one_of(st.text(max_size=60), st.floats().map(str), st.integers().map(str)), st.text(max_size=60))
def test_t05_any_header_gives_nothing_or_a_bounded_pause(text, date):
    pause = retry_after({"retry-after": text, "date": date}, None, START)
    assert pause is None or 0 <= pause <= LONGEST


@settings(max_examples=50)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), st.lists, max_leaves=5)
)
def test_t05_any_body_gives_nothing_or_a_bounded_pause(value):
    pause = retry_after({}, {"retry_after": value}, START)
    assert pause is None or 0 <= pause <= LONGEST
