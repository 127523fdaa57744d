"""T13: the SDK returns None, text or an object where a model is promised. Ours is the model, or a failure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from tests.adapter.scripted_server import Script, ScriptedServer, answer

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]
ODD: list[Script] = [answer(204), answer(200, None), answer(200, b"null"), answer(200, "text"), answer(200, [])]
DAY = date(2026, 5, 9)

READS: list[tuple[str, Callable[[Nexla], Awaitable[Any]]]] = [
    ("GET /data_sources/5", lambda nexla: nexla.sources.get(5)),
    ("GET /flows/5", lambda nexla: nexla.flows.get(5)),
    ("GET /users/current", lambda nexla: nexla.users.current()),
    ("GET /notifications/count", lambda nexla: nexla.notifications.count()),
    ("GET /data_sources/5/metrics", lambda nexla: nexla.metrics.daily(ResourceType.SOURCE, 5, DAY, DAY)),
]


def test_t13_the_sdk_returns_none_for_a_source(server: ScriptedServer) -> None:
    server.on("GET /data_sources/5", answer(204))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    assert client.sources.get(5) is None


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(("operation", "read"), READS, ids=[operation for operation, _ in READS])
async def test_t13_a_read_never_returns_what_it_is_not(
    server: ScriptedServer, connect: Connect, operation: str, read: Callable[[Nexla], Awaitable[Any]], odd: Script
) -> None:
    server.on(operation, odd)
    with pytest.raises(Failure) as caught:
        await read(connect())
    assert caught.value.info.code is ErrorCode.UNREADABLE_ANSWER


@pytest.mark.parametrize("odd", [answer(204), answer(200, "text"), answer(200, {"no": "id"})])
async def test_t13_a_write_with_an_odd_answer_may_have_been_applied(
    server: ScriptedServer, connect: Connect, odd: Script
) -> None:
    server.on("POST /data_sources", odd)
    with pytest.raises(Failure) as caught:
        await connect().sources.create({"name": "x"})
    assert caught.value.info.maybe_applied
    assert server.count("POST /data_sources") == 1


async def test_t13_a_delete_may_answer_anything(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /data_sources/5", answer(200, {"id": 5}))
    server.on("DELETE /data_sources/5", answer(204))
    await connect().sources.delete(5)
    assert server.count("DELETE /data_sources/5") == 1


async def test_t13_samples_are_records_whatever_they_are(server: ScriptedServer, connect: Connect) -> None:
    rows = [{"a": 1}, "text", {"rawMessage": {"b": 2}, "nexlaMetaData": {"runId": 1695442864636, "sourceKey": "k"}}]
    server.on("GET /data_sets/5/samples", answer(200, rows))
    samples = await connect().nexsets.samples(5, metadata=True)
    assert [sample.record for sample in samples] == [{"a": 1}, "text", {"b": 2}]
    assert (samples[2].run_id, samples[2].source_key) == (1695442864636, "k")
    assert "include_metadata=true" in server.hits[-1].target


async def test_t13_an_audit_log_in_the_background_is_waited_for(
    server: ScriptedServer, connect: Connect, clock: Any
) -> None:
    server.on(
        "GET /users/5/audit_log",
        answer(200, {"request_id": 77, "status": "pending"}),
        answer(200, {"request_id": 77, "status": "running", "progress": 50}),
        answer(200, {"request_id": 77, "status": "completed", "result": [{"id": 1, "event": "update"}]}),
        answer(200, []),
    )
    entries = await connect().audit.entries(ResourceType.USER, 5)
    assert [entry.event for entry in entries] == ["update"]
    assert "request_id=77" in server.hits[-2].target
    assert clock.sleeps == [0.5, 1.0]


async def test_t13_an_audit_log_that_never_comes_is_no_empty_log(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /users/5/audit_log", answer(200, {"request_id": 77, "status": "pending"}))
    with pytest.raises(Failure) as caught:
        await connect().audit.entries(ResourceType.USER, 5)
    assert caught.value.info.code is ErrorCode.TIMEOUT


async def test_t13_an_audit_log_that_failed_is_no_empty_log(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /users/5/audit_log", answer(200, {"request_id": 77, "status": "failed"}))
    with pytest.raises(Failure) as caught:
        await connect().audit.entries(ResourceType.USER, 5)
    assert caught.value.info.code is ErrorCode.UPSTREAM_ERROR
