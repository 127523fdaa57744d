"""T1: the SDK fetches a one-hour token anew for every call, and takes any body for a token."""

from __future__ import annotations

from typing import Any

import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.domain.errors import ErrorCode
from tests.adapter.operations import READ, call, failure_of, wire_name
from tests.adapter.scripted_server import TOKEN, answer

pytestmark = pytest.mark.anyio
THING = wire_name(READ)
LOGIN = "POST /token"


def test_t01_bare_sdk_logs_in_for_every_call(server):
    server.on(LOGIN, answer(200, {**TOKEN, "expires_in": 3600})).on(THING, answer(200, {}))
    client = NexlaClient(service_key="key", base_url=server.url, trace_enabled=False)
    for _ in range(3):
        client.request("GET", "/things/1")
    assert server.count(LOGIN) == 3


async def test_t01_one_login_serves_many_calls(server, connect):
    server.on(LOGIN, answer(200, {**TOKEN, "expires_in": 3600})).on(THING, answer(200, {}))
    nexla = connect()
    for _ in range(10):
        await call(nexla)
    assert server.count(LOGIN) == 1
    assert nexla.statistics.token_fetches == 1


@pytest.mark.parametrize(("lifetime", "fresh_until"), [(3600, 3480), (40, 30), (86400, 86280)])
async def test_t01_a_token_is_renewed_shortly_before_its_end(server, connect, clock, lifetime, fresh_until):
    server.on(LOGIN, answer(200, {**TOKEN, "expires_in": lifetime})).on(THING, answer(200, {}))
    nexla = connect()
    await call(nexla)
    clock.elapsed = fresh_until - 1
    await call(nexla)
    assert server.count(LOGIN) == 1
    clock.elapsed = fresh_until + 1
    await call(nexla)
    assert server.count(LOGIN) == 2


@pytest.mark.parametrize("lifetime", ["3600", "3600.5", None, "soon", "", -5, 0, True, [], {}])
async def test_t01_an_odd_lifetime_is_no_failure(server, connect, lifetime):
    server.on(LOGIN, answer(200, {**TOKEN, "expires_in": lifetime})).on(THING, answer(200, {"id": 1}))
    nexla = connect()
    for _ in range(3):
        assert (await call(nexla)).data == {"id": 1}
    assert server.count(LOGIN) == 1


async def test_t01_no_lifetime_is_taken_for_an_hour(server, connect, clock):
    server.on(LOGIN, answer(200, {"access_token": "t-1"})).on(THING, answer(200, {}))
    nexla = connect()
    await call(nexla)
    clock.elapsed = 3481
    await call(nexla)
    assert server.count(LOGIN) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "  "},
        {"access_token": 5},
        {"access_token": "a\r\nX: b"},
        {"access_token": "tökén"},
        [],
        "text",
        7,
        None,
    ],
)
async def test_t01_never_bearer_none(server, connect, body: Any):
    server.on(LOGIN, answer(200, body)).on(THING, answer(200, {}))
    info = await failure_of(connect())
    assert info.code is ErrorCode.UNREADABLE_ANSWER
    assert server.count(THING) == 0


async def test_t01_a_login_page_is_no_token(server, connect):
    server.on(LOGIN, answer(200, b"<html>Please log in</html>", content_type="text/html"))
    info = await failure_of(connect())
    assert info.code is ErrorCode.UNREADABLE_ANSWER
    assert "html" not in info.message
    assert server.count(THING) == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_t01_a_refused_key_is_a_refused_login(server, connect, status):
    server.on(LOGIN, answer(status, {"message": "no"}))
    info = await failure_of(connect())
    assert info.code is ErrorCode.AUTH_FAILED
    assert not info.retryable
    assert server.count(LOGIN) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_t01_a_login_is_tried_again_as_a_read_is(server, connect, status):
    server.on(LOGIN, answer(status), answer(200, TOKEN)).on(THING, answer(200, {"id": 1}))
    assert (await call(connect())).data == {"id": 1}
    assert server.count(LOGIN) == 2


async def test_t01_a_lifetime_in_strange_digits_is_no_failure(server, connect):
    server.on(LOGIN, answer(200, {**TOKEN, "expires_in": "²"})).on(THING, answer(200, {"id": 1}))
    assert (await call(connect())).data == {"id": 1}
