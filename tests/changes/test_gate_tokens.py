"""The gate before clients that cannot ask anybody: tokens for what can be put back, a person's code for the rest."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from nexla_mcp.safety.database import Database
from nexla_mcp.safety.decisions import Decision, Decisions
from nexla_mcp.starting import state_account
from tests.changes.conftest import ERAS, Called, Scene
from tests.changes.test_gate_people import (
    PAYMENTS,
    TEN_MINUTES,
    pause_destination,
    pausing,
    rename,
    share,
    writes,
)

pytestmark = pytest.mark.anyio

SHARED = "Web Events"
"""A flow that two people with keys of their own may pause: dana owns it, sam administers it."""


def decisions(scene: Scene) -> Decisions:
    """What the terminal of this machine sees of them."""
    (state,) = state_account(scene.settings).directories()
    return Decisions(Database(state.database), scene.clock.now)


def decide(scene: Scene, answer: Called, decision: Decision) -> None:
    kept = decisions(scene)
    kept.decide(kept.waiting(answer.structured["approve_code"]), decision)


def key_of_sam(scene: Scene) -> SecretStr:
    return SecretStr(scene.sandbox.service_keys["sam@acme.example"])


def activate(scene: Scene) -> None:
    """By somebody else."""
    for kind in ("data_sources", "data_sets", "data_sinks"):
        for row in scene.rows(kind, origin_node_id=scene.flow_id(PAYMENTS)):
            scene.sandbox.world.store.put(kind, {**row, "status": "ACTIVE"})


@pytest.mark.parametrize("era", ERAS)
async def test_a_plan_is_shown_first_and_runs_with_its_token(scene: Scene, era: str) -> None:
    before = scene.snapshot()
    async with scene.connected(era=era) as call:
        shown = await call("pause", **pausing(scene))
        assert shown.state == "confirmation_required"
        assert not shown.is_error
        assert scene.snapshot() == before
        assert writes(scene) == []
        done = await call("pause", **pausing(scene), confirmation=shown.structured["confirmation"])
        receipt = await call("get_operation", operation=done.structured["operation"])
    assert done.state == "done"
    assert scene.statuses(scene.flow_id(PAYMENTS)) == {"PAUSED"}
    assert "token" in receipt.structured["decision"]
    assert "person" not in receipt.structured["decision"], "a token does not say that anybody agreed"
    kinds, flow = ("data_sets", "data_sinks"), scene.flow_id(PAYMENTS)
    below = {row["id"] for kind in kinds for row in scene.rows(kind, origin_node_id=flow)}
    assert below <= {row["id"] for row in shown.structured["resources"]}, "what is downstream is shown"


@pytest.mark.parametrize("era", ERAS)
async def test_what_cannot_be_put_back_gets_no_token_but_a_code_for_a_person(scene: Scene, era: str) -> None:
    before = scene.snapshot()
    async with scene.connected(era=era) as call:
        answer = await call("delete_resource", **pausing(scene))
        again = await call("delete_resource", **pausing(scene))
    assert answer.state == "confirmation_required"
    assert "confirmation" not in answer.structured
    assert re.fullmatch(r"[A-Z2-9]{8}", answer.structured["approve_code"])
    assert again.structured["approve_code"] == answer.structured["approve_code"]
    assert scene.snapshot() == before
    assert writes(scene) == []


async def test_what_is_as_easily_put_back_needs_nothing(scene: Scene) -> None:
    resting = scene.flow_id("Holiday Campaign 2025")
    async with scene.connected() as call:
        assert (await call("activate", resource=resting, verify=False)).state == "done"


async def test_pausing_what_rests_changes_nothing_and_asks_nothing(scene: Scene) -> None:
    async with scene.connected(confirm="human") as call:
        answer = await call("pause", resource=scene.flow_id("Holiday Campaign 2025"))
    assert answer.state == "unchanged"
    assert writes(scene) == []


async def test_the_same_token_again_runs_once_and_gives_the_same_receipt(scene: Scene) -> None:
    async with scene.connected() as call:
        token = (await call("pause", **pausing(scene))).structured["confirmation"]
        first = await call("pause", **pausing(scene), confirmation=token)
        sent = writes(scene)
        activate(scene)
        again = await call("pause", **pausing(scene), confirmation=token)
    async with scene.connected() as copy:
        await scene.clock.sleep(TEN_MINUTES)
        late = await copy("pause", **pausing(scene), confirmation=token)
    assert first.state == "done"
    assert first.structured == again.structured == late.structured
    assert writes(scene) == sent
    assert scene.statuses(scene.flow_id(PAYMENTS)) == {"ACTIVE"}


async def test_one_token_to_several_copies_at_once_runs_once(scene: Scene) -> None:
    answers: list[Called] = []
    async with scene.connected() as one, scene.connected() as other:
        token = (await one("pause", **pausing(scene))).structured["confirmation"]

        async def confirm(call: Any) -> None:
            answers.append(await call("pause", **pausing(scene), confirmation=token))

        async with anyio.create_task_group() as tasks:
            for call in (one, other, one, other):
                tasks.start_soon(confirm, call)
    assert {answer.state for answer in answers} == {"done"}
    assert len({answer.structured["operation"] for answer in answers}) == 1
    assert len(writes(scene)) == 1


async def test_two_tokens_for_the_same_change_do_it_once(scene: Scene) -> None:
    async with scene.connected() as call:
        tokens = [(await call("pause", **pausing(scene))).structured["confirmation"] for _ in range(2)]
        assert tokens[0] != tokens[1]
        first, second = [await call("pause", **pausing(scene), confirmation=token) for token in tokens]
    assert first.state == "done"
    assert second.state == "unchanged"
    assert len(writes(scene)) == 1


async def test_a_failed_operation_gives_its_receipt_again_and_wants_a_new_confirmation(scene: Scene) -> None:
    async with scene.connected() as call:
        token = (await call("pause", **pausing(scene))).structured["confirmation"]
        scene.break_("status", method="PUT", status=403, count=None)
        failed = await call("pause", **pausing(scene), confirmation=token)
        scene.mend()
        again = await call("pause", **pausing(scene), confirmation=token)
        fresh = await call("pause", **pausing(scene))
    assert failed.is_error
    assert failed.code == "forbidden"
    assert again.structured == failed.structured
    assert scene.statuses(scene.flow_id(PAYMENTS)) == {"ACTIVE"}
    assert fresh.state == "confirmation_required"
    assert fresh.structured["confirmation"] != token


def with_another_purpose(token: str) -> str:
    whole = bytearray(base64.urlsafe_b64decode(token + "=="))
    whole[0] ^= 1
    return base64.urlsafe_b64encode(bytes(whole)).decode().rstrip("=")


def with_more_time(token: str) -> str:
    whole = bytearray(base64.urlsafe_b64decode(token + "=="))
    whole[-13] ^= 0x80
    return base64.urlsafe_b64encode(bytes(whole)).decode().rstrip("=")


@pytest.mark.parametrize("era", ERAS)
async def test_a_token_that_was_tampered_with_is_refused(scene: Scene, era: str) -> None:
    before = scene.snapshot()
    tampered: list[Callable[[str], str]] = [
        with_another_purpose,
        with_more_time,
        lambda token: token[:-1],
        lambda token: token[:40],
        lambda token: token[::-1],
        lambda token: token + "AAAA",
        lambda _: "A" * 76,
        lambda _: "",
        lambda _: "yes",
        lambda _: "é\u202e💥",
        lambda _: "A" * 5_000,
    ]
    async with scene.connected(era=era) as call:
        token = (await call("pause", **pausing(scene))).structured["confirmation"]
        for change in tampered:
            answer = await call("pause", **pausing(scene), confirmation=change(token))
            assert answer.is_error
            assert answer.code == "bad_input"
            assert token not in answer.text
    assert scene.snapshot() == before
    assert writes(scene) == []


async def test_a_token_is_good_for_its_own_call_only(scene: Scene) -> None:
    before = scene.snapshot()
    source = scene.row("data_sources", name=PAYMENTS)["id"]
    async with scene.connected(confirm="token") as call:
        token = (await call("pause", **pausing(scene))).structured["confirmation"]
        for tool, arguments in (
            ("pause", {"type": "flow", "resource": scene.flow_id("Stripe Refunds")}),
            ("pause", {"type": "source", "resource": source}),
            ("delete_resource", pausing(scene)),
            ("activate", pausing(scene)),
        ):
            answer = await call(tool, **arguments, confirmation=token)
            assert answer.code == "bad_input"
    assert scene.snapshot() == before
    assert writes(scene) == []


async def test_a_token_ends_after_ten_minutes_and_the_answer_holds_a_new_one(scene: Scene) -> None:
    async with scene.connected() as call:
        token = (await call("pause", **pausing(scene))).structured["confirmation"]
        await scene.clock.sleep(TEN_MINUTES)
        late = await call("pause", **pausing(scene), confirmation=token)
        assert late.state == "confirmation_required"
        assert "expired" in late.text
        assert writes(scene) == []
        renewed = await call("pause", **pausing(scene), confirmation=late.structured["confirmation"])
    assert renewed.state == "done"


@pytest.mark.parametrize("change", [rename, pause_destination, share])
async def test_what_changes_after_the_plan_is_refused_with_the_new_plan(
    scene: Scene, change: Callable[[Scene], None]
) -> None:
    given = pausing(scene)
    async with scene.connected() as call:
        shown = await call("pause", **given)
        change(scene)
        after = scene.snapshot()
        refused = await call("pause", **given, confirmation=shown.structured["confirmation"])
        assert refused.state == "confirmation_required"
        assert refused.structured["resources"] != shown.structured["resources"]
        assert any("another state" in note for note in refused.structured["notes"])
        assert scene.snapshot() == after
        assert writes(scene) == []
        done = await call("pause", **given, confirmation=refused.structured["confirmation"])
    assert done.state == "done"


async def test_a_token_of_one_person_is_none_of_anothers(scene: Scene) -> None:
    given = {"type": "flow", "resource": scene.flow_id(SHARED)}
    before = scene.snapshot()
    async with scene.connected() as dana, scene.connected(service_key=key_of_sam(scene)) as other:
        token = (await dana("pause", **given)).structured["confirmation"]
        refused = await other("pause", **given, confirmation=token)
        assert refused.code == "bad_input"
        assert scene.snapshot() == before
        own = await other("pause", **given)
        assert (await dana("pause", **given, confirmation=own.structured["confirmation"])).code == "bad_input"
        assert writes(scene) == []
        assert (await other("pause", **given, confirmation=own.structured["confirmation"])).state == "done"
    assert scene.statuses(given["resource"]) == {"PAUSED"}


async def test_an_approval_of_one_persons_plan_is_none_of_anothers(scene: Scene) -> None:
    given = {"type": "flow", "resource": scene.flow_id(SHARED)}
    async with scene.connected(confirm="human") as dana:
        decide(scene, await dana("pause", **given), Decision.APPROVED)
        async with scene.connected(confirm="human", service_key=key_of_sam(scene)) as other:
            assert (await other("pause", **given)).state == "confirmation_required"
        assert writes(scene) == []
        assert (await dana("pause", **given)).state == "done"


async def test_a_token_does_not_stand_in_for_a_person(scene: Scene) -> None:
    """Given out where a token is enough, it is worth nothing where the operator wants a person."""
    before = scene.snapshot()
    async with scene.connected(confirm="token") as lenient:
        pause = (await lenient("pause", **pausing(scene))).structured["confirmation"]
        delete = (await lenient("delete_resource", **pausing(scene))).structured["confirmation"]
    async with scene.connected(confirm="human") as strict:
        refused = await strict("pause", **pausing(scene), confirmation=pause)
    async with scene.connected() as usual:
        undeleted = await usual("delete_resource", **pausing(scene), confirmation=delete)
    async with scene.connected(confirm="deny") as none:
        denied = await none("pause", **pausing(scene), confirmation=pause)
    for answer in (refused, undeleted):
        assert answer.state == "confirmation_required"
        assert answer.structured["approve_code"]
        assert "confirmation" not in answer.structured
    assert denied.code == "not_allowed"
    assert scene.snapshot() == before
    assert writes(scene) == []


async def test_a_code_is_no_token(scene: Scene) -> None:
    async with scene.connected() as call:
        code = (await call("delete_resource", **pausing(scene))).structured["approve_code"]
        answer = await call("delete_resource", **pausing(scene), confirmation=code)
    assert answer.code == "bad_input"
    assert writes(scene) == []


async def test_what_a_person_approved_runs_once_in_whichever_copy(scene: Scene) -> None:
    async with scene.connected(confirm="human") as one, scene.connected(confirm="human") as other:
        asked = await one("pause", **pausing(scene))
        decide(scene, asked, Decision.APPROVED)
        done = await other("pause", **pausing(scene))
        assert done.state == "done"
        activate(scene)
        again = await one("pause", **pausing(scene))
    assert again.state == "confirmation_required", "an approval is used up by one operation"
    assert again.structured["approve_code"] != asked.structured["approve_code"]
    assert len(writes(scene)) == 1


async def test_an_approval_is_of_the_plan_as_it_was_shown(scene: Scene) -> None:
    given = pausing(scene)
    async with scene.connected() as call:
        decide(scene, await call("delete_resource", **given), Decision.APPROVED)
        rename(scene)
        after = scene.snapshot()
        refused = await call("delete_resource", **given)
    assert refused.state == "confirmation_required"
    assert "Stripe Payments, old" in str(refused.structured["resources"])
    assert scene.snapshot() == after
    assert writes(scene) == []


async def test_an_approval_ends_after_ten_minutes(scene: Scene) -> None:
    async with scene.connected() as call:
        decide(scene, await call("delete_resource", **pausing(scene)), Decision.APPROVED)
        await scene.clock.sleep(TEN_MINUTES)
        assert (await call("delete_resource", **pausing(scene))).state == "confirmation_required"
    assert writes(scene) == []


async def test_a_decline_on_the_terminal_holds_for_every_copy(scene: Scene) -> None:
    async with scene.connected() as one, scene.connected(confirm="token") as other:
        asked = await one("delete_resource", **pausing(scene))
        token = (await other("delete_resource", **pausing(scene))).structured["confirmation"]
        decide(scene, asked, Decision.DECLINED)
        assert (await one("delete_resource", **pausing(scene))).code == "not_allowed"
        assert (await other("delete_resource", **pausing(scene), confirmation=token)).code == "not_allowed"
        assert writes(scene) == []
        await scene.clock.sleep(TEN_MINUTES)
        assert (await one("delete_resource", **pausing(scene))).state == "confirmation_required"


async def test_a_dry_run_gives_neither_token_nor_code(scene: Scene) -> None:
    async with scene.connected() as call:
        for tool in ("pause", "delete_resource"):
            plan = await call(tool, **pausing(scene), dry_run=True)
            assert plan.state == "planned"
            assert not {"confirmation", "approve_code"} & set(plan.structured)
    assert writes(scene) == []
