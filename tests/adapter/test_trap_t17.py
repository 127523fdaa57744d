"""T17: the SDK takes a login page for a success and inflates any bomb.

With ours no page, broken or truncated JSON, bomb or NaN passes for a success.
"""

from __future__ import annotations

import gzip
import json
import tracemalloc
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.body import UnreadableBodyError, depth_of, is_json, parse_json
from nexla_mcp.domain.errors import ErrorCode
from tests.adapter.operations import CREATE, READ, WRITES, call, failure_of, wire_name
from tests.adapter.scripted_server import Hit, Wire, answer, closing

THING = wire_name(READ)
PAGE = b"<html><body>Sign in, please</body></html>"
MIB = 1024 * 1024

anyio_test = pytest.mark.anyio


def raw(head: str, body: bytes):
    def script(_: Hit, wire: Wire) -> None:
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{head}\r\n\r\n".encode() + body)

    return closing(script)


def test_t17_bare_sdk_takes_a_login_page_for_a_success(server):
    server.on("DELETE /things/1", answer(200, PAGE, content_type="text/html"))
    client = NexlaClient(service_key="key", base_url=server.url, trace_enabled=False)
    assert client.request("DELETE", "/things/1") == {"raw_text": PAGE.decode(), "status_code": 200}


UNREADABLE = {
    "a page": answer(200, PAGE, content_type="text/html"),
    "JSON called text": answer(200, b'{"a": 1}', content_type="text/plain"),
    "no type": answer(200, b'{"a": 1}', content_type=""),
    "a page called JSON": answer(200, PAGE),
    "broken": answer(200, b'{"a": '),
    "two values": answer(200, b"{} {}"),
    "NaN": answer(200, b'{"a": NaN}'),
    "Infinity": answer(200, b"[-Infinity]"),
    "nested": answer(200, b"[" * 100_000 + b"]" * 100_000),
    "101 levels": answer(200, b"[" * 101 + b"]" * 101),
    "open brackets": answer(200, b"[" * 100_000),
    "no UTF-8": answer(200, b'{"a": "\xff"}'),
    "no gzip": answer(200, b"\x1f\x8bnothing", headers={"Content-Encoding": "gzip"}),
    "text called gzip": answer(200, b'{"a": 1}', headers={"Content-Encoding": "gzip"}),
    "too long": answer(200, b'"' + b"a" * 4096 + b'"'),
    "no length, cut": raw("Connection: close", b'{"a": 1, "b"'),
}


@anyio_test
@pytest.mark.parametrize("name", UNREADABLE)
async def test_t17_an_unusable_answer_is_a_failure_and_of_a_write_maybe_applied(server, connect, name):
    limits = {"max_body_bytes": 4096} if name == "too long" else {}
    server.on(THING, UNREADABLE[name])
    server.on(wire_name(CREATE), UNREADABLE[name])
    info = await failure_of(connect(**limits))
    assert info.code is ErrorCode.UNREADABLE_ANSWER
    assert "Sign in" not in info.message
    assert server.count(THING) == 1
    assert (await failure_of(connect(**limits), CREATE)).maybe_applied


