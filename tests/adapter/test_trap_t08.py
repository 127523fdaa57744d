"""T8: the SDK's exceptions lose the status or tell it wrong. Ours is one error with one code a meaning."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nexla_sdk import NexlaClient
from nexla_sdk.exceptions import NotFoundError, ServerError

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.scripted_server import ScriptedServer, answer, reset

pytestmark = pytest.mark.anyio
READ = Endpoint("read_it", "GET", "/it", Repeatable.READ)


def test_t08_the_sdk_calls_a_422_a_server_error_and_loses_a_404(server: ScriptedServer) -> None:
    server.on("GET /it", answer(422, {"message": "bad"}))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    with pytest.raises(ServerError):
        client.request("GET", "/it")
    server.on("GET /it", answer(404, {"message": "gone"}))
    with pytest.raises(NotFoundError) as caught:
        client.request("GET", "/it")
    assert caught.value.status_code is None


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (302, ErrorCode.UPSTREAM_ERROR),
        (400, ErrorCode.BAD_INPUT),
        (401, ErrorCode.AUTH_FAILED),
        (403, ErrorCode.FORBIDDEN),
        (404, ErrorCode.NOT_FOUND),
        (409, ErrorCode.CONFLICT),
        (413, ErrorCode.BAD_INPUT),
        (422, ErrorCode.BAD_INPUT),
        (429, ErrorCode.RATE_LIMITED),
        (500, ErrorCode.UPSTREAM_ERROR),
        (501, ErrorCode.UNSUPPORTED),
        (503, ErrorCode.UPSTREAM_ERROR),
    ],
)
async def test_t08_a_code_for_each_status(
    server: ScriptedServer, connect: Callable[..., Nexla], status: int, code: ErrorCode
) -> None:
    server.on("GET /it", answer(status, {"message": "what the server says"}, headers={"x-request-id": "abc"}))
    with pytest.raises(Failure) as caught:
        await connect().call(READ)
    info = caught.value.info
    assert info.code is code
    assert "what the server says" in info.message
    assert info.request_id == "abc"
    assert info.hint


@pytest.mark.parametrize(
    "body", [b"", b"<html>no</html>", b"{broken", b"null", b"5", b"true", b'"text"', b"[]", b"[1]", b'{"errors": [{}]}']
)
async def test_t08_no_error_body_hides_its_status(
    server: ScriptedServer, connect: Callable[..., Nexla], body: bytes
) -> None:
    server.on("GET /it", answer(403, body))
    with pytest.raises(Failure) as caught:
        await connect().call(READ)
    assert caught.value.info.code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize(
    "body",
    [
        {"message": "because"},
        {"error": "because"},
        {"error_description": "because", "error": "Forbidden"},
        {"errors": ["because"]},
        {"errors": [{"message": "because"}]},
        {"error": {"message": "because"}},
    ],
)
async def test_t08_the_servers_sentence_is_found_in_every_envelope(
    server: ScriptedServer, connect: Callable[..., Nexla], body: dict
) -> None:
    server.on("GET /it", answer(403, body))
    with pytest.raises(Failure) as caught:
        await connect().call(READ)
    assert "because" in caught.value.info.message


async def test_t08_a_network_failure_is_told_apart(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    server.on("GET /it", reset)
    with pytest.raises(Failure) as caught:
        await connect().call(READ)
    assert caught.value.info.code is ErrorCode.UNREACHABLE


async def test_t08_the_circuit_opens_and_closes(
    server: ScriptedServer, connect: Callable[..., Nexla], clock: object
) -> None:
    server.on("GET /it", answer(503))
    nexla = connect()
    for _ in range(2):
        with pytest.raises(Failure):
            await nexla.call(READ)
    hits = server.count("GET /it")
    with pytest.raises(Failure) as caught:
        await nexla.call(READ)
    assert server.count("GET /it") == hits
    assert "was not sent" in caught.value.info.message
    server.on("GET /it", answer(200, []))
    clock.elapsed += 60  # type: ignore[attr-defined]
    assert (await nexla.call(READ)).data == []
    assert (await nexla.call(READ)).data == []
