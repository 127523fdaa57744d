"""`send_webhook_records`: to a source's own address, each batch once, and never a word of the key."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import anyio.to_thread
import pytest
import requests

from nexla_mcp.starting import interrupted_operations
from tests.changes.conftest import Scene
from tests.changes.processes import died
from tests.changes.receiver import receiving

pytestmark = pytest.mark.anyio

CONFIG = {"webhook.auth_type": "Nexla API Key", "schema.detection.once": True, "hash.enabled": False}
ROUTE = "/{source_id}"


def webhook(scene: Scene, *, active: bool = True, **config: Any) -> dict[str, Any]:
    """A webhook source as somebody else made it, with its key."""
    http = requests.Session()
    http.trust_env = False
    key = {"Authorization": f"Basic {scene.sandbox.service_key}"}
    token = http.post(f"{scene.sandbox.url}/token", headers=key, timeout=10).json()["access_token"]
    http.headers["Authorization"] = f"Bearer {token}"
    body = {"name": "Shop events", "source_type": "nexla_rest", "source_config": {**CONFIG, **config}}
    source: dict[str, Any] = http.post(f"{scene.sandbox.url}/data_sources", json=body, timeout=10).json()
    if active:
        http.put(f"{scene.sandbox.url}/data_sources/{source['id']}/activate", timeout=10).raise_for_status()
    return source


def rows(number: int) -> list[dict[str, Any]]:
    return [{"id": item, "total": item / 2} for item in range(1, number + 1)]


def taken(scene: Scene, source: dict[str, Any]) -> int:
    """Records that the sandbox's source has taken, from its runs."""
    series = scene.sandbox.world.simulation.series
    found = [series.of_run(source["id"], run) for run in series.runs(source["id"])]
    return sum(row.records for run in found for row in run if row.kind == "data_sources")


async def test_records_arrive_in_batches_and_the_receipt_counts_them(scene: Scene) -> None:
    source = webhook(scene)
    async with scene.connected() as call:
        answer = await call("send_webhook_records", source=source["id"], records=rows(250))
        receipt = await call("get_operation", operation=answer.structured["operation"])
    assert answer.state == "done"
    assert (taken(scene, source), scene.sent("POST", ROUTE)) == (250, 3)
    assert "250 processed" in receipt.text
    nexset = scene.row("data_sets", data_source_id=source["id"])
    assert nexset["_sandbox"]["records"][0]["id"] == 250


async def test_the_plan_says_before_that_nothing_calls_them_back(scene: Scene) -> None:
    source = webhook(scene)
    async with scene.connected() as call:
        plan = await call("send_webhook_records", source=source["id"], records=rows(2), dry_run=True)
    assert plan.state == "planned"
    assert plan.structured["cannot_be_put_back"]
    assert scene.sent("POST", ROUTE) == 0


async def test_the_key_is_in_no_output_and_in_no_state(scene: Scene) -> None:
    source = webhook(scene)
    key = source["api_keys"][0]["api_key"]
    async with scene.connected() as call:
        answer = await call("send_webhook_records", source=source["id"], records=rows(2))
        receipt = await call("get_operation", operation=answer.structured["operation"])
        shown = await call("get_resource", type="source", resource=source["id"])
        raw = await call("call_operation", operation="get_source", arguments={"source_id": source["id"]})
    for said in (answer, receipt, shown, raw):
        assert key not in said.text + json.dumps(said.structured)
    kept = b"".join(file.read_bytes() for file in scene.settings.state_dir.rglob("*") if file.is_file())
    assert key.encode() not in kept


