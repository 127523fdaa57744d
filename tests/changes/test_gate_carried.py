"""Questions that a client of the newer era carries: sent again, held back, tampered with, or by another client."""

from __future__ import annotations

from typing import Any

import anyio
import mcp_types as protocol
import pytest
from mcp import Client

from nexla_mcp.server import compose
from tests.changes.conftest import Reply, Scene, agreeing
from tests.changes.test_gate_people import MODERN, TEN_MINUTES, Params, asking, pausing, writes

pytestmark = pytest.mark.anyio


async def nobody(_: Params) -> Any:
    raise AssertionError("the client carries the question by hand")


async def carried(client: Client, tool: str, arguments: dict[str, Any]) -> protocol.InputRequiredResult:
    """The question of a client of the newer era that carries it by hand."""
    asked = await client.session.call_tool(tool, arguments, allow_input_required=True)
    assert isinstance(asked, protocol.InputRequiredResult)
    assert asked.request_state is not None
    return asked


def answers_to(asked: protocol.InputRequiredResult, reply: Reply = agreeing) -> protocol.InputResponses:
    return {key: reply(request.params) for key, request in (asked.input_requests or {}).items()}


async def test_the_same_state_and_answer_again_run_once_and_give_the_same_receipt(scene: Scene) -> None:
    given = pausing(scene)
    async with asking(scene, nobody, era=MODERN) as client:
        asked = await carried(client, "pause", given)
        assert writes(scene) == []
        again = {"input_responses": answers_to(asked), "request_state": asked.request_state}
        first = await client.call_tool("pause", given, **again)
        sent = writes(scene)
        async with scene.connected() as call:
            assert (await call("activate", **given, verify=False)).state == "done"
        replayed = await client.call_tool("pause", given, **again)
        async with asking(scene, nobody, era=MODERN) as copy:
            copied = await copy.call_tool("pause", given, **again)
    assert first.structured_content["state"] == "done"
    assert replayed.structured_content == first.structured_content == copied.structured_content
    assert len(sent) == 1
    assert scene.statuses(given["resource"]) == {"ACTIVE"}, "what was paused, and activated since, is not paused again"


async def test_the_same_state_twice_at_once_runs_once(scene: Scene) -> None:
    given = pausing(scene)
    answers: list[Any] = []
    async with asking(scene, nobody, era=MODERN) as one, asking(scene, nobody, era=MODERN) as other:
        asked = await carried(one, "delete_resource", given)
        again = {"input_responses": answers_to(asked), "request_state": asked.request_state}

        async def send(client: Client) -> None:
            answers.append((await client.call_tool("delete_resource", given, **again)).structured_content)

        async with anyio.create_task_group() as tasks:
            for client in (one, other, one):
                tasks.start_soon(send, client)
    assert {answer["operation"] for answer in answers} == {answers[0]["operation"]}
    assert {answer["state"] for answer in answers} == {"done"}
    assert scene.sent("DELETE", "/flows/{flow_id}") == 1


async def test_a_state_is_good_for_its_own_call_only(scene: Scene) -> None:
    given = pausing(scene)
    other = {**given, "resource": scene.flow_id("Stripe Refunds")}
    before = scene.snapshot()
    async with asking(scene, nobody, era=MODERN) as client:
        asked = await carried(client, "pause", given)
        state, responses = asked.request_state or "", answers_to(asked)
        forged = ("A" if state[0] != "A" else "B") + state[1:]
        for tool, arguments, sealed in (
            ("pause", other, state),
            ("delete_resource", given, state),
            ("pause", given, forged),
            ("pause", given, state[:-9]),
            ("pause", given, ""),
        ):
            answer = await client.call_tool(tool, arguments, input_responses=responses, request_state=sealed)
            assert answer.is_error
            assert answer.structured_content["code"] == "bad_input"
    assert scene.snapshot() == before
    assert writes(scene) == []


async def test_an_answer_without_the_question_is_asked_for_again(scene: Scene) -> None:
    given = pausing(scene)
    async with asking(scene, nobody, era=MODERN) as client:
        asked = await carried(client, "pause", given)
        unasked = await client.session.call_tool(
            "pause", given, input_responses=answers_to(asked), allow_input_required=True
        )
        assert isinstance(unasked, protocol.InputRequiredResult)
        unanswered = await client.call_tool("pause", given, request_state=asked.request_state)
    assert unanswered.structured_content["state"] == "not_confirmed"
    assert writes(scene) == []


async def test_an_answer_after_ten_minutes_is_too_late(scene: Scene) -> None:
    given = pausing(scene)
    async with asking(scene, nobody, era=MODERN) as client:
        asked = await carried(client, "pause", given)
        await scene.clock.sleep(TEN_MINUTES)
        late = await client.call_tool(
            "pause", given, input_responses=answers_to(asked), request_state=asked.request_state
        )
    assert late.structured_content["state"] == "not_confirmed"
    assert writes(scene) == []


async def test_a_client_that_drops_its_capability_with_a_question_open_gets_no_further(scene: Scene) -> None:
    """Neither the state of the question nor the answer counts without a client that asks people."""
    given = pausing(scene)
    async with asking(scene, nobody, era=MODERN) as client:
        asked = await carried(client, "delete_resource", given)
    server, account = compose(scene.settings, scene.clock)
    async with Client(server, mode=MODERN) as dropped:
        answer = await dropped.call_tool(
            "delete_resource", given, input_responses=answers_to(asked), request_state=asked.request_state
        )
        as_token = await dropped.call_tool("delete_resource", {**given, "confirmation": asked.request_state})
    await account.close()
    assert answer.structured_content["state"] == "confirmation_required"
    assert as_token.structured_content["code"] == "bad_input"
    assert writes(scene) == []
