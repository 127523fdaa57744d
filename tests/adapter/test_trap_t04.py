"""T4: the SDK has no total deadline. Ours ends a call, and the thread under it, when its time is over."""

from __future__ import annotations

import anyio
import pytest

from nexla_mcp.domain.clock import SystemClock
from nexla_mcp.domain.errors import ErrorCode
from tests.adapter.operations import CREATE, READ, WRITES, call, failure_of, until, wire_name
from tests.adapter.scripted_server import Hit, Wire, answer

pytestmark = pytest.mark.anyio
THING = wire_name(READ)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def in_body(server):
    def script(hit: Hit, wire: Wire) -> None:
        wire.send(HEAD + b"Content-Length: 4000\r\n\r\n")
        server.drip(b" " * 4000, 0.02)(hit, wire)

    return script


def in_header(server):
    return server.drip(HEAD + b"X-Filler: " + b"x" * 4000, 0.02)


def silence(server):
    return server.hang


@pytest.fixture
def timed(connect):
    """An adapter on the real clock with a short deadline."""

    def make(**settings):
        nexla = connect(**{"deadline_seconds": 0.5, "read_seconds": 5, **settings})
        nexla.clock = SystemClock()
        return nexla

    return make


async def threads_end(nexla):
    await until(lambda: not nexla._threads.borrowed_tokens)


@pytest.mark.parametrize("trickle", [silence, in_header, in_body])
async def test_t04_the_deadline_ends_call_and_thread(server, timed, trickle):
    server.on(THING, trickle(server))
    nexla = timed()
    with anyio.fail_after(10):
        info = await failure_of(nexla)
    assert info.code is ErrorCode.TIMEOUT
    await threads_end(nexla)


async def test_t04_a_trickling_login_is_ended_too(server, timed):
    server.on("POST /token", in_body(server))
    nexla = timed()
    with anyio.fail_after(10):
        info = await failure_of(nexla)
    assert info.code is ErrorCode.TIMEOUT
    assert server.count(THING) == 0
    await threads_end(nexla)


async def test_t04_calls_that_wait_for_a_thread_end_in_time(server, timed):
    server.on(THING, server.hang)
    nexla = timed(workers=1)
    codes = []

    async def one():
        codes.append((await failure_of(nexla)).code)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(one)
    assert codes == [ErrorCode.TIMEOUT] * 4


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda endpoint: endpoint.name)
async def test_t04_an_overdue_write_may_have_been_applied(server, timed, endpoint):
    server.on(wire_name(endpoint), server.hang)
    nexla = timed()
    with anyio.fail_after(10):
        info = await failure_of(nexla, endpoint)
    assert info.code is ErrorCode.MAYBE_APPLIED
    await threads_end(nexla)
    assert server.count(wire_name(endpoint)) == 1


async def test_t04_one_silence_is_shorter_than_the_deadline(server, connect):
    server.on(THING, server.hang, answer(200, {"id": 1}))
    assert (await call(connect(read_seconds=0.2))).attempts == 2


async def test_t04_a_cancelled_read_lets_go_of_its_thread(server, timed):
    server.on(THING, server.hang)
    nexla = timed(deadline_seconds=60, read_seconds=60)
    async with anyio.create_task_group() as group:
        group.start_soon(call, nexla)
        await until(lambda: server.count(THING))
        group.cancel_scope.cancel()
    await threads_end(nexla)


async def test_t04_a_cancelled_write_is_seen_through(server, timed):
    outcome = []

    def slow(hit: Hit, wire: Wire) -> None:
        server.ending.wait(0.3)
        answer(200, {"id": 9})(hit, wire)

    server.on(wire_name(CREATE), slow)
    nexla = timed(deadline_seconds=10, read_seconds=10)

    async def write():
        outcome.append((await call(nexla, CREATE)).data)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(write)
            await until(lambda: server.count(wire_name(CREATE)))
            group.cancel_scope.cancel()
    assert outcome == [{"id": 9}]


async def test_t04_repeats_stay_within_the_deadline(server, connect, clock):
    server.on(THING, answer(503))
    await failure_of(connect(deadline_seconds=4))
    assert clock.elapsed <= 4


async def test_t04_the_wait_for_the_limiter_counts(server, connect, clock):
    server.on(THING, answer(200, {}))
    nexla = connect(requests_per_second=0.1, deadline_seconds=5)
    await call(nexla)
    before = clock.elapsed
    await failure_of(nexla)
    assert clock.elapsed - before <= 5
