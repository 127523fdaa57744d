"""T14: the SDK fails after changing a project's flows, and an empty list takes all flows out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pydantic
import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from tests.adapter.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.anyio
PATH = "/projects/3/flows"
MANY = {
    "flows": [{"id": 1, "name": "orders", "project_id": 3, "children": [{"id": 2, "parent_node_id": 1}]}],
    "data_sources": [],
    "data_sets": [],
    "data_sinks": [],
}


def test_t14_the_sdk_fails_after_the_change_is_made(server: ScriptedServer) -> None:
    server.on(f"PUT {PATH}", answer(200, MANY))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    with pytest.raises((pydantic.ValidationError, TypeError)):
        client.projects.add_flows(3, {"flows": [1]})
    assert server.count(f"PUT {PATH}") == 1


@pytest.mark.parametrize("body", [MANY, [{"id": 9, "project_id": 3}], {}, None])
@pytest.mark.parametrize(("verb", "method"), [("add", "PUT"), ("replace", "POST"), ("remove", "DELETE")])
async def test_t14_either_form_of_the_answer_is_taken(
    server: ScriptedServer, connect: Callable[..., Nexla], verb: str, method: str, body: Any
) -> None:
    server.on(f"GET {PATH}", answer(200, MANY)).on(f"{method} {PATH}", answer(200, body))
    await getattr(connect().projects, f"{verb}_flows")(3, [1])
    (sent,) = [hit for hit in server.hits if hit.method == method and hit.path == PATH and hit.body]
    assert sent.json == {"flows": [1]}


@pytest.mark.parametrize("verb", ["add", "replace", "remove"])
async def test_t14_an_empty_list_is_never_sent(
    server: ScriptedServer, connect: Callable[..., Nexla], verb: str
) -> None:
    with pytest.raises(Failure):
        await getattr(connect().projects, f"{verb}_flows")(3, [])
    assert server.hits == []


async def test_t14_the_flows_of_a_project_are_read(server: ScriptedServer, connect: Callable[..., Nexla]) -> None:
    server.on(f"GET {PATH}", answer(200, MANY))
    (flow,) = await connect().projects.flows(3)
    assert (flow.id, flow.name, [node.id for node in flow.nodes()]) == (1, "orders", [1, 2])
