"""T10: libraries log addresses with their queries, and tracing sends them away. Ours is silent and untraced."""

from __future__ import annotations

import logging
from contextlib import suppress

import pytest

from nexla_mcp.domain.errors import Failure
from tests.adapter.operations import CREATE, READ, call, wire_name
from tests.adapter.scripted_server import answer, reset

pytestmark = pytest.mark.anyio
CANARY = "Canary7Zq9xW2"


@pytest.mark.parametrize(
    "script",
    [answer(200, {"x": CANARY}), answer(400, {"message": "no", "x": CANARY}), answer(401), reset],
    ids=["done", "refused", "not logged in", "reset"],
)
async def test_t10_nothing_of_a_call_is_logged_or_traced(server, connect, caplog, script):
    caplog.set_level(logging.DEBUG)
    server.on(wire_name(CREATE), script)
    nexla = connect()
    with suppress(Failure):  # what is logged matters here, not what is raised
        await call(nexla, CREATE, query={"api_key": CANARY}, body={"password": CANARY})
    assert not [secret for secret in (CANARY, "key-1234567890", "token-1") if secret in caplog.text]
    assert not [record for record in caplog.records if record.name.startswith(("nexla_sdk", "urllib3"))]
    assert server.count(wire_name(CREATE))
    assert not [hit for hit in server.hits if {"traceparent", "tracestate", "baggage"} & set(hit.headers)]


async def test_t10_the_root_logger_is_left_alone(server, connect):
    root = logging.getLogger()
    before = (root.level, list(root.handlers), root.disabled)
    server.on(wire_name(READ), answer(200, {}))
    await call(connect())
    assert (root.level, list(root.handlers), root.disabled) == before


async def test_t10_requests_say_who_asks_and_for_which_version(server, connect):
    server.on(wire_name(READ), answer(200, {}))
    await call(connect())
    sent = server.hits[-1].headers
    assert sent["user-agent"].startswith("nexla-mcp/")
    assert sent["accept"] == "application/vnd.nexla.api.v1+json"