@anyio_test
@pytest.mark.parametrize("endpoint", WRITES, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("name", ["a page", "broken", "no gzip"])
async def test_t17_an_unusable_answer_to_a_write_leaves_it_in_doubt(server, connect, endpoint, name):
    server.on(wire_name(endpoint), UNREADABLE[name])
    assert (await failure_of(connect(), endpoint)).code is ErrorCode.MAYBE_APPLIED
    assert server.count(wire_name(endpoint)) == 1


TRUNCATED = {
    "shorter than its length": raw("Content-Length: 50", b'{"a": 1}'),
    "chunk cut": raw("Transfer-Encoding: chunked", b'20\r\n{"a": 1}'),
    "no last chunk": raw("Transfer-Encoding: chunked", b'8\r\n{"a": 1}\r\n'),
    "no chunks": raw("Transfer-Encoding: chunked", b'{"a": 1}'),
}


@anyio_test
@pytest.mark.parametrize("name", TRUNCATED)
async def test_t17_a_truncated_answer_is_never_taken_for_whole(server, connect, name):
    server.on(THING, TRUNCATED[name], answer(200, {"whole": True}))
    assert (await call(connect())).data == {"whole": True}
    server.on(wire_name(CREATE), TRUNCATED[name])
    assert (await failure_of(connect(), CREATE)).maybe_applied


@anyio_test
@pytest.mark.parametrize(
    ("script", "data"),
    [
        (answer(204), None),
        (answer(200), None),
        (answer(200, b"", content_type="text/html"), None),
        (answer(200, b"  \n"), None),
        (answer(200, b"null"), None),
        (answer(202, {"request_id": 5, "status": "pending"}), {"request_id": 5, "status": "pending"}),
        (answer(200, b"\xef\xbb\xbf[1]"), [1]),
        (answer(200, [1], content_type="application/vnd.nexla.api.v1+json; charset=utf-8"), [1]),
        (answer(200, [1], content_type="TEXT/JSON"), [1]),
        (answer(200, b"[" * 100 + b"]" * 100, content_type="application/json"), ...),
        (answer(200, gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"}), {"a": 1}),
        (raw("Transfer-Encoding: chunked", b'4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n'), {"a": 1}),
        (answer(200, b'{"text": "' + b"[" * 500 + b'"}'), {"text": "[" * 500}),
    ],
)
async def test_t17_what_is_usable_is_used(server, connect, script, data):
    server.on(THING, script)
    got = (await call(connect())).data
    assert data is ... or got == data


@anyio_test
async def test_t17_headers_come_in_lower_case(server, connect):
    server.on(THING, answer(200, [], headers={"X-Total-Count": "7", "X-Request-Id": "r-5"}))
    got = await call(connect())
    assert got.headers["x-total-count"] == "7"
    assert got.request_id == "r-5"
    assert got.status == 200


@cache
def bomb() -> bytes:
    """Inflates to 32 MiB, a thousand times its length."""
    return gzip.compress(b"[" + b" " * (32 * MIB) + b"]", mtime=0)


@anyio_test
@pytest.mark.parametrize("endpoint", [READ, CREATE], ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("status", [200, 302, 400, 500])
async def test_t17_a_bomb_fills_no_memory(server, connect, endpoint, status):
    server.on(
        wire_name(endpoint), answer(status, bomb(), headers={"Content-Encoding": "gzip", "Location": "/elsewhere"})
    )
    nexla = connect(max_body_bytes=MIB // 16)
    tracemalloc.start()
    try:
        await failure_of(nexla, endpoint)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * MIB


@anyio_test
async def test_t17_a_bad_gateway_with_a_page_stays_a_bad_gateway(server, connect):
    server.on(THING, answer(502, PAGE, content_type="text/html"))
    info = await failure_of(connect())
    assert info.code is ErrorCode.UPSTREAM_ERROR
    assert "Sign in" not in info.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def levels(value):
    if isinstance(value, (list, dict)):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max((levels(item) for item in inner), default=0)
    return 0


@settings(max_examples=50)
@given(JSON)
def test_t17_every_json_value_is_read_as_it_is(value):
    text = json.dumps(value)
    assert parse_json(text.encode(), 100) == value
    assert depth_of(text) == levels(value)


@given(st.text())
def test_t17_a_content_type_is_json_or_not(text):
    assert is_json(text) in {True, False}


def test_t17_numbers_beyond_a_float_are_refused():
    with pytest.raises(UnreadableBodyError):
        parse_json(b"[1e999]", 100)


def test_t17_an_open_string_is_scanned_once():
    # Brackets inside it count only if the scan went back into the string after its end was not found.
    assert depth_of('"' + '\\"[' * 50) == 0
