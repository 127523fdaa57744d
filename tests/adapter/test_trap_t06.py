"""T6: what the SDK says of a 401 depends on the login.

Ours is one error. A 401 means that nothing was done, so even a write is sent once more with a new token.
"""

from __future__ import annotations

import pytest
from nexla_sdk import NexlaClient
from nexla_sdk.exceptions import AuthenticationError
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.operations import CREATE, EVERY, READ, call, failure_of, wire_name
from tests.adapter.scripted_server import answer

pytestmark = pytest.mark.anyio
LOGIN = "POST /token"
SHORT_LIVED = answer(200, {"access_token": "t-1", "expires_in": 3600})
KEY = SecretStr("key-1234567890")


def test_t06_bare_sdk_hides_the_status_of_a_401(server):
    server.on(wire_name(READ), answer(401))
    client = NexlaClient(access_token="t", base_url=server.url, trace_enabled=False)
    with pytest.raises(AuthenticationError) as caught:
        client.request("GET", "/things/1")
    assert caught.value.status_code is None


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.name)
async def test_t06_a_service_key_logs_in_again_and_repeats_once(server, connect, endpoint):
    server.on(wire_name(endpoint), answer(401), answer(200, {"id": 1}))
    assert (await call(connect(), endpoint, body={"a": 1})).data == {"id": 1}
    assert server.count(LOGIN) == 2
    assert [hit.json for hit in server.hits if hit.path != "/token"] == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.name)
async def test_t06_a_second_401_ends_it(server, connect, endpoint):
    server.on(wire_name(endpoint), answer(401, headers={"X-Request-Id": "r-1"}))
    info = await failure_of(connect(), endpoint)
    assert info.code is ErrorCode.AUTH_FAILED
    assert not info.maybe_applied
    assert info.request_id == "r-1"
    assert server.count(wire_name(endpoint)) == 2


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.name)
async def test_t06_an_access_token_is_never_renewed(server, connect, endpoint):
    server.on(wire_name(endpoint), answer(401))
    info = await failure_of(connect(access_token=SecretStr("mine-12345")), endpoint)
    assert info.code is ErrorCode.AUTH_FAILED
    assert "token" in (info.hint or "")
    assert server.count(LOGIN) == 0
    assert server.count(wire_name(endpoint)) == 1


async def test_t06_a_key_revoked_meanwhile_is_a_refused_login(server, connect):
    server.on(wire_name(READ), answer(200, {}), answer(401))
    server.on(LOGIN, SHORT_LIVED, answer(401))
    nexla = connect()
    await call(nexla)
    info = await failure_of(nexla)
    assert info.code is ErrorCode.AUTH_FAILED
    assert "logging in" in info.message


async def test_t06_a_write_whose_second_login_fails_was_not_carried_out(server, connect):
    server.on(wire_name(CREATE), answer(401))
    server.on(LOGIN, SHORT_LIVED, answer(500, {"message": "down"}))
    info = await failure_of(connect(), CREATE)
    assert not info.maybe_applied


@pytest.mark.parametrize(
    ("login", "variable"),
    [
        ({}, "NEXLA_SERVICE_KEY"),
        ({"service_key": SecretStr(" ")}, "NEXLA_SERVICE_KEY"),
        ({"service_key": KEY, "access_token": KEY}, "NEXLA_ACCESS_TOKEN"),
    ],
    ids=["none", "blank", "two"],
)
def test_t06_exactly_one_login_is_needed(login, variable):
    with pytest.raises(Failure) as caught:
        Connection(**login)
    assert caught.value.info.code is ErrorCode.NOT_CONFIGURED
    assert variable in caught.value.info.message
