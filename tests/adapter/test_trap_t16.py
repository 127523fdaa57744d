"""T16: redirects, netrc, proxies and unchecked paths change what the SDK's requests mean. Ours stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.scripted_server import ScriptedServer, answer, scripted_server

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]
READ = Endpoint("read_it", "GET", "/it", Repeatable.READ)
ENTRY = Endpoint(
    "get_entry", "GET", "/data_maps/{data_map_id}/entries/{entry_keys}", text_ids=frozenset({"entry_keys"})
)


def test_t16_the_sdk_lets_an_id_climb_out_of_its_path(server: ScriptedServer) -> None:
    server.on("GET /users/9", answer(200, {"id": 9}))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    client.request("GET", "/data_sources/1/../../users/9")
    assert server.hits[-1].path == "/users/9"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_t16_a_redirect_is_never_followed(
    server: ScriptedServer, connect: Connect, status: int, method: str
) -> None:
    with scripted_server() as elsewhere:
        server.on(f"{method} /it", answer(status, headers={"Location": f"{elsewhere.url}/it"}))
        with pytest.raises(Failure) as caught:
            await connect().call(Endpoint("it", method, "/it", Repeatable.READ), body={"password": "x"})
        assert caught.value.info.code is ErrorCode.UPSTREAM_ERROR
        assert elsewhere.hits == []
    assert server.count(f"{method} /it") == 1


async def test_t16_netrc_is_not_read(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.on("GET /it", answer(200, []))
    await connect().call(READ)
    await connect(trust_environment=True).call(READ)
    assert {hit.headers["authorization"] for hit in server.hits if hit.path == "/it"} == {"Bearer token-1"}


async def test_t16_proxies_of_the_environment_are_asked_only_when_trusted(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("GET /it", answer(200, []))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with scripted_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert (await connect().call(READ)).data == []
        assert proxy.hits == []
        with pytest.raises(Failure):
            await connect(trust_environment=True).call(READ)
        assert proxy.hits


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "a#b", "a?b", "a,b", "*", "a\\b", "a\nb"])
def test_t16_a_key_cannot_change_its_path(value: str) -> None:
    with pytest.raises(Failure) as caught:
        ENTRY.path({"data_map_id": 5, "entry_keys": value})
    assert caught.value.info.code is ErrorCode.BAD_INPUT


@pytest.mark.parametrize("value", ["5", -1, True, 5.0, None, "1/../../users/9"])
def test_t16_an_id_is_a_whole_number(value: object) -> None:
    with pytest.raises(Failure):
        ENDPOINTS["get_source"].path({"source_id": value})  # type: ignore[dict-item]


@given(st.text(max_size=30))
def test_t16_a_key_stays_one_segment(value: str) -> None:
    try:
        path = ENTRY.path({"data_map_id": 5, "entry_keys": value})
    except (Failure, UnicodeEncodeError):
        return
    head, _, last = path.rpartition("/")
    assert head == "/data_maps/5/entries"
    assert last not in {"", ".", ".."}
    assert not set(last) & set("/?#")


async def test_t16_percent_signs_are_encoded(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /data_maps/5/entries/%252e%252e", answer(200, []))
    endpoint = Endpoint(ENTRY.name, "GET", ENTRY.template, Repeatable.READ, ENTRY.text_ids)
    assert (await connect().call(endpoint, ids={"data_map_id": 5, "entry_keys": "%2e%2e"})).data == []


async def test_t16_booleans_are_lower_case_and_none_is_left_out(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /it", answer(200, []))
    await connect().call(READ, query={"yes": True, "no": False, "nothing": None, "from": 0})
    assert server.hits[-1].target == "/it?yes=true&no=false&from=0"


async def test_t16_text_is_sent_as_it_is(server: ScriptedServer, connect: Connect) -> None:
    server.on("POST /it", answer(200, {}))
    body = {"code": "\n    def f(x):\n        return x\n", "description": None}
    await connect().call(Endpoint("it", "POST", "/it", Repeatable.CREATE), body=body)
    assert server.hits[-1].json == body


async def test_t16_a_read_only_adapter_sends_no_write(server: ScriptedServer, connect: Connect) -> None:
    with pytest.raises(Failure) as caught:
        await connect(read_only=True).call(Endpoint("it", "POST", "/it", Repeatable.CREATE), body={})
    assert caught.value.info.code is ErrorCode.NOT_ALLOWED
    assert server.hits == []
