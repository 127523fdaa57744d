"""T21: one URL, two kinds of answer; copies and pauses whose result the SDK loses after acting."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pydantic
import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from tests.adapter.scripted_server import Hit, ScriptedServer, Wire, answer

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]
SOURCE = {"id": 5, "name": "orders", "status": "ACTIVE", "source_type": "s3"}
FLOW = {"flows": [{"id": 1, "data_source_id": 5, "status": "ACTIVE", "children": []}], "data_sources": [SOURCE]}


def cut(_: Hit, wire: Wire) -> None:
    """Ends the connection without an answer."""
    wire.socket.shutdown(socket.SHUT_RDWR)


def test_t21_the_sdk_fails_on_a_flow_after_activating(server: ScriptedServer) -> None:
    server.on("PUT /data_sources/5/activate", answer(200, FLOW))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    with pytest.raises(pydantic.ValidationError):
        client.sources.activate(5)
    assert server.count("PUT /data_sources/5/activate") == 1


@pytest.mark.parametrize("body", [SOURCE, FLOW])
@pytest.mark.parametrize("verb", ["activate", "pause"])
async def test_t21_both_answers_are_taken(server: ScriptedServer, connect: Connect, verb: str, body: Any) -> None:
    server.on("GET /data_sources/5", answer(200, SOURCE)).on(f"PUT /data_sources/5/{verb}", answer(200, body))
    acted = await getattr(connect().sources, verb)(5, whole_flow=True)
    assert acted.resource.status == "ACTIVE"
    assert (acted.flow is None) == (body is SOURCE)
    assert server.hits[-1].target.endswith("?all=1")


async def test_t21_an_empty_answer_is_no_state(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /data_sources/5", answer(200, SOURCE)).on("PUT /data_sources/5/pause", answer(204))
    acted = await connect().sources.pause(5)
    assert (acted.resource, acted.flow, acted.pending) == (None, None, None)


async def test_t21_a_pause_in_the_background_keeps_its_request_id(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /flows/1", answer(200, FLOW))
    server.on("PUT /flows/1/pause", answer(200, {"request_id": 8, "status": "running"}))
    acted = await connect().flows.pause(1, whole_flow=True)
    assert acted.pending is not None
    assert acted.pending.request_id == "8"


async def test_t21_a_pause_in_the_background_is_waited_for(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /flows/1", answer(200, FLOW))
    server.on(
        "PUT /flows/1/pause",
        answer(200, {"request_id": 8, "status": "pending"}),
        answer(200, {"request_id": 8, "status": "completed", "result": FLOW}),
    )
    acted = await connect().flows.pause(1, whole_flow=True)
    assert acted.flow is not None
    assert acted.flow.id == 1


async def test_t21_a_copy_is_one_request_and_tells_its_ids(server: ScriptedServer, connect: Connect) -> None:
    server.on("POST /flows/1/copy", answer(200, {"flows": [{"id": 9, "data_source_id": 5}], "data_sources": [SOURCE]}))
    copy = await connect().flows.copy(1, {"reuse_data_credentials": True})
    assert (copy.id, copy.data_sources[0].id) == (9, 5)
    assert [hit.method for hit in server.hits if hit.path != "/token"] == ["POST"]


@pytest.mark.parametrize("body", [{"flows": []}, None, {"message": "done"}])
async def test_t21_a_copy_with_an_odd_answer_may_have_been_made(
    server: ScriptedServer, connect: Connect, body: Any
) -> None:
    server.on("POST /flows/1/copy", answer(200, body))
    with pytest.raises(Failure) as caught:
        await connect().flows.copy(1)
    assert caught.value.info.maybe_applied


async def test_t21_a_pause_whose_answer_was_lost_is_repeated_only_if_nothing_changed(
    server: ScriptedServer, connect: Connect
) -> None:
    server.on("GET /data_sources/5", answer(200, SOURCE))
    server.on("PUT /data_sources/5/pause", cut, answer(200, {**SOURCE, "status": "PAUSED"}))
    acted = await connect().sources.pause(5)
    assert acted.resource is not None
    assert acted.resource.status == "PAUSED"
    assert server.count("PUT /data_sources/5/pause") == 2


async def test_t21_a_pause_that_took_effect_is_not_repeated(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /data_sources/5", answer(200, SOURCE), answer(200, {**SOURCE, "status": "PAUSED"}))
    server.on("PUT /data_sources/5/pause", cut)
    with pytest.raises(Failure) as caught:
        await connect().sources.pause(5)
    assert caught.value.info.maybe_applied
    assert server.count("PUT /data_sources/5/pause") == 1


async def test_t21_a_delete_whose_answer_was_lost_and_that_is_gone_is_done(
    server: ScriptedServer, connect: Connect
) -> None:
    server.on("GET /data_sources/5", answer(200, SOURCE), answer(404, {"message": "gone"}))
    server.on("DELETE /data_sources/5", cut, answer(404, {"message": "gone"}))
    await connect().sources.delete(5)
    assert server.count("DELETE /data_sources/5") == 2
