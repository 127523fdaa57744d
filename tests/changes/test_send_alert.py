"""`send_alert`: to the operator's channels only, once, and with nothing in it that could hurt the reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio.to_thread
import pytest

from nexla_mcp.operations.alert_text import LONGEST_TEXT
from nexla_mcp.starting import interrupted_operations
from tests.changes.conftest import Scene
from tests.changes.processes import died
from tests.changes.receiver import PATH, Receiver, receiving

pytestmark = pytest.mark.anyio

VARIABLE = "TEST_ALERT_WEBHOOK"
CHANNELS = {"oncall": f"slack:env:{VARIABLE}", "log": f"json:env:{VARIABLE}", "plain": f"env:{VARIABLE}"}
WORDS: dict[str, Any] = {"channel": "oncall", "title": "Orders are late", "text": "No run since 06:00."}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as running:
        monkeypatch.setenv(VARIABLE, running.url)
        yield running


def text_of(receiver: Receiver) -> str:
    return json.dumps(receiver.messages, ensure_ascii=False)


async def test_a_message_arrives_once_and_its_receipt_says_so(scene: Scene, receiver: Receiver) -> None:
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **WORDS, severity="critical")
        assert answer.state == "done"
        receipt = await call("get_operation", operation=answer.structured["operation"])
    (message,) = receiver.messages
    assert "Orders are late" in message["text"]
    assert "CRITICAL" in message["text"]
    assert message["mrkdwn"] is False
    assert "delivered to oncall" in receipt.text
    assert PATH not in answer.text + receipt.text + json.dumps(receipt.structured)


async def test_a_plain_receiver_gets_plain_json(scene: Scene, receiver: Receiver) -> None:
    async with scene.connected(alerts=CHANNELS) as call:
        await call("send_alert", **{**WORDS, "channel": "LOG"})
    (message,) = receiver.messages
    assert (message["title"], message["text"], message["severity"]) == (WORDS["title"], WORDS["text"], "warning")


async def test_a_dry_run_sends_nothing_and_says_that_it_cannot_be_taken_back(scene: Scene, receiver: Receiver) -> None:
    async with scene.connected(alerts=CHANNELS) as call:
        plan = await call("send_alert", **WORDS, dry_run=True)
    assert plan.state == "planned"
    assert plan.structured["cannot_be_put_back"]
    assert receiver.messages == []


@pytest.mark.parametrize("channel", ["other", "https://evil.example/hook", "127.0.0.1", ""])
async def test_only_channels_of_the_operator_are_taken(scene: Scene, receiver: Receiver, channel: str) -> None:
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **{**WORDS, "channel": channel})
    assert answer.code == "bad_input"
    assert "oncall" in answer.text
    assert receiver.messages == []


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://hooks.example/services/literal", ""),
        ("slack:https://hooks.example/services/literal", ""),
        (f"slack:env:{VARIABLE}", "http://hooks.example/plain"),
        (f"slack:env:{VARIABLE}", "ftp://hooks.example/"),
        (f"slack:env:{VARIABLE}", "no address"),
        (f"slack:env:{VARIABLE}", ""),
    ],
)
async def test_a_channel_that_cannot_be_used_is_the_operators_business(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, written: str, address: str
) -> None:
    monkeypatch.setenv(VARIABLE, address)
    async with scene.connected(alerts={"oncall": written}) as call:
        answer = await call("send_alert", **WORDS)
    assert answer.code == "not_configured"
    assert "hooks.example" not in answer.text


async def test_without_channels_nothing_can_be_sent(scene: Scene) -> None:
    async with scene.connected() as call:
        answer = await call("send_alert", **WORDS)
    assert answer.code == "not_configured"


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_a_refused_message_was_not_delivered(scene: Scene, receiver: Receiver, status: int) -> None:
    receiver.status = status
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **WORDS)
    assert answer.is_error
    assert not answer.structured.get("maybe_applied")
    assert str(status) in answer.text
    assert len(receiver.messages) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(scene: Scene, receiver: Receiver, status: int) -> None:
    receiver.status, receiver.location = status, receiver.url.replace(PATH, "/elsewhere")
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **WORDS)
    assert answer.is_error
    assert receiver.paths == [PATH]


@pytest.mark.parametrize("how", ["cut", "server error"])
async def test_a_lost_answer_is_told_and_not_repeated(scene: Scene, receiver: Receiver, how: str) -> None:
    receiver.cut, receiver.status = how == "cut", 503
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **WORDS)
    assert answer.is_error
    assert answer.structured["maybe_applied"]
    assert len(receiver.messages) == 1


async def test_nobody_listening_means_that_nothing_was_delivered(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as gone:
        url = gone.url
    monkeypatch.setenv(VARIABLE, url)
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **WORDS)
    assert answer.code == "unreachable"
    assert not answer.structured.get("maybe_applied")


async def test_strangers_cannot_call_people_or_hide_links(scene: Scene, receiver: Receiver) -> None:
    nasty = (
        "<!channel> <@U123> @here @everyone dana@acme.example <https://evil.example|click> [x](https://evil.example)"
    )
    async with scene.connected(alerts=CHANNELS) as call:
        await call("send_alert", **{**WORDS, "text": f"Flow \u202e{nasty}"})
    sent = receiver.messages[0]["text"]
    assert not {"<", ">"} & set(sent)
    assert "@here" not in sent
    assert "@everyone" not in sent
    assert "](" not in sent
    assert "\u202e" not in sent
    assert "dana@acme.example" in sent, "an address is no mention"


async def test_no_secret_leaves(scene: Scene, receiver: Receiver) -> None:
    key = scene.sandbox.service_key
    text = f"key {key}, password=hunter2secret; Authorization: Bearer abcdef123456, hook {receiver.url}"
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **{**WORDS, "text": text})
        receipt = await call("get_operation", operation=answer.structured["operation"])
    everything = text_of(receiver) + answer.text + receipt.text + json.dumps(receipt.structured)
    for secret in (key, "hunter2secret", "abcdef123456", PATH):
        assert secret not in everything
    state = b"".join(
        file.read_bytes() for file in scene.settings.state_dir.rglob("*") if file.is_file() and file.name != "key"
    )
    for secret in (key, "hunter2secret", PATH):
        assert secret.encode() not in state


async def test_a_long_text_is_cut_and_said_to_be(scene: Scene, receiver: Receiver) -> None:
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **{**WORDS, "channel": "log", "text": "x" * 10_000})
    assert len(receiver.messages[0]["text"]) == LONGEST_TEXT
    assert "cut" in " ".join(answer.structured["notes"])


async def test_an_empty_message_is_refused(scene: Scene, receiver: Receiver) -> None:
    async with scene.connected(alerts=CHANNELS) as call:
        answer = await call("send_alert", **{**WORDS, "text": " \u200b "})
    assert answer.code == "bad_input"
    assert receiver.messages == []


async def test_read_only_sends_nothing(scene: Scene, receiver: Receiver) -> None:
    async with scene.connected(alerts=CHANNELS, read_only=True) as call:
        answer = await call("send_alert", **WORDS)
    assert answer.code == "not_allowed"
    assert receiver.messages == []


@pytest.mark.parametrize(("moment", "sent"), [("after begin 0", 0), ("before end 0", 1)])
async def test_a_message_that_was_cut_off_is_never_sent_again_by_itself(
    scene: Scene, receiver: Receiver, moment: str, sent: int
) -> None:
    variables = {"NEXLA_MCP_ALERTS": f"oncall=slack:env:{VARIABLE}", VARIABLE: receiver.url}
    await anyio.to_thread.run_sync(partial(died, scene, "send_alert", WORDS, moment, **variables))
    assert len(receiver.messages) == sent
    (operation,) = (line.partition(" ")[0] for line in interrupted_operations(scene.settings))
    async with scene.connected(alerts=CHANNELS, confirm="token") as call:
        again = await call("send_alert", **WORDS)
        assert (again.code, again.structured["maybe_applied"]) == ("conflict", True)
        assert operation in again.text
        resumed = await call("control_operation", operation=operation, action="resume")
        if resumed.state == "confirmation_required":
            token = resumed.structured["confirmation"]
            resumed = await call("control_operation", operation=operation, action="resume", confirmation=token)
        assert resumed.structured["maybe_applied"]
        assert len(receiver.messages) == sent, "nobody can tell whether it arrived"
        assert (await call("send_alert", **WORDS)).state == "done", "somebody has looked and sends it anew"
    assert len(receiver.messages) == sent + 1
