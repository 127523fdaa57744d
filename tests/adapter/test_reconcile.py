"""A create whose answer was lost: found again, or reported; never sent twice."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.models import Source
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.reconcile import Created, Identity, create, same_config
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.scripted_server import Hit, Script, ScriptedServer, Wire, answer

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]
LIST, POST = "GET /data_sources", "POST /data_sources"
BODY = {"name": "orders", "source_config": {"path": "/a", "password": "hunter2"}}
STORED = {"path": "/a", "password": "[hidden]", "added": True}


def cut(_: Hit, wire: Wire) -> None:
    """Ends the connection without an answer."""
    wire.socket.shutdown(socket.SHUT_RDWR)


def listed(*ids: int) -> Script:
    return answer(
        200, [{"id": identifier, "name": "orders"} for identifier in ids], headers={"X-Total-Count": str(len(ids))}
    )


def stored(server: ScriptedServer, identifier: int, config: Any) -> None:
    row = {"id": identifier, "name": "orders", "source_config": config}
    server.on(f"GET /data_sources/{identifier}", answer(200, row))


async def make(nexla: Nexla) -> Created[Source]:
    async def matching() -> list[Source]:
        return [row for row in await nexla.sources.list() if row.name == "orders"]

    identity = Identity(
        'source "orders"',
        matching,
        nexla.sources.get,
        lambda row: same_config(BODY["source_config"], row.source_config),
    )
    return await create(nexla, ENDPOINTS["create_source"], Source, identity, body=BODY)


async def test_an_answered_create_reads_nothing_back(server: ScriptedServer, connect: Connect, clock: Any) -> None:
    server.on(LIST, listed(1)).on(POST, answer(200, {"id": 2, "name": "orders"}))
    made = await make(connect())
    assert (made.resource.id, made.reconciled) == (2, False)
    assert clock.sleeps == []


@pytest.mark.parametrize("lost", [cut, answer(504), answer(200, "text"), answer(204), answer(500)])
async def test_exactly_one_new_match_is_ours(
    server: ScriptedServer, connect: Connect, clock: Any, lost: Script
) -> None:
    server.on(LIST, listed(1), listed(1), listed(1, 2)).on(POST, lost)
    stored(server, 2, STORED)
    made = await make(connect())
    assert (made.resource.id, made.reconciled) == (2, True)
    assert server.count(POST) == 1
    assert clock.elapsed >= 30


async def test_no_match_after_the_window_may_have_been_applied(
    server: ScriptedServer, connect: Connect, clock: Any
) -> None:
    server.on(LIST, listed(1)).on(POST, cut)
    with pytest.raises(Failure) as caught:
        await make(connect(settle_seconds=12.0))
    info = caught.value.info
    assert (info.code, info.maybe_applied, info.next_tool) == (ErrorCode.MAYBE_APPLIED, True, "search_resources")
    assert 12 <= clock.elapsed < 13
    assert server.count(POST) == 1


async def test_several_new_matches_are_named(server: ScriptedServer, connect: Connect) -> None:
    server.on(LIST, listed(1), listed(1, 2, 3)).on(POST, cut)
    stored(server, 2, STORED)
    stored(server, 3, STORED)
    with pytest.raises(Failure) as caught:
        await make(connect())
    assert "2, 3" in caught.value.info.message


async def test_somebody_elses_twin_with_another_configuration_is_not_ours(
    server: ScriptedServer, connect: Connect
) -> None:
    server.on(LIST, listed(1), listed(1, 2, 3)).on(POST, cut)
    stored(server, 2, {"path": "/other"})
    stored(server, 3, STORED)
    assert (await make(connect())).resource.id == 3


async def test_a_platform_that_cannot_be_read_afterwards_is_said(server: ScriptedServer, connect: Connect) -> None:
    server.on(LIST, listed(1), answer(403)).on(POST, cut)
    with pytest.raises(Failure) as caught:
        await make(connect())
    assert "could not be read" in caught.value.info.message


async def test_a_refused_create_is_just_refused(server: ScriptedServer, connect: Connect, clock: Any) -> None:
    server.on(LIST, listed(1)).on(POST, answer(400, {"message": "no"}))
    with pytest.raises(Failure) as caught:
        await make(connect())
    assert caught.value.info.code is ErrorCode.BAD_INPUT
    assert not caught.value.info.maybe_applied


@pytest.mark.parametrize(
    ("sent", "found", "same"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2, "d": 3}]}}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"password": "x"}, {}, True),
        ({"a": None}, {}, True),
        ({"a": "x"}, None, False),
        ({}, None, True),
        ({"url": "https://u:p@h/a"}, {"url": "https://u:other@h/a"}, True),
    ],
)
def test_what_counts_as_the_same_configuration(sent: Any, found: Any, same: bool) -> None:
    assert same_config(sent, found) is same
