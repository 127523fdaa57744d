"""The gate before clients that can ask a person: over the open connection, or in the newer era by a second call."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import mcp_types as protocol
import pytest
from mcp import Client

from nexla_mcp.server import compose
from nexla_mcp.tools import people
from tests.changes.conftest import ERAS, TEAM, Reply, Scene, agreeing

pytestmark = pytest.mark.anyio

PAYMENTS = "Stripe Payments"
"""A flow that runs and is shared with a team."""
MODERN = "2026-07-28"
TEN_MINUTES = 601
Params = protocol.ElicitRequestFormParams


def pausing(scene: Scene) -> dict[str, Any]:
    return {"type": "flow", "resource": scene.flow_id(PAYMENTS)}


def declining(_: Params) -> protocol.ElicitResult:
    return protocol.ElicitResult(action="decline")


def cancelling(_: Params) -> protocol.ElicitResult:
    return protocol.ElicitResult(action="cancel")


def accepting(**content: Any) -> Reply:
    def reply(_: Params) -> protocol.ElicitResult:
        return protocol.ElicitResult(action="accept", content=content or None)

    reply.__name__ = "accepts_" + ("_".join(f"{key}_{value}" for key, value in content.items()) or "nothing")
    return reply


@contextlib.asynccontextmanager
async def asking(
    scene: Scene, reply: Callable[[Params], Awaitable[Any]], *, era: str = "legacy", **settings: Any
) -> AsyncIterator[Client]:
    """A client as the protocol library has it, whose person may take time."""
    server, account = compose(scene.settings.model_copy(update=settings), scene.clock)

    async def elicit(_: Any, params: Any) -> Any:
        return await reply(params)

    async with Client(server, mode=era, elicitation_callback=elicit) as client:
        yield client
    await account.close()


def writes(scene: Scene) -> list[str]:
    """What was sent to Nexla that may change something."""
    return [
        f"{request['method']} {request['route']}"
        for request in scene.sandbox.world.requests.listed()
        if request["method"] != "GET" and request["route"] != "/token"
    ]


def rename(scene: Scene) -> None:
    scene.sandbox.world.store.put(
        "data_sources", {**scene.row("data_sources", name=PAYMENTS), "name": "Stripe Payments, old"}
    )


def pause_destination(scene: Scene) -> None:
    sink = scene.row("data_sinks", name="Payments in Redshift")
    scene.sandbox.world.store.put("data_sinks", {**sink, "status": "PAUSED"})


def share(scene: Scene) -> None:
    sink = scene.row("data_sinks", name="Payments in Redshift")
    rule = scene.rows("accessors", resource_id=sink["id"])[0]
    scene.sandbox.world.store.put("accessors", {**rule, "access_roles": ["admin"]})


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_who_agrees_is_asked_once_and_named_in_the_receipt(scene: Scene, era: str) -> None:
    async with scene.connected(era=era, reply=agreeing) as call:
        done = await call("pause", **pausing(scene))
        receipt = await call("get_operation", operation=done.structured["operation"])
    assert done.state == "done"
    assert len(scene.asked) == 1
    assert scene.statuses(scene.flow_id(PAYMENTS)) == {"PAUSED"}
    assert "person" in receipt.structured["decision"]


@pytest.mark.parametrize("era", ERAS)
async def test_what_cannot_be_put_back_is_agreed_to_by_typing_its_name(scene: Scene, era: str) -> None:
    async with scene.connected(era=era, reply=agreeing) as call:
        done = await call("delete_resource", **pausing(scene))
    assert done.state == "done"
    (asked,) = scene.asked
    assert set(asked.requested_schema["properties"]) == {"name"}
    assert scene.rows("data_sources", name=PAYMENTS) == []


NO_AGREEMENT: dict[str, list[Reply]] = {
    "pause": [
        cancelling,
        accepting(),
        accepting(name=PAYMENTS),
        accepting(agree=False),
        accepting(agree="yes"),
        declining,
    ],
    "delete_resource": [
        cancelling,
        accepting(),
        accepting(agree=True),
        accepting(name=""),
        accepting(name="Stripe Refunds"),
        accepting(name=PAYMENTS.lower()),
        declining,
    ],
}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("tool", NO_AGREEMENT)
async def test_whatever_is_no_agreement_changes_nothing_and_says_so(scene: Scene, era: str, tool: str) -> None:
    before = scene.snapshot()
    for reply in NO_AGREEMENT[tool]:
        async with scene.connected(era=era, reply=reply) as call:
            answer = await call(tool, **pausing(scene))
        assert answer.state == "not_confirmed", reply.__name__
        assert "NOT DONE" in answer.text
        assert not {"confirmation", "approve_code", "operation"} & set(answer.structured)
        assert scene.snapshot() == before
        assert writes(scene) == []
        await scene.clock.sleep(TEN_MINUTES)
    assert len(scene.asked) == len(NO_AGREEMENT[tool])


@pytest.mark.parametrize("era", ERAS)
async def test_a_closed_question_may_be_asked_again_at_once(scene: Scene, era: str) -> None:
    async with scene.connected(era=era, reply=cancelling) as call:
        assert (await call("pause", **pausing(scene))).state == "not_confirmed"
    async with scene.connected(era=era, reply=agreeing) as call:
        assert (await call("pause", **pausing(scene))).state == "done"


@pytest.mark.parametrize("tool", ["pause", "delete_resource"])
@pytest.mark.parametrize("era", ERAS)
async def test_a_decline_holds_for_ten_minutes_on_every_path(scene: Scene, era: str, tool: str) -> None:
    before = scene.snapshot()
    async with scene.connected(era=era, reply=declining) as call:
        assert (await call(tool, **pausing(scene))).state == "not_confirmed"
        again = await call(tool, **pausing(scene))
    assert again.code == "not_allowed"
    assert len(scene.asked) == 1, "whoever declined is not asked again"
    for other_era in ERAS:
        async with scene.connected(era=other_era) as call:
            assert (await call(tool, **pausing(scene))).code == "not_allowed"
        async with scene.connected(era=other_era, reply=agreeing) as call:
            assert (await call(tool, **pausing(scene))).code == "not_allowed"
    for way_around in ({"confirm": "token"}, {"confirm_allow": frozenset({tool})}):
        async with scene.connected(**way_around) as call:
            assert (await call(tool, **pausing(scene))).code == "not_allowed"
    assert scene.snapshot() == before
    assert writes(scene) == []

    await scene.clock.sleep(TEN_MINUTES)
    async with scene.connected() as call:
        assert (await call(tool, **pausing(scene))).state == "confirmation_required"
    async with scene.connected(era=era, reply=agreeing) as call:
        assert (await call(tool, **pausing(scene))).state == "done"


async def test_a_decline_takes_a_token_and_a_code_that_are_out_already(scene: Scene) -> None:
    async with scene.connected() as call, scene.connected(reply=declining) as asked:
        token = (await call("pause", **pausing(scene))).structured["confirmation"]
        assert (await asked("pause", **pausing(scene))).state == "not_confirmed"
        refused = await call("pause", **pausing(scene), confirmation=token)
    assert refused.code == "not_allowed"
    assert writes(scene) == []


async def test_a_decline_is_of_one_change_and_of_no_other(scene: Scene) -> None:
    refunds = {"type": "flow", "resource": scene.flow_id("Stripe Refunds")}
    async with scene.connected(reply=declining) as call:
        await call("pause", **pausing(scene))
    async with scene.connected(reply=agreeing) as call:
        assert (await call("pause", **refunds)).state == "done"


async def test_one_persons_agreement_does_not_outweigh_anothers_decline(scene: Scene) -> None:
    """Two copies of the server ask two people about the same change at the same time."""

    async def while_another_declines(params: Params) -> protocol.ElicitResult:
        async with scene.connected(reply=declining) as elsewhere:
            assert (await elsewhere("pause", **pausing(scene))).state == "not_confirmed"
        return agreeing(params)

    async with asking(scene, while_another_declines) as client:
        answer = await client.call_tool("pause", pausing(scene))
    assert answer.is_error
    assert answer.structured_content["code"] == "not_allowed"
    assert writes(scene) == []


@pytest.mark.parametrize("tool", ["pause", "delete_resource"])
async def test_an_answer_that_comes_late_does_nothing(scene: Scene, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "ELICIT_SECONDS", 0.05)
    before, told = scene.snapshot(), anyio.Event()

    async def late(params: Params) -> protocol.ElicitResult:
        await told.wait()
        return agreeing(params)

    async with asking(scene, late) as client:
        answer = await client.call_tool(tool, pausing(scene))
        told.set()
        await client.list_tools()
    assert answer.structured_content["state"] == "not_confirmed"
    assert "Nothing was done" in str(answer.structured_content["notes"])
    assert scene.snapshot() == before
    assert writes(scene) == []


async def test_a_late_answer_is_no_decline(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(_: Params) -> protocol.ElicitResult:
        await anyio.sleep_forever()
        raise AssertionError

    with monkeypatch.context() as hasty:
        hasty.setattr(people, "ELICIT_SECONDS", 0.05)
        async with asking(scene, late) as client:
            await client.call_tool("pause", pausing(scene))
    async with scene.connected(reply=agreeing) as call:
        assert (await call("pause", **pausing(scene))).state == "done"


async def test_a_client_that_cannot_ask_after_all_has_nobody_who_agreed(scene: Scene) -> None:
    async def broken(_: Params) -> protocol.ErrorData:
        return protocol.ErrorData(code=-32603, message="no window")

    async with asking(scene, broken) as client:
        answer = await client.call_tool("pause", pausing(scene))
    assert answer.structured_content["state"] == "not_confirmed"
    assert writes(scene) == []


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("change", "name"), [(rename, "delete_resource"), (pause_destination, "pause"), (share, "pause")]
)
async def test_what_changes_while_a_person_thinks_is_refused_with_the_new_plan(
    scene: Scene, era: str, change: Callable[[Scene], None], name: str
) -> None:
    given = pausing(scene)
    after: list[Any] = []

    def reply(params: Params) -> protocol.ElicitResult:
        change(scene)
        after.append(scene.snapshot())
        return agreeing(params)

    async with scene.connected(era=era, reply=reply) as call:
        answer = await call(name, **given)
        planned = await call(name, **given, dry_run=True)
    assert answer.state == "not_confirmed"
    assert answer.structured["resources"] == planned.structured["resources"], "the plan as it is now"
    assert scene.snapshot() == after[0]
    assert writes(scene) == []


@pytest.mark.parametrize("era", ERAS)
async def test_what_vanishes_while_a_person_thinks_is_an_error(scene: Scene, era: str) -> None:
    given = pausing(scene)
    source = scene.row("data_sources", name=PAYMENTS)

    def reply(params: Params) -> protocol.ElicitResult:
        scene.sandbox.world.store.delete("flow_nodes", source["flow_node_id"])
        scene.sandbox.world.store.delete("data_sources", source["id"])
        return agreeing(params)

    async with scene.connected(era=era, reply=reply) as call:
        answer = await call("pause", **given)
    assert answer.is_error
    assert answer.code == "not_found"
    assert writes(scene) == []


async def test_somebody_elses_pause_leaves_nothing_to_agree_to(scene: Scene) -> None:
    given = pausing(scene)

    def reply(params: Params) -> protocol.ElicitResult:
        for kind in ("data_sources", "data_sets", "data_sinks"):
            for row in scene.rows(kind, origin_node_id=given["resource"]):
                scene.sandbox.world.store.put(kind, {**row, "status": "PAUSED"})
        return agreeing(params)

    async with scene.connected(era=MODERN, reply=reply) as call:
        answer = await call("pause", **given)
    assert answer.state == "unchanged"
    assert writes(scene) == []


async def test_a_decline_of_what_has_changed_holds_when_it_changes_back(scene: Scene) -> None:
    as_it_was = scene.row("data_sources", name=PAYMENTS)
    given = pausing(scene)

    def reply(_: Params) -> protocol.ElicitResult:
        rename(scene)
        return protocol.ElicitResult(action="decline")

    async with scene.connected(era=MODERN, reply=reply) as call:
        assert (await call("pause", **given)).state == "not_confirmed"
    scene.sandbox.world.store.put("data_sources", as_it_was)
    async with scene.connected(era=MODERN, reply=agreeing) as call:
        assert (await call("pause", **given)).code == "not_allowed"


@pytest.mark.parametrize("era", ERAS)
async def test_a_token_does_not_stand_in_for_a_person_who_can_be_asked(scene: Scene, era: str) -> None:
    async with scene.connected() as call:
        token = (await call("pause", **pausing(scene))).structured["confirmation"]
    async with scene.connected(era=era, reply=cancelling) as call:
        answer = await call("pause", **pausing(scene), confirmation=token)
    assert answer.state == "not_confirmed"
    assert len(scene.asked) == 1
    assert writes(scene) == []


@pytest.mark.parametrize("era", ERAS)
async def test_the_question_shows_what_would_be_hit_and_never_varies(scene: Scene, era: str) -> None:
    async with scene.connected(era=era, reply=cancelling) as call:
        await call("delete_resource", **pausing(scene))
        await scene.clock.sleep(1)
        await call("delete_resource", **pausing(scene))
    first, second = (asked.message for asked in scene.asked)
    assert first == second
    flow = scene.flow_id(PAYMENTS)
    for kind in ("data_sources", "data_sets", "data_sinks"):
        for row in scene.rows(kind, origin_node_id=flow):
            (line,) = (line for line in first.splitlines() if line.startswith("- ") and f" {row['id']} " in line)
            assert f'"{row["name"]}"' in line
            assert row["status"] in line
            assert "dana@acme.example" in line
            assert TEAM in line
    assert "dana@acme.example" in first.splitlines()[-2], "as whom"


async def test_the_question_is_the_same_in_both_eras(scene: Scene) -> None:
    for era in ERAS:
        async with scene.connected(era=era, reply=cancelling) as call:
            await call("pause", **pausing(scene))
    legacy, modern = scene.asked
    assert legacy.message == modern.message
    assert legacy.requested_schema == modern.requested_schema


@pytest.mark.parametrize(
    ("grant", "asked"),
    [
        ({"to": "team", "who": TEAM, "role": "admin"}, 1),
        ({"to": "user", "who": "sam@acme.example", "role": "admin"}, 1),
        ({"to": "org", "role": "collaborator"}, 1),
        ({"to": "user", "who": "sam@acme.example", "role": "operator"}, 0),
    ],
    ids=["admin team", "admin user", "whole org", "operator"],
)
async def test_a_grant_that_gives_access_on_or_to_everybody_takes_a_person(
    scene: Scene, grant: dict[str, Any], asked: int
) -> None:
    source = scene.row("data_sources", name="FX Rates")["id"]
    before = scene.snapshot()
    async with scene.connected(reply=accepting(name="another")) as call:
        refused = await call("grant_access", type="source", resources=[source], **grant)
    assert len(scene.asked) == asked
    if not asked:
        assert refused.state == "done"
        return
    assert refused.state == "not_confirmed"
    assert scene.snapshot() == before
    async with scene.connected(reply=agreeing) as call:
        assert (await call("grant_access", type="source", resources=[source], **grant)).state == "done"
    assert scene.rows("accessors", resource_id=source)


@pytest.mark.parametrize("name", ['Say "orders"', "Two  spaces", "Zero\u200bwidth", " ", "\u200b", "N" * 255])
async def test_a_name_that_is_hard_to_type_is_typed_as_it_is_shown(scene: Scene, name: str) -> None:
    flow = scene.flow_id(PAYMENTS)
    scene.sandbox.world.store.put("data_sources", {**scene.row("data_sources", name=PAYMENTS), "name": name})
    async with scene.connected(reply=accepting(name="")) as call:
        assert (await call("delete_resource", type="flow", resource=flow)).state == "not_confirmed"
    async with scene.connected(reply=agreeing) as call:
        assert (await call("delete_resource", type="flow", resource=flow)).state == "done"