async def test_a_key_by_reference_is_followed_only_where_the_operator_allows_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = webhook(scene)
    monkeypatch.setenv("SHOP_KEY", source["api_keys"][0]["api_key"])
    async with scene.connected() as call:
        refused = await call("send_webhook_records", source=source["id"], records=rows(1), key="env:SHOP_KEY")
    assert refused.code == "not_allowed"
    async with scene.connected(secret_variables=("SHOP_*",)) as call:
        answer = await call("send_webhook_records", source=source["id"], records=rows(1), key="env:SHOP_KEY")
        literal = await call("send_webhook_records", source=source["id"], records=rows(1), key="s3cr3t-literal")
    assert answer.state == "done"
    assert literal.is_error
    assert "s3cr3t-literal" not in literal.text
    assert taken(scene, source) == 1


async def test_a_wrong_key_is_refused_and_nothing_was_taken(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    source = webhook(scene)
    monkeypatch.setenv("SHOP_KEY", "another")
    async with scene.connected(secret_variables=("SHOP_*",)) as call:
        answer = await call("send_webhook_records", source=source["id"], records=rows(150), key="env:SHOP_KEY")
    assert answer.code == "auth_failed"
    assert not answer.structured.get("maybe_applied")
    assert (taken(scene, source), scene.sent("POST", ROUTE)) == (0, 1)


@pytest.mark.parametrize("hosts", [("elsewhere.example",), ("127.0.0.1",), ("127.0.0.1:1",)])
async def test_only_allowed_hosts_are_sent_to(scene: Scene, hosts: tuple[str, ...]) -> None:
    source = webhook(scene)
    async with scene.connected(webhook_hosts=hosts) as call:
        answer = await call("send_webhook_records", source=source["id"], records=rows(1))
    assert answer.code == "not_allowed"
    assert scene.sent("POST", ROUTE) == 0


async def test_an_operators_host_is_sent_to(scene: Scene) -> None:
    source = webhook(scene)
    host = scene.sandbox.world.webhook_origin.split("/")[2]
    async with scene.connected(webhook_hosts=("elsewhere.example", host)) as call:
        answer = await call("send_webhook_records", source=source["id"], records=rows(1))
    assert answer.state == "done"


async def test_an_address_that_nexla_names_elsewhere_is_refused(scene: Scene) -> None:
    source = webhook(scene)
    with receiving() as receiver:
        scene.sandbox.world.webhook_origin = receiver.url
        async with scene.connected(webhook_hosts=("hooks.acme.example",)) as call:
            answer = await call("send_webhook_records", source=source["id"], records=rows(1))
        assert receiver.paths == []
    assert answer.code == "not_allowed"


async def test_redirects_are_not_followed(scene: Scene) -> None:
    source = webhook(scene)
    with receiving() as receiver:
        scene.sandbox.world.webhook_origin = receiver.url
        receiver.status, receiver.location = 307, f"{scene.sandbox.url}/data_sources"
        async with scene.connected() as call:
            answer = await call("send_webhook_records", source=source["id"], records=rows(1))
        assert len(receiver.paths) == 1
    assert answer.is_error
    assert not answer.structured.get("maybe_applied")


async def test_an_empty_answer_counts_as_taken(scene: Scene) -> None:
    source = webhook(scene)
    with receiving() as receiver:
        scene.sandbox.world.webhook_origin = receiver.url
        receiver.status = 204
        async with scene.connected() as call:
            answer = await call("send_webhook_records", source=source["id"], records=rows(1))
        assert len(receiver.messages) == 1
    assert answer.state == "done"


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ({"kind": "reset_after"}, 2),
        ({"kind": "reset_before"}, 1),
        ({"kind": "status", "status": 503}, 1),
        ({"kind": "late", "seconds": 3}, 2),
    ],
)
async def test_a_lost_answer_is_told_batch_by_batch_and_never_repeated(
    scene: Scene, fault: dict[str, Any], arrived: int
) -> None:
    source = webhook(scene)
    async with scene.connected() as call:
        scene.break_(fault.pop("kind"), route=ROUTE, method="POST", skip=1, count=1, **fault)
        answer = await call("send_webhook_records", source=source["id"], records=rows(250))
        scene.settle()
        await call("whoami")
    assert answer.is_error
    assert answer.structured["maybe_applied"]
    for told in ("records 1-100 taken", "101-200 may have been taken", "201-250 not sent"):
        assert told in answer.text
    assert taken(scene, source) == 100 * arrived


