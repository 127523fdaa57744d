"""T8: the SDK's exceptions lose status, body and request id, or tell them wrong.

Ours are made from the recorded facts: one error, with one code for each meaning.
"""

from __future__ import annotations

import pytest
from nexla_sdk import NexlaClient
from nexla_sdk.exceptions import NotFoundError, ServerError

from nexla_mcp.domain.errors import ErrorCode
from tests.adapter.operations import CREATE, EVERY, READ, failure_of, wire_name
from tests.adapter.scripted_server import answer, reset

pytestmark = pytest.mark.anyio
THING = wire_name(READ)


def test_t08_bare_sdk_calls_a_422_a_server_error_and_loses_a_404(server):
    server.on(THING, answer(422, {"message": "bad"}), answer(404, {"message": "gone since May"}))
    client = NexlaClient(service_key="key", base_url=server.url, trace_enabled=False)
    with pytest.raises(ServerError):
        client.request("GET", "/things/1")
    with pytest.raises(NotFoundError) as caught:
        client.request("GET", "/things/1")
    assert caught.value.status_code is None


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (302, ErrorCode.UPSTREAM_ERROR),
        (400, ErrorCode.BAD_INPUT),
        (401, ErrorCode.AUTH_FAILED),
        (402, ErrorCode.BAD_INPUT),
        (403, ErrorCode.FORBIDDEN),
        (404, ErrorCode.NOT_FOUND),
        (405, ErrorCode.BAD_INPUT),
        (409, ErrorCode.CONFLICT),
        (413, ErrorCode.BAD_INPUT),
        (422, ErrorCode.BAD_INPUT),
        (423, ErrorCode.BAD_INPUT),
        (429, ErrorCode.RATE_LIMITED),
        (500, ErrorCode.UPSTREAM_ERROR),
        (501, ErrorCode.UNSUPPORTED),
        (502, ErrorCode.UPSTREAM_ERROR),
        (503, ErrorCode.UPSTREAM_ERROR),
        (520, ErrorCode.UPSTREAM_ERROR),
    ],
)
async def test_t08_a_status_has_one_meaning(server, connect, status, code):
    server.on(THING, answer(status, {"message": "as Nexla words it"}, headers={"x-request-id": "r-77"}))
    info = await failure_of(connect())
    assert info.code is code
    assert info.request_id == "r-77"
    assert "as Nexla words it" in info.message
    assert info.hint
    assert not info.maybe_applied


@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.name)
async def test_t08_an_error_of_the_platform_leaves_a_write_in_doubt(server, connect, endpoint):
    server.on(wire_name(endpoint), answer(500, {"message": "boom"}))
    info = await failure_of(connect(), endpoint)
    assert info.maybe_applied is (endpoint is not READ)
    assert server.count(wire_name(endpoint)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{broken",
        b"null",
        b"7",
        b"true",
        b'"text"',
        b"{}",
        b"[]",
        b"[1]",
        b'["first", "second"]',
        b'{"errors": [{}]}',
        b'{"errors": {"a": ["b"]}}',
    ],
    ids=bytes.decode,
)
async def test_t08_no_body_of_an_error_hides_its_status(server, connect, body):
    server.on(THING, answer(403, body))
    assert (await failure_of(connect())).code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_t08_a_page_keeps_the_status_and_is_not_quoted(server, connect, kind):
    server.on(THING, answer(403, b"<html>{broken", content_type=kind))
    info = await failure_of(connect())
    assert info.code is ErrorCode.FORBIDDEN
    assert "html" not in info.message


@pytest.mark.parametrize(
    "body",
    [
        {"message": "name is taken"},
        {"error": "name is taken"},
        {"error": "VAL", "error_description": "name is taken"},
        {"error": {"message": "name is taken"}},
        {"errors": ["name is taken"]},
        {"errors": [{"message": "name is taken"}]},
        ["name is taken"],
    ],
    ids=str,
)
async def test_t08_every_known_form_of_message_is_read(server, connect, body):
    server.on(wire_name(CREATE), answer(422, body))
    assert "name is taken" in (await failure_of(connect(), CREATE)).message


async def test_t08_a_network_failure_is_told_apart(server, connect):
    server.on(THING, reset)
    assert (await failure_of(connect())).code is ErrorCode.UNREACHABLE


async def test_t08_a_body_that_json_cannot_carry_is_the_callers_fault(server, connect):
    server.on(wire_name(CREATE), answer(200, {}))
    assert (await failure_of(connect(), CREATE, body={"a": float("nan")})).code is ErrorCode.BAD_INPUT
