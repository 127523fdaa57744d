"""T19: a probe is a success only where a documented success stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.models import ProbeState
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.scripted_server import Script, ScriptedServer, answer

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]
PROBE = "GET /data_credentials/5/probe"
HTML = answer(200, b"<html>please log in</html>", content_type="text/html")


def test_t19_the_sdk_takes_a_login_page_for_success(server: ScriptedServer) -> None:
    server.on(PROBE, HTML)
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    assert client.credentials.probe(5)["status"] == "success"


@pytest.mark.parametrize(
    ("script", "state"),
    [
        (answer(200, {"output": {"a": 1}}), ProbeState.OK),
        (answer(200, {"output": {}}), ProbeState.OK),
        (answer(200, {"status": "ok"}), ProbeState.OK),
        (answer(200, {"status": "success"}), ProbeState.OK),
        (answer(200, {"status": 200}), ProbeState.OK),
        (answer(200, {"status": 403, "message": "bad password"}), ProbeState.REFUSED),
        (answer(403, {"status": 403, "message": "bad password"}), ProbeState.REFUSED),
        (answer(200, {"status": 500, "message": "oops"}), ProbeState.UNCLEAR),
        (answer(200, {"status": "weird"}), ProbeState.UNCLEAR),
        (answer(200, {"status": True}), ProbeState.UNCLEAR),
        (answer(200, {}), ProbeState.UNCLEAR),
        (answer(200, []), ProbeState.UNCLEAR),
        (answer(200, "fine"), ProbeState.UNCLEAR),
        (answer(204), ProbeState.UNCLEAR),
    ],
)
async def test_t19_what_each_answer_means(
    server: ScriptedServer, connect: Connect, script: Script, state: ProbeState
) -> None:
    server.on(PROBE, script)
    assert (await connect().credentials.probe(5)).state is state


async def test_t19_a_refusal_says_what_the_third_party_said(server: ScriptedServer, connect: Connect) -> None:
    server.on(PROBE, answer(403, {"status": 403, "message": "login failed: password=hunter2 for db"}))
    result = await connect().credentials.probe(5)
    assert result.message is not None
    assert result.message.startswith("login failed")
    assert "hunter2" not in repr(result)


@pytest.mark.parametrize("body", [{"error": "no", "error_code": "AUTH_004"}, {"message": "no"}, None, {"status": 200}])
async def test_t19_a_caller_without_permission_is_no_bad_credential(
    server: ScriptedServer, connect: Connect, body: Any
) -> None:
    server.on(PROBE, answer(403, body))
    with pytest.raises(Failure) as caught:
        await connect().credentials.probe(5)
    assert caught.value.info.code is ErrorCode.FORBIDDEN


async def test_t19_a_login_page_is_a_failure(server: ScriptedServer, connect: Connect) -> None:
    server.on(PROBE, HTML)
    with pytest.raises(Failure) as caught:
        await connect().credentials.probe(5)
    assert caught.value.info.code is ErrorCode.UNREADABLE_ANSWER


@pytest.mark.parametrize(
    ("last", "state"),
    [
        ({"request_id": 5, "status": "completed", "result": {"output": {"a": 1}}}, ProbeState.OK),
        ({"request_id": 5, "status": "completed", "result": {"status": 403, "message": "no"}}, ProbeState.REFUSED),
        ({"request_id": 5, "status": "completed", "result": None}, ProbeState.UNCLEAR),
        ({"request_id": 5, "status": "failed", "result": {"status": 403, "message": "no"}}, ProbeState.REFUSED),
        ({"request_id": 5, "status": "failed"}, ProbeState.UNCLEAR),
        ({"request_id": 5, "status": "cancelled"}, ProbeState.UNCLEAR),
    ],
)
async def test_t19_a_probe_in_the_background_is_followed(
    server: ScriptedServer, connect: Connect, last: Any, state: ProbeState
) -> None:
    server.on(PROBE, answer(200, {"request_id": 5, "status": "pending"}), answer(200, last))
    assert (await connect().credentials.probe(5)).state is state
    assert "request_id=5" in server.hits[-1].target
    assert "async=true" in server.hits[-1].target


async def test_t19_a_probe_that_takes_too_long_is_pending(server: ScriptedServer, connect: Connect, clock: Any) -> None:
    server.on(PROBE, answer(200, {"request_id": 5, "status": "running"}))
    result = await connect().credentials.probe(5)
    assert (result.state, result.request_id) == (ProbeState.PENDING, "5")
    assert 30 < clock.elapsed <= 60


async def test_t19_a_sample_that_failed_inside_is_refused(server: ScriptedServer, connect: Connect) -> None:
    body = {"status": "ok", "message": "no such file", "output": {"statusCode": 404, "response": None}}
    server.on("POST /data_credentials/5/probe/sample", answer(200, body))
    result = await connect().credentials.sample(5, path="/a.csv")
    assert (result.state, result.message) == (ProbeState.REFUSED, "no such file")
    assert server.hits[-1].json == {"path": "/a.csv"}


async def test_t19_a_tree_is_asked_for_as_published(server: ScriptedServer, connect: Connect) -> None:
    server.on("POST /data_credentials/5/probe/tree", answer(200, {"status": "ok", "object": {"a": {"b": {}}}}))
    result = await connect().credentials.tree(5, database="db", depth=2)
    assert result.state is ProbeState.OK
    assert result.details == {"status": "ok", "object": {"a": {"b": {}}}}
    assert server.hits[-1].json == {"depth": 2, "database": "db"}
