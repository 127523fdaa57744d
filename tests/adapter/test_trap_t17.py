"""T17: the SDK takes a login page for success and inflates any bomb. Ours takes bounded, strict JSON."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.body import depth_of
from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.scripted_server import Hit, ScriptedServer, Wire, answer

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]
READ = Endpoint("read_it", "GET", "/it", Repeatable.READ)
WRITE = Endpoint("write_it", "POST", "/it", Repeatable.CREATE)
MEGABYTE = 1024 * 1024


def truncated(_: Hit, wire: Wire) -> None:
    wire.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a": ')
    wire.close()


def test_t17_the_sdk_takes_a_login_page_for_a_success(server: ScriptedServer) -> None:
    server.on("DELETE /it", answer(200, b"<html>log in</html>", content_type="text/html"))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    assert client.request("DELETE", "/it") == {"raw_text": "<html>log in</html>", "status_code": 200}


UNREADABLE = {
    "html": answer(200, b"<html>log in</html>", content_type="text/html"),
    "json as text": answer(200, b"{}", content_type="text/plain"),
    "broken": answer(200, b'{"a":'),
    "nan": answer(200, b'{"a": NaN}'),
    "infinity": answer(200, b"[-Infinity]"),
    "deep": answer(200, b"[" * 100_000 + b"]" * 100_000),
    "not utf-8": answer(200, b'{"a": "\xff"}'),
    "corrupt gzip": answer(200, b"not gzip at all", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("kind", list(UNREADABLE))
async def test_t17_what_is_no_strict_json_is_refused(server: ScriptedServer, connect: Connect, kind: str) -> None:
    server.on("GET /it", UNREADABLE[kind])
    with pytest.raises(Failure) as caught:
        await connect().call(READ)
    assert caught.value.info.code is ErrorCode.UNREADABLE_ANSWER


@pytest.mark.parametrize("kind", list(UNREADABLE))
async def test_t17_a_write_with_such_an_answer_may_have_been_applied(
    server: ScriptedServer, connect: Connect, kind: str
) -> None:
    server.on("POST /it", UNREADABLE[kind])
    with pytest.raises(Failure) as caught:
        await connect().call(WRITE, body={})
    assert caught.value.info.maybe_applied


async def test_t17_a_truncated_read_is_repeated(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /it", truncated, answer(200, [1]))
    assert (await connect().call(READ)).data == [1]


async def test_t17_a_gzip_bomb_stays_small(server: ScriptedServer, connect: Connect) -> None:
    bomb = gzip.compress(b'["' + b" " * (200 * MEGABYTE) + b'"]')
    server.on("GET /it", answer(200, bomb, headers={"Content-Encoding": "gzip"}))
    nexla = connect(max_body_bytes=MEGABYTE)
    tracemalloc.start()
    try:
        with pytest.raises(Failure) as caught:
            await nexla.call(READ)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.info.code is ErrorCode.UNREADABLE_ANSWER
    assert peak < 60 * MEGABYTE


async def test_t17_plain_gzip_is_read(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /it", answer(200, gzip.compress(b'{"a": [1]}'), headers={"Content-Encoding": "gzip"}))
    assert (await connect().call(READ)).data == {"a": [1]}


@pytest.mark.parametrize("status", [200, 204])
async def test_t17_an_empty_answer_is_none(server: ScriptedServer, connect: Connect, status: int) -> None:
    server.on("GET /it", answer(status))
    assert (await connect().call(READ)).data is None


async def test_t17_the_contracts_own_content_type_is_json(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /it", answer(200, [], content_type="application/vnd.nexla.api.v1+json; charset=utf-8"))
    assert (await connect().call(READ)).data == []


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_t17_depth_is_counted_right(value: object) -> None:
    import json  # noqa: PLC0415

    def depth(item: object) -> int:
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    assert depth_of(json.dumps(value)) == depth(value)
