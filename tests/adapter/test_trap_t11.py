"""T11: the SDK's accessor methods crash after the server has acted, and an empty list takes all access away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from tests.adapter.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.anyio
PATH = "/data_sources/5/accessors"
ROWS = [
    {"type": "USER", "email": "ann@acme.test", "access_roles": ["admin"], "created_at": "2026-01-01T00:00:00.000Z"},
    {"type": "TEAM", "name": "ops", "access_roles": ["sharer"]},
    {"type": "ORG", "email_domain": "acme.test", "client_identifier": None, "access_roles": None},
]
GRANT = {"type": "TEAM", "id": 3, "access_roles": ["sharer"]}


@pytest.fixture
def ready(server: ScriptedServer) -> ScriptedServer:
    for method in ("GET", "PUT", "POST", "DELETE"):
        server.on(f"{method} {PATH}", answer(200, ROWS))
    return server


def test_t11_the_sdk_crashes_after_the_grant_is_made(ready: ScriptedServer) -> None:
    client = NexlaClient(service_key="key", base_url=ready.url, token_refresh_margin=60)
    with pytest.raises(AttributeError):
        client.sources.add_accessors(5, [{"type": "USER", "email": "ann@acme.test", "access_roles": ["admin"]}])
    assert ready.count(f"PUT {PATH}") == 1


async def test_t11_accessors_are_read(ready: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    found = await connect().accessors.list(ResourceType.SOURCE, 5)
    assert [(row.type, row.subject, row.access_roles) for row in found] == [
        ("USER", "ann@acme.test", ("admin",)),
        ("TEAM", "ops", ("sharer",)),
        ("ORG", "acme.test", ()),
    ]


@pytest.mark.parametrize(("verb", "method"), [("add", "PUT"), ("replace", "POST"), ("remove", "DELETE")])
async def test_t11_each_write_is_sent_as_published_and_its_answer_read(
    ready: ScriptedServer, connect: Callable[..., Nexla], verb: str, method: str
) -> None:
    accessors = connect().accessors
    found = await getattr(accessors, verb)(ResourceType.SOURCE, 5, [GRANT])
    assert len(found) == 3
    (sent,) = [hit for hit in ready.hits if hit.method == method and hit.path == PATH and hit.body]
    assert sent.json == {"accessors": [GRANT]}


@pytest.mark.parametrize("verb", ["add", "replace", "remove"])
async def test_t11_an_empty_list_is_never_sent(ready: ScriptedServer, connect: Callable[..., Nexla], verb: str) -> None:
    with pytest.raises(Failure) as caught:
        await getattr(connect().accessors, verb)(ResourceType.SOURCE, 5, [])
    assert caught.value.info.code is ErrorCode.BAD_INPUT
    assert ready.hits == []


@pytest.mark.parametrize("body", [{"accessors": ROWS}, ROWS])
async def test_t11_an_object_is_no_empty_list(server: ScriptedServer, connect: Callable[..., Nexla], body: Any) -> None:
    server.on(f"GET {PATH}", answer(200, body))
    assert len(await connect().accessors.list(ResourceType.SOURCE, 5)) == 3


async def test_t11_a_write_with_an_odd_answer_is_read_back(
    ready: ScriptedServer, connect: Callable[..., Nexla]
) -> None:
    ready.on(f"PUT {PATH}", answer(200, {"message": "ok"}))
    assert len(await connect().accessors.add(ResourceType.SOURCE, 5, [GRANT])) == 3
    assert ready.count(f"PUT {PATH}") == 1


async def test_t11_transforms_are_shared_as_code_containers(
    server: ScriptedServer, connect: Callable[..., Nexla]
) -> None:
    server.on("GET /code_containers/5/accessors", answer(200, ROWS))
    assert len(await connect().accessors.list(ResourceType.TRANSFORM, 5)) == 3


async def test_t11_a_user_has_no_accessors(connect: Callable[..., Nexla]) -> None:
    with pytest.raises(Failure) as caught:
        await connect().accessors.list(ResourceType.USER, 5)
    assert caught.value.info.code is ErrorCode.BAD_INPUT