async def test_a_refusal_in_the_middle_says_what_was_taken(scene: Scene) -> None:
    source = webhook(scene)
    async with scene.connected() as call:
        scene.break_("status", status=403, route=ROUTE, method="POST", skip=1, count=1)
        answer = await call("send_webhook_records", source=source["id"], records=rows(250))
    assert answer.structured["maybe_applied"], "some were taken"
    assert "records 1-100 taken" in answer.text
    assert "101-200 not taken" in answer.text
    assert taken(scene, source) == 100


async def test_throttling_is_waited_out(scene: Scene) -> None:
    source = webhook(scene)
    async with scene.connected() as call:
        scene.break_("status", status=429, route=ROUTE, method="POST", count=2)
        answer = await call("send_webhook_records", source=source["id"], records=rows(150))
    assert answer.state == "done"
    assert taken(scene, source) == 150


async def test_a_paused_source_is_refused_before_anything_is_sent(scene: Scene) -> None:
    source = webhook(scene, active=False)
    async with scene.connected() as call:
        answer = await call("send_webhook_records", source=source["id"], records=rows(1))
    assert answer.code == "conflict"
    assert scene.sent("POST", ROUTE) == 0


async def test_only_webhook_sources_are_sent_to(scene: Scene) -> None:
    other = scene.rows("data_sources", source_type="s3")[0]
    signed = webhook(scene, **{"webhook.auth_type": "Payload Hash"})
    async with scene.connected() as call:
        assert (await call("send_webhook_records", source=other["id"], records=rows(1))).code == "bad_input"
        assert (await call("send_webhook_records", source=signed["id"], records=rows(1))).code == "unsupported"


@pytest.mark.parametrize(
    "records",
    [
        [],
        [{}],
        [{"a": 1}] * 1001,
        [{"a": "x" * 300_000}],
        [{"a": "x" * 200_000}] * 6,
        [{"a": {"$secret": "env:NEXLA_SERVICE_KEY"}}],
        [{"a": {"$output": "send"}}],
    ],
)
async def test_records_that_cannot_be_sent_are_refused(scene: Scene, records: list[dict[str, Any]]) -> None:
    source = webhook(scene)
    async with scene.connected() as call:
        answer = await call("send_webhook_records", source=source["id"], records=records)
    assert answer.is_error
    assert answer.code == "bad_input"
    assert scene.sent("POST", ROUTE) == 0


async def test_read_only_sends_nothing(scene: Scene) -> None:
    source = webhook(scene)
    async with scene.connected(read_only=True) as call:
        answer = await call("send_webhook_records", source=source["id"], records=rows(1))
    assert answer.code == "not_allowed"
    assert scene.sent("POST", ROUTE) == 0


@pytest.mark.parametrize(("moment", "sent"), [("after begin 0", 0), ("before end 0", 3)])
async def test_a_resume_repeats_no_batch_that_was_or_may_have_been_taken(scene: Scene, moment: str, sent: int) -> None:
    source = webhook(scene)
    words = {"source": source["id"], "records": rows(250)}
    await anyio.to_thread.run_sync(partial(died, scene, "send_webhook_records", words, moment))
    assert scene.sent("POST", ROUTE) == sent
    (operation,) = (line.partition(" ")[0] for line in interrupted_operations(scene.settings))
    async with scene.connected(confirm="token") as call:
        again = await call("send_webhook_records", **words)
        assert (again.code, again.structured["maybe_applied"]) == ("conflict", True)
        resumed = await call("control_operation", operation=operation, action="resume")
        if resumed.state == "confirmation_required":
            token = resumed.structured["confirmation"]
            resumed = await call("control_operation", operation=operation, action="resume", confirmation=token)
        assert resumed.state == "done"
    assert taken(scene, source) == 250, "each record once, whenever it was cut off"
