"""T5: a server's Retry-After can put the SDK to sleep for hours. Ours reads every form of it, and caps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.retry_after import LONGEST, retry_after
from tests.adapter.conftest import START, FakeClock
from tests.adapter.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.anyio
READ = Endpoint("read_it", "GET", "/it", Repeatable.READ)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("3600", LONGEST),
        ("86400", LONGEST),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (format_datetime(START + timedelta(seconds=12), usegmt=True), 12.0),
        (format_datetime(START + timedelta(hours=1), usegmt=True), LONGEST),
        (format_datetime(START - timedelta(hours=1), usegmt=True), 0.0),
        ("2026-11-23T10:00:00Z", None),
    ],
)
def test_t05_every_form(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text} if text else {}, None, START) == seconds


def test_t05_a_date_is_taken_by_the_servers_own_clock() -> None:
    server_now = START + timedelta(days=3)
    headers = {
        "date": format_datetime(server_now, usegmt=True),
        "retry-after": format_datetime(server_now + timedelta(seconds=7), usegmt=True),
    }
    assert retry_after(headers, None, START) == 7.0


@pytest.mark.parametrize(("body", "seconds"), [({"retry_after": 12}, 12.0), ({"retry_after": "12"}, 12.0), ([], None)])
def test_t05_the_body_may_say_it(body: object, seconds: float | None) -> None:
    assert retry_after({}, body, START) == seconds


@given(st.text(max_size=60), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers())))
def test_t05_whatever_comes_the_wait_is_bounded(text: str, said: object) -> None:
    seconds = retry_after({"retry-after": text}, {"retry_after": said}, START)
    assert seconds is None or 0 <= seconds <= LONGEST


@pytest.mark.parametrize("text", ["3600", "86400", "soon", "-5", "1.5"])
async def test_t05_a_call_is_repeated_soon_all_the_same(
    server: ScriptedServer, connect: Callable[..., Nexla], clock: FakeClock, text: str
) -> None:
    server.on("GET /it", answer(429, headers={"Retry-After": text}), answer(200, []))
    assert (await connect().call(READ)).data == []
    assert clock.elapsed <= LONGEST + 1


async def test_t05_the_rate_halves_and_comes_back(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    server.on("GET /it", answer(429), answer(200, []))
    nexla = connect(requests_per_second=8.0)
    await nexla.call(READ)
    slowed = nexla.rate
    for _ in range(30):
        await nexla.call(READ)
    assert slowed < 8.0
    assert nexla.rate == 8.0
    assert nexla.statistics.throttled == 1
