"""T12: one null poisons a whole list in the SDK. The models themselves are in test_models.py."""

from __future__ import annotations

from collections.abc import Callable

import pydantic
import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.nexla import Nexla
from tests.adapter.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.anyio
GOOD = {"id": 1, "name": "a", "status": "ACTIVE", "source_type": "s3"}
ODD = {"id": 2, "name": None, "status": None, "source_type": "s3", "api_keys": None, "run_ids": None}


def test_t12_the_sdk_loses_the_good_row_with_the_odd_one(server: ScriptedServer) -> None:
    server.on("GET /data_sources", answer(200, [GOOD, ODD]))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    with pytest.raises(pydantic.ValidationError):
        client.sources.list()


async def test_t12_both_rows_are_read(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    server.on("GET /data_sources", answer(200, [GOOD, ODD], headers={"X-Total-Count": "2"}))
    found = await connect().sources.list()
    assert [(row.id, row.name) for row in found] == [(1, "a"), (2, None)]
    assert found.unreadable == 0


def test_t12_the_sdk_reads_no_documented_transform(server: ScriptedServer) -> None:
    row = {"id": 1, "name": "t", "access_roles": ["owner"], "code_type": "jolt_custom", "code": [], "tags": []}
    server.on("GET /transforms/1", answer(200, row))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    with pytest.raises(pydantic.ValidationError):
        client.transforms.get(1)


async def test_t12_a_documented_transform_is_read(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    row = {"id": 1, "name": "t", "access_roles": ["owner"], "code": [{"operation": "shift"}], "data_sets": [5]}
    server.on("GET /transforms/1", answer(200, row))
    transform = await connect().transforms.get(1)
    assert (transform.access_roles, transform.used_by) == (("owner",), (5,))


async def test_t12_nested_and_flat_team_members(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    server.on("GET /teams/1/members", answer(200, [{"members": [{"id": 1}, {"id": 2}]}, {"id": 3, "admin": True}]))
    assert [member.id for member in await connect().teams.members(1)] == [1, 2, 3]
