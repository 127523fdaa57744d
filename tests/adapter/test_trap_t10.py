"""T10: libraries log and trace addresses with their queries. With ours, nobody hears them."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from tests.adapter.scripted_server import ScriptedServer, answer, reset

pytestmark = pytest.mark.anyio
READ = Endpoint("read_it", "GET", "/it", Repeatable.READ)
CANARY = "hunter2hunter2"


async def test_t10_nothing_is_logged_or_traced(
    server: ScriptedServer, connect: Callable[..., Nexla], caplog: pytest.LogCaptureFixture
) -> None:
    server.on("GET /it", reset, answer(401), answer(403, {"message": CANARY}))
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Failure):
        await connect().call(READ, query={"api_key": CANARY})
    assert CANARY not in caplog.text
    assert "key-1234567890" not in caplog.text
    assert not any("traceparent" in hit.headers for hit in server.hits)


async def test_t10_the_root_logger_is_left_alone(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    before = (logging.getLogger().level, list(logging.getLogger().handlers))
    server.on("GET /it", answer(200, []))
    await connect().call(READ)
    assert (logging.getLogger().level, list(logging.getLogger().handlers)) == before
