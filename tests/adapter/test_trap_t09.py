"""T9: the SDK's exceptions quote addresses, bodies and keys. Nothing of that may be in ours."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nexla_sdk import NexlaClient
from nexla_sdk.exceptions import NexlaError
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.scrub import LONGEST, scrub, server_message
from nexla_mcp.domain.errors import Failure
from tests.adapter.operations import CREATE, EVERY, READ, ids_of, wire_name
from tests.adapter.scripted_server import answer

THING = wire_name(READ)
CANARY = "Canary7Zq9xW2"
SECRET = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=10, max_size=40).map(
    lambda text: f"Q{text}"
)
PROSE = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=60)
"""Control characters have tests of their own below: an escape sequence takes letters with it."""
FORMS = (
    "password={}",
    "password: {}",
    '{{"password": "{}"}}',
    "Authorization: Bearer {}",
    "Basic {}",
    "api_key={}",
    "https://user:{}@host/path",
    "postgresql://user:{}@db.example.com:5432/orders",
    "GET https://host/path?token={}&page=2 failed",
    "https://host/path?harmless={}",
    "Server=tcp:db;User ID=me;Password={};Encrypt=true",
    "AccountKey={}",
    "aws_secret_access_key={}",
    "client_secret={}",
    "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\n{}",
)


def test_t09_bare_sdk_quotes_body_and_query(server):
    server.on(THING, answer(400, {"message": f"bad connection postgres://u:{CANARY}@h/d"}))
    client = NexlaClient(service_key="key", base_url=server.url, trace_enabled=False)
    with pytest.raises(NexlaError) as caught:
        client.request("GET", "/things/1", params={"api_key": CANARY})
    assert CANARY in str(caught.value)


async def shown_of(nexla, endpoint=READ, **given):
    """Everything of a failure that may reach a reader or a log."""
    with pytest.raises(Failure) as caught:
        await nexla.call(endpoint, ids=ids_of(endpoint), **given)
    error = caught.value
    chained = []
    link: BaseException | None = error
    while link is not None:
        chained += [str(link), repr(link)]
        link = link.__cause__ or link.__context__
    return "\n".join([*traceback.format_exception(error), *chained, error.info.model_dump_json()])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "form"),
    [(400, form) for form in FORMS] + [(status, FORMS[0]) for status in (403, 404, 409, 422, 429, 500, 503)],
)
@pytest.mark.parametrize("endpoint", [READ, CREATE], ids=lambda endpoint: endpoint.name)
async def test_t09_no_secret_of_an_error_body_is_shown(server, connect, endpoint, status, form):
    body = {"message": form.format(CANARY), "x": CANARY, "details": {"credentials": {"password": CANARY}}}
    server.on(wire_name(endpoint), answer(status, body, headers={"Set-Cookie": CANARY}))
    shown = await shown_of(connect(), endpoint, query={"api_key": CANARY})
    assert CANARY not in shown
    assert server.url not in shown


@pytest.mark.anyio
@pytest.mark.parametrize("endpoint", EVERY, ids=lambda endpoint: endpoint.name)
async def test_t09_key_and_token_are_struck_out_wherever_they_come_back(server, connect, endpoint):
    server.on("POST /token", answer(200, {"access_token": f"tok{CANARY}", "expires_in": 3600}))
    server.on(wire_name(endpoint), answer(400, {"message": f"you sent key{CANARY} and tok{CANARY}, did you?"}))
    shown = await shown_of(connect(service_key=SecretStr(f"key{CANARY}\n")), endpoint)
    assert CANARY not in shown
    assert "you sent" in shown


@pytest.mark.anyio
@pytest.mark.parametrize("status", [401, 403, 500])
async def test_t09_a_login_that_echoes_the_key_is_struck_out(server, connect, status):
    server.on("POST /token", answer(status, {"message": f"unknown key {CANARY}"}))
    assert CANARY not in await shown_of(connect(service_key=SecretStr(CANARY)))


@pytest.mark.anyio
@pytest.mark.parametrize("echo", ["cannot log in with {} as loader", 'got {{"secret_key": "{}"}}'])
async def test_t09_a_secret_sent_in_a_body_is_struck_out_when_echoed(server, connect, echo):
    server.on(wire_name(CREATE), answer(400, {"message": echo.format(CANARY)}))
    assert CANARY not in await shown_of(connect(), CREATE, body={"credentials": {"password": CANARY}})


@pytest.mark.anyio
async def test_t09_a_long_message_is_cut(server, connect):
    server.on(THING, answer(400, {"message": "long " * 10_000}))
    assert len(await shown_of(connect())) < 12_000
    with pytest.raises(Failure) as caught:
        await connect().call(READ, ids={"thing_id": 1})
    assert len(str(caught.value)) < LONGEST + 200


@pytest.mark.parametrize("key", [f"{CANARY} x", f"{CANARY}\x00", f"{CANARY}é", f"a\n{CANARY}"])
def test_t09_a_key_unfit_for_a_header_is_refused_unquoted(key):
    with pytest.raises(Failure) as caught:
        Connection(service_key=SecretStr(key))
    assert CANARY not in str(caught.value)
    assert "NEXLA_SERVICE_KEY" in str(caught.value)


def test_t09_a_connection_does_not_print_its_key():
    assert CANARY not in repr(Connection(service_key=SecretStr(CANARY)))


@given(SECRET, st.sampled_from(FORMS), PROSE, PROSE)
def test_t09_scrub_hides_every_secret_form_in_any_surroundings(secret, form, before, after):
    assert secret not in scrub(f"{before} {form.format(secret)} {after}")


@pytest.mark.parametrize("owner", ["access", "private", "shared", "secret", "service", "session", "encryption"])
def test_t09_scrub_hides_a_key_by_what_it_belongs_to(owner):
    assert CANARY not in scrub(f"{owner}_key={CANARY}")


@pytest.mark.parametrize("escape", ["\x9b ", "\x1b[", "\x9b"])
def test_t09_an_escape_sequence_before_a_name_does_not_uncover_its_secret(escape):
    assert CANARY not in scrub(f"{escape}password={CANARY}")


@given(st.sampled_from(["", "\u200b", "\x1b[1m", "\x00"]), st.integers(1, 10))
def test_t09_an_invisible_character_does_not_hide_a_known_secret(hidden, at):
    secret = "abcdefghijkl"
    assert secret not in scrub(f"it is {secret[:at]}{hidden}{secret[at:]} indeed", [secret])


@settings(max_examples=50)
@given(SECRET, st.text(max_size=400), st.text(max_size=400))
def test_t09_scrub_hides_a_known_secret_anywhere(secret, before, after):
    assert secret not in scrub(before + secret + after, [secret])


@settings(max_examples=50)
@given(st.text(max_size=2000))
def test_t09_scrubbed_text_is_short_and_visible(text):
    shown = scrub(text)
    assert len(shown) <= LONGEST
    assert not any(ch in shown for ch in "\x1b\x00\u200b\u202e\u2066\ufeff")


@settings(max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20), st.lists, max_leaves=5))
def test_t09_any_error_body_gives_text_or_nothing(data):
    said = server_message({"message": data})
    assert said is None or isinstance(said, str)
