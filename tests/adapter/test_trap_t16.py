"""T16: what goes out must mean what was asked: paths, redirects, proxies, netrc, booleans, environment."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nexla_sdk import NexlaClient
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.endpoint import Endpoint
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.operations import CREATE, EVERY, PUT, READ, call, failure_of, ids_of, wire_name
from tests.adapter.scripted_server import answer, scripted_server

THING = wire_name(READ)
ENTRY = Endpoint("get_entry", "GET", "/maps/{map_id}/entries/{keys}", text_ids=frozenset({"keys"}))
PATTERNED = Endpoint(
    "get_entries",
    "GET",
    "/maps/{map_id}/entries/{keys}",
    text_ids=frozenset({"keys"}),
    wildcard_ids=frozenset({"keys"}),
)
KEY = SecretStr("key-1234567890")


def test_t16_bare_sdk_lets_an_id_lead_elsewhere(server):
    server.on("GET /users/9", answer(200, {"id": 9}))
    client = NexlaClient(service_key="key", base_url=server.url, trace_enabled=False)
    client.request("GET", "/data_sources/1/../../users/9")
    assert server.count("GET /users/9") == 1


@pytest.mark.parametrize("value", ["1/../../users/9", "", "1", "1?a=b", "..", -1, True, 1.0, None, [1]], ids=repr)
def test_t16_an_id_is_a_whole_number(value):
    with pytest.raises(Failure) as caught:
        READ.path({"thing_id": value})
    assert caught.value.info.code is ErrorCode.BAD_INPUT


@pytest.mark.parametrize("ids", [{}, {"thing_id": 1, "other": 2}, {"other": 1}])
def test_t16_ids_are_all_those_of_the_path(ids):
    with pytest.raises(Failure):
        READ.path(ids)


@pytest.mark.parametrize(
    "key", ["", ".", "..", "*", "a/b", "a#b", "a?b", "a,b", "a\\b", "a\nb", "\x00", "\x7f", "a\tb"]
)
def test_t16_a_key_that_a_path_cannot_carry_is_refused(key):
    with pytest.raises(Failure) as caught:
        ENTRY.path({"map_id": 5, "keys": key})
    assert caught.value.info.code is ErrorCode.BAD_INPUT


def test_t16_a_star_goes_out_only_where_it_was_asked_for():
    assert PATTERNED.path({"map_id": 5, "keys": "*"}) == "/maps/5/entries/*"


@given(st.text())
def test_t16_any_key_is_refused_or_stays_one_segment(key):
    try:
        path = ENTRY.path({"map_id": 5, "keys": key})
    except Failure:
        return
    segments = path.split("/")
    assert len(segments) == 5
    assert unquote(segments[-1]) == key
    assert not set(path) & set("?#\\ ")
    assert path.isascii()


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["%2e%2e", "a b", "ü", "a%2Fb", "a&b=c", "a;b", "~", "…", "a+b", "https:x"])
async def test_t16_a_key_arrives_as_it_was_meant(server, connect, key):
    path = ENTRY.path({"map_id": 5, "keys": key})
    server.on(f"GET {path}", answer(200, {"ok": 1}))
    assert (await connect().call(ENTRY, ids={"map_id": 5, "keys": key})).data == {"ok": 1}
    assert unquote(server.hits[-1].path.rsplit("/", 1)[1]) == key


def test_t16_a_key_that_cannot_be_encoded_is_refused():
    with pytest.raises(Failure):
        ENTRY.path({"map_id": 5, "keys": "\ud800"})


@pytest.mark.anyio
async def test_t16_booleans_are_lower_case_and_none_is_left_out(server, connect):
    server.on(THING, answer(200, {}))
    await call(connect(), query={"all": True, "expand": False, "from": 0, "none": None, "q": "a b&c=d", "e": ""})
    sent = parse_qsl(urlsplit(server.hits[-1].target).query, keep_blank_values=True)
    assert sent == [("all", "true"), ("expand", "false"), ("from", "0"), ("q", "a b&c=d"), ("e", "")]


@pytest.mark.anyio
@pytest.mark.parametrize("body", [{"description": None, "code": "\n  def f():\n"}, [], [1], {}, False, 0])
async def test_t16_a_body_goes_out_as_it_is(server, connect, body):
    server.on(wire_name(CREATE), answer(200, {}))
    await call(connect(), CREATE, body=body)
    assert server.hits[-1].json == body


@pytest.mark.anyio
async def test_t16_no_body_is_no_body(server, connect):
    server.on(wire_name(CREATE), answer(200, {}))
    await call(connect(), CREATE)
    assert server.hits[-1].body == b""


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("endpoint", [READ, CREATE, PUT], ids=lambda endpoint: endpoint.name)
async def test_t16_a_redirect_is_a_refusal_that_nobody_follows(server, connect, status, endpoint):
    with scripted_server() as elsewhere:
        server.on(wire_name(endpoint), answer(status, headers={"Location": f"{elsewhere.url}/stolen"}))
        info = await failure_of(connect(), endpoint, body={"password": "x"})
        assert elsewhere.hits == []
    assert info.code is ErrorCode.UPSTREAM_ERROR
    assert "redirect" in info.message
    assert not info.maybe_applied
    assert server.count(wire_name(endpoint)) == 1


@pytest.mark.anyio
async def test_t16_a_redirected_login_sends_no_key_elsewhere(server, connect):
    with scripted_server() as elsewhere:
        server.on("POST /token", answer(307, headers={"Location": f"{elsewhere.url}/token"}))
        await failure_of(connect())
        assert elsewhere.hits == []


@pytest.fixture
def netrc(tmp_path, monkeypatch):
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login somebody password else\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))


def test_t16_bare_sdk_lets_netrc_replace_the_login(server, netrc):
    server.on(THING, answer(200, {}))
    NexlaClient(access_token="mine", base_url=server.url, trace_enabled=False).request("GET", "/things/1")
    assert server.hits[-1].headers["authorization"].startswith("Basic ")


@pytest.mark.anyio
@pytest.mark.parametrize("trust", [False, True])
async def test_t16_netrc_is_never_used(server, connect, netrc, trust):
    server.on(THING, answer(200, {}))
    await call(connect(trust_environment=trust))
    assert [hit.headers["authorization"] for hit in server.hits] == ["Basic key-1234567890", "Bearer token-1"]


@pytest.fixture
def proxy(monkeypatch):
    with scripted_server() as running:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, running.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield running


@pytest.mark.anyio
async def test_t16_a_proxy_of_the_environment_is_not_used(server, connect, proxy):
    server.on(THING, answer(200, {"id": 1}))
    assert (await call(connect())).data == {"id": 1}
    assert proxy.hits == []


@pytest.mark.anyio
async def test_t16_a_proxy_is_used_when_the_operator_says_so(server, connect, proxy):
    await failure_of(connect(trust_environment=True))
    assert proxy.hits
    assert server.hits == []


def test_t16_the_environment_gives_no_login(monkeypatch):
    monkeypatch.setenv("NEXLA_SERVICE_KEY", "from-the-environment")
    with pytest.raises(Failure) as caught:
        Connection()
    assert caught.value.info.code is ErrorCode.NOT_CONFIGURED


@pytest.mark.parametrize(
    "url",
    [
        "http://nexla.example",
        "http://10.0.0.1/api",
        "ftp://h",
        "nexla.io",
        "",
        "https://",
        "https://user:hunter2@h/x",
        "https://u@h",
        "https://h/x?a=b",
        "https://h/x#f",
        "https://h:port/",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "https://[::1",
    ],
)
def test_t16_an_address_must_be_https_and_bare(url):
    with pytest.raises(Failure) as caught:
        Connection(api_url=url, service_key=KEY)
    assert caught.value.info.code is ErrorCode.NOT_CONFIGURED
    assert "NEXLA_API_URL" in caught.value.info.message
    assert "hunter2" not in f"{caught.value.info}"


@pytest.mark.parametrize(
    "url", ["https://h/nexla-api/", "http://127.0.0.1:8080", "http://localhost/api", "http://[::1]:1"]
)
def test_t16_https_and_loopback_are_taken(url):
    assert not Connection(api_url=url, service_key=KEY).api_url.endswith("/")


@pytest.mark.anyio
@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.name)
async def test_t16_read_only_sends_reads_and_nothing_else(server, connect, endpoint):
    server.on(wire_name(endpoint), answer(200, {}))
    nexla = connect(read_only=True)
    if endpoint is READ:
        await call(nexla)
        return
    assert (await failure_of(nexla, endpoint)).code is ErrorCode.NOT_ALLOWED
    assert server.hits == []


@pytest.mark.anyio
async def test_t16_a_guard_is_asked_before_anything_is_sent(server, connect):
    nexla = connect()

    def refuse(endpoint):
        raise Failure.of(ErrorCode.NOT_ALLOWED, endpoint.name)

    nexla._guard = refuse
    with pytest.raises(Failure, match="get_thing"):
        await nexla.call(READ, ids=ids_of(READ))
    assert server.hits == []
