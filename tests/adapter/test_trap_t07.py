"""T7: the SDK's pool is smaller than its users' threads and discards connections. Ours keeps one a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable

import anyio
import pytest

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.nexla import Nexla
from tests.adapter.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.anyio
READ = Endpoint("read_it", "GET", "/it", Repeatable.READ)


async def test_t07_no_connection_is_thrown_away(
    server: ScriptedServer, connect: Callable[..., Nexla], caplog: pytest.LogCaptureFixture
) -> None:
    server.on("GET /it", answer(200, []))
    nexla = connect(workers=12)
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            async with anyio.create_task_group() as tasks:
                for _ in range(24):
                    tasks.start_soon(nexla.call, READ)
    assert server.connections <= 13
    assert not [record for record in caplog.records if record.name.startswith("urllib3")]
