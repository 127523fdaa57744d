"""T2: the SDK repeats writes. Ours repeats what is declared repeatable, and says when the outcome is unknown."""

from __future__ import annotations

import socket

import pytest
from nexla_sdk import NexlaClient
from nexla_sdk.exceptions import NexlaError
from nexla_sdk.http_client import RequestsHttpClient

from nexla_mcp.domain.errors import ErrorCode
from tests.adapter.operations import CREATE, DELETE, EVERY, NEVER, PUT, READ, WRITES, call, failure_of, wire_name
from tests.adapter.scripted_server import answer, closing, reset, silent

pytestmark = pytest.mark.anyio
GATEWAY = [502, 503, 504]


def by_name(endpoint):
    return endpoint.name


def test_t02_bare_sdk_posts_four_times(server):
    server.on(wire_name(CREATE), answer(503))
    client = NexlaClient(
        service_key="key", base_url=server.url, trace_enabled=False, http_client=RequestsHttpClient(backoff_factor=0)
    )
    with pytest.raises(NexlaError):
        client.request("POST", "/things", json={})
    assert server.count(wire_name(CREATE)) == 4


@pytest.mark.parametrize("endpoint", WRITES, ids=by_name)
@pytest.mark.parametrize("fault", [*(answer(status) for status in GATEWAY), closing(reset), silent])
async def test_t02_a_write_of_unknown_outcome_is_sent_once_and_reported(server, connect, endpoint, fault):
    server.on(wire_name(endpoint), fault, answer(200, {"id": 2}))
    info = await failure_of(connect(), endpoint)
    assert info.code is ErrorCode.MAYBE_APPLIED
    assert info.maybe_applied
    assert info.hint
    assert server.count(wire_name(endpoint)) == 1


@pytest.mark.parametrize("fault", [*(answer(status) for status in GATEWAY), reset, silent])
async def test_t02_a_read_is_repeated(server, connect, fault):
    server.on(wire_name(READ), fault, fault, answer(200, {"id": 1}))
    got = await call(connect())
    assert got.data == {"id": 1}
    assert got.attempts == 3


@pytest.mark.parametrize("endpoint", EVERY, ids=by_name)
async def test_t02_throttled_means_not_done_so_everything_is_repeated(server, connect, endpoint):
    server.on(wire_name(endpoint), answer(429), answer(200, {"id": 1}))
    assert (await call(connect(), endpoint)).attempts == 2


@pytest.mark.parametrize("endpoint", EVERY, ids=by_name)
async def test_t02_refused_connections_are_known_to_have_done_nothing(connect, clock, endpoint):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    info = await failure_of(connect(api_url=f"http://127.0.0.1:{port}"), endpoint)
    assert info.code is ErrorCode.UNREACHABLE
    assert not info.maybe_applied
    # `never` is repeated on 429 only; the others wait between five attempts.
    assert bool(clock.sleeps) is (endpoint is not NEVER)
    assert ("Nothing was changed" in info.message) is (endpoint is not READ)


async def test_t02_attempts_end(server, connect):
    server.on(wire_name(READ), answer(503))
    info = await failure_of(connect())
    assert info.code is ErrorCode.UPSTREAM_ERROR
    assert info.retryable
    assert server.count(wire_name(READ)) == 5


@pytest.mark.parametrize("endpoint", WRITES, ids=by_name)
@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
async def test_t02_a_refused_write_is_not_repeated_nor_in_doubt(server, connect, endpoint, status):
    server.on(wire_name(endpoint), answer(status, {"message": "no"}))
    assert not (await failure_of(connect(), endpoint)).maybe_applied
    assert server.count(wire_name(endpoint)) == 1


@pytest.mark.parametrize("unchanged", [True, False])
async def test_t02_an_idempotent_write_is_repeated_only_if_all_is_as_before(server, connect, unchanged):
    server.on(wire_name(PUT), reset, answer(200, {"id": 1}))
    looks = []

    async def look() -> bool:
        looks.append(server.count(wire_name(PUT)))
        return unchanged

    if unchanged:
        assert (await call(connect(), PUT, unchanged=look)).data == {"id": 1}
    else:
        assert (await failure_of(connect(), PUT, unchanged=look)).code is ErrorCode.MAYBE_APPLIED
    assert looks == [1]
    assert server.count(wire_name(PUT)) == (2 if unchanged else 1)


async def test_t02_a_repeated_delete_that_finds_nothing_is_done(server, connect):
    server.on(wire_name(DELETE), reset, answer(404, {"message": "not found"}))

    async def still_there() -> bool:
        return True

    assert (await call(connect(), DELETE, unchanged=still_there)).attempts == 2


async def test_t02_a_first_delete_that_finds_nothing_is_not_found(server, connect):
    server.on(wire_name(DELETE), answer(404))
    assert (await failure_of(connect(), DELETE)).code is ErrorCode.NOT_FOUND


async def test_t02_a_repeat_after_an_unknown_outcome_stays_in_doubt(server, connect):
    server.on(wire_name(PUT), reset, answer(409, {"message": "conflict"}))

    async def look() -> bool:
        return True

    assert (await failure_of(connect(), PUT, unchanged=look)).maybe_applied
