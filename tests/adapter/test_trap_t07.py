"""T7: more threads than pooled connections means churn and log noise. Our pool is as large as the workers are many."""

from __future__ import annotations

import logging

import anyio
import pytest

from tests.adapter.operations import READ, call, wire_name
from tests.adapter.scripted_server import answer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("workers", [1, 4, 16])
async def test_t07_connections_are_kept_and_used_again(server, connect, caplog, workers):
    server.on(wire_name(READ), answer(200, {}))
    nexla = connect(workers=workers)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            async with anyio.create_task_group() as group:
                for _ in range(32):
                    group.start_soon(call, nexla)
    assert server.count(wire_name(READ)) == 96
    assert server.connections <= workers + 1
    assert not [record for record in caplog.records if record.name.startswith("urllib3")]


async def test_t07_closed_is_closed_and_opens_anew(server, connect):
    server.on(wire_name(READ), answer(200, {"id": 1}))
    nexla = connect()
    await call(nexla)
    await nexla.aclose()
    await nexla.aclose()
    assert (await call(nexla)).data == {"id": 1}
