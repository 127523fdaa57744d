"""T9: str() of the SDK's exceptions shows addresses, bodies and secrets. Nothing of ours does."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nexla_sdk import NexlaClient
from nexla_sdk.exceptions import NexlaError

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.scrub import LONGEST, scrub
from nexla_mcp.domain.errors import Failure
from tests.adapter.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.anyio
WRITE = Endpoint("write_it", "POST", "/it", Repeatable.CREATE)
CANARY = "hunter2hunter2"

ECHOES = [
    {"message": f"bad password={CANARY}"},
    {"message": f"cannot connect to postgres://user:{CANARY}@db.example/orders"},
    {"message": f"GET https://nexla.example/x?api_key={CANARY}&a=b failed"},
    {"message": f"header Authorization: Bearer {CANARY}"},
    {"message": f'got {{"secret_key": "{CANARY}"}}'},
    {"message": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"},
    {"details": {"credentials": {"password": CANARY}}},
]


def test_t09_the_sdk_shows_the_servers_whole_body(server: ScriptedServer) -> None:
    server.on("POST /it", answer(400, ECHOES[0]))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    with pytest.raises(NexlaError) as caught:
        client.request("POST", "/it", json={})
    assert CANARY in str(caught.value)


@pytest.mark.parametrize("status", [400, 403, 500, 503])
@pytest.mark.parametrize("body", ECHOES)
async def test_t09_no_secret_that_a_server_echoes_is_shown(
    server: ScriptedServer, connect: Callable[..., Nexla], status: int, body: dict
) -> None:
    server.on("POST /it", answer(status, body))
    with pytest.raises(Failure) as caught:
        await connect().call(WRITE, body={"password": CANARY})
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.info)
    assert CANARY not in shown
    assert server.url not in shown


async def test_t09_our_own_secrets_are_struck_out(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    server.on("POST /it", answer(400, {"message": "you sent key-1234567890 and token-1"}))
    with pytest.raises(Failure) as caught:
        await connect().call(WRITE, body={})
    assert "1234567890" not in str(caught.value)
    assert "token-1" not in str(caught.value)


async def test_t09_a_huge_body_makes_a_short_message(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    server.on("POST /it", answer(400, {"message": "x" * 200_000}))
    with pytest.raises(Failure) as caught:
        await connect().call(WRITE, body={})
    assert len(str(caught.value)) < 1_000


@given(st.text(max_size=2_000))
def test_t09_scrubbing_bounds_every_text(text: str) -> None:
    scrubbed = scrub(text, ["secret-value"])
    assert len(scrubbed) <= LONGEST
    assert "secret-value" not in scrubbed


@given(st.sampled_from(["", " ", "\u200b", "\x1b[1m", "\x00"]), st.integers(min_value=1, max_value=10))
def test_t09_an_invisible_character_does_not_hide_a_secret(hidden: str, at: int) -> None:
    secret = "abcdefghijkl"
    text = f"it is {secret[:at]}{hidden.strip()}{secret[at:]} indeed"
    assert secret not in scrub(text, [secret])
