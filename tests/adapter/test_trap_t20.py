"""T20: the SDK's webhook client sends a key in the query to any address. The adapter has no such way out."""

from __future__ import annotations

import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families import Families
from nexla_mcp.domain.errors import Failure
from tests.adapter.scripted_server import ScriptedServer, answer


def test_t20_the_sdk_sends_the_key_in_the_query_to_any_address(server: ScriptedServer) -> None:
    server.on("POST /anywhere", answer(200, {"dataset_id": 1, "processed": 1}))
    client = NexlaClient(service_key="key", base_url="https://nexla.test", token_refresh_margin=60)
    client.create_webhook_client("canary").send_one_record(f"{server.url}/anywhere", {"a": 1})
    assert "api_key=canary" in server.hits[-1].target


def test_t20_no_operation_leaves_the_api() -> None:
    assert all(endpoint.template.startswith("/") and "//" not in endpoint.template for endpoint in ENDPOINTS.values())
    assert not [name for name in (*ENDPOINTS, *vars(Families)) if "webhook" in name]


@pytest.mark.parametrize("text", ["https://evil.test/x", "//evil.test", "x?api_key=1"])
def test_t20_no_path_parameter_can_hold_an_address(text: str) -> None:
    with pytest.raises(Failure):
        ENDPOINTS["get_async_task"].path({"task_id": text})
