"""T6: what the SDK says of a 401 depends on the login. Ours is one error, and a repeat only where it can help."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]


@pytest.mark.parametrize("repeatable", list(Repeatable))
async def test_t06_after_a_401_a_call_is_made_once_more(
    server: ScriptedServer, connect: Connect, repeatable: Repeatable
) -> None:
    """Of writes too: a 401 means that nothing was done."""
    server.on("POST /it", answer(401), answer(200, {"id": 1}))
    reply = await connect().call(Endpoint("it", "POST", "/it", repeatable), body={"a": 1})
    assert reply.data == {"id": 1}
    assert [hit.json for hit in server.hits if hit.path == "/it"] == [{"a": 1}, {"a": 1}]
    assert server.count("POST /token") == 2


async def test_t06_a_direct_token_is_not_renewed(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /it", answer(401))
    with pytest.raises(Failure) as caught:
        await connect(access_token=SecretStr("token-0")).call(Endpoint("it", "GET", "/it", Repeatable.READ))
    assert caught.value.info.code is ErrorCode.AUTH_FAILED
    assert server.count("POST /token") == 0


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({}, "NEXLA_SERVICE_KEY"),
        ({"service_key": SecretStr(" ")}, "NEXLA_SERVICE_KEY"),
        ({"service_key": SecretStr("a"), "access_token": SecretStr("b")}, "NEXLA_ACCESS_TOKEN"),
        ({"service_key": SecretStr("line\nbreak")}, "NEXLA_SERVICE_KEY"),
        ({"service_key": SecretStr("a"), "api_url": "http://nexla.example"}, "NEXLA_API_URL"),
        ({"service_key": SecretStr("a"), "api_url": "https://user:pw@nexla.example"}, "NEXLA_API_URL"),
        ({"service_key": SecretStr("a"), "api_url": "https://nexla.example?a=b"}, "NEXLA_API_URL"),
        ({"service_key": SecretStr("a"), "api_url": "ftp://nexla.example"}, "NEXLA_API_URL"),
        ({"service_key": SecretStr("a"), "api_url": "nexla"}, "NEXLA_API_URL"),
        ({"service_key": SecretStr("a"), "api_url": "https://nexla.example:port"}, "NEXLA_API_URL"),
    ],
)
def test_t06_what_is_wrong_with_the_login_is_named_by_its_variable(settings: dict, variable: str) -> None:
    with pytest.raises(Failure) as caught:
        Connection(**settings)
    info = caught.value.info
    assert info.code is ErrorCode.NOT_CONFIGURED
    assert variable in info.message
    assert "pw" not in f"{info}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/api", "http://[::1]:8000"])
def test_t06_plain_http_is_for_this_machine_only(url: str) -> None:
    assert Connection(api_url=url, service_key=SecretStr("a")).api_url == url
