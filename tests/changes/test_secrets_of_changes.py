"""No secret of a change gets out by any way: not by an answer, a question, a log record, a receipt or a byte of state.

Each test plants canaries, makes a change that carries them, and searches everything that was said or kept meanwhile.
That the platform did receive the secret is looked up in the sandbox: a change that sends none keeps every secret.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import mcp_types as protocol
import pytest

from nexla_mcp.operations import runner
from nexla_mcp.operations.actions.creating import Create
from tests.changes.conftest import ERAS, Scene, agreeing
from tests.changes.overheard import CANARY, CREATE, NAME, PROBE, Overheard, Planted, login, received, source, writes

pytestmark = pytest.mark.anyio

some_places = pytest.mark.parametrize("planted", ["file", "literal"], indirect=True)
"""Where a secret comes from matters until it is sent: one of several lines, and one that this process alone knows."""


@pytest.fixture
def overheard(scene: Scene, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Overheard:
    caplog.set_level(logging.DEBUG)
    return Overheard(scene, caplog, capfd)


@pytest.fixture(params=["env", "file", "keyring", "literal"])
def planted(request: pytest.FixtureRequest, scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Planted:
    """A secret kept in each of the places, and an operator who lists that place alone."""
    secret = f"{CANARY}{request.param}9f8e7d6c5b4a"
    if request.param == "env":
        monkeypatch.setenv("ORDERS_PW", secret)
        scene.settings = scene.settings.model_copy(update={"secret_variables": ("ORDERS_*",)})
        return Planted("env:ORDERS_PW", secret)
    if request.param == "file":
        secret = f"{secret}\n{CANARY}second1line"
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "orders").write_text(f"{secret}\n")
        scene.settings = scene.settings.model_copy(update={"secret_folders": (str(tmp_path / "secrets"),)})
        return Planted(f"file:{tmp_path / 'secrets' / 'orders'}", secret)
    if request.param == "keyring":
        stand_in = ModuleType("keyring")
        stand_in.get_password = lambda service, user: secret if (service, user) == ("orders", "dana") else None  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "keyring", stand_in)
        scene.settings = scene.settings.model_copy(update={"secret_keyring_services": ("orders",)})
        return Planted("keyring:orders/dana", secret)
    scene.settings = scene.settings.model_copy(update={"allow_literal_secrets": True})
    return Planted(secret, secret, literal=True)


# Credentials


async def test_a_credential_is_made_shown_and_deleted(overheard: Overheard, planted: Planted) -> None:
    scene = overheard.scene
    async with overheard.connected(reply=agreeing) as call:
        assert (await call("create_credential", **login(planted.given), dry_run=True)).state == "planned"
        assert received(scene) == []
        made = await call("create_credential", **login(planted.given))
        assert made.state == "done"
        assert received(scene) == [planted.secret]
        assert (await call("create_credential", **login(planted.given))).state == "unchanged"
        await overheard.look_around(call)
        identifier = scene.row("data_credentials", name=NAME)["id"]
        deleted = await call("delete_resource", type="credential", resource=identifier)
        assert deleted.state == "done"
        assert received(scene) == []
        await overheard.look_around(call)
    assert scene.asked, "a person was asked"
    overheard.find_none()


@some_places
@pytest.mark.parametrize("era", ERAS)
async def test_a_question_about_a_change_holds_no_secret(overheard: Overheard, planted: Planted, era: str) -> None:
    def declining(params: protocol.ElicitRequestFormParams) -> protocol.ElicitResult:
        del params
        return protocol.ElicitResult(action="decline")

    async with overheard.connected(era=era, reply=declining) as call:
        made = await call("create_credential", **login(planted.given))
        identifier = overheard.scene.row("data_credentials", name=NAME)["id"]
        refused = await call("delete_resource", type="credential", resource=identifier)
        assert refused.state == "not_confirmed"
        again = await call("delete_resource", type="credential", resource=identifier)
        assert again.code == "not_allowed"
        await call("control_operation", operation=made.structured["operation"], action="undo")
        await overheard.look_around(call)
    assert len(overheard.scene.asked) == 2
    assert all(NAME in question.message for question in overheard.scene.asked)
    overheard.find_none()


@some_places
async def test_where_nobody_can_be_asked_the_waiting_plan_holds_no_secret(
    overheard: Overheard, planted: Planted
) -> None:
    async with overheard.connected() as call:
        await call("create_credential", **login(planted.given))
        identifier = overheard.scene.row("data_credentials", name=NAME)["id"]
        waiting = await call("delete_resource", type="credential", resource=identifier)
        assert waiting.structured["approve_code"]
        await overheard.look_around(call)
    overheard.find_none()


@some_places
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"port": "no port"}, "port"),
        ({"host": None}, "host"),
        ({"pasword": f"{CANARY}Misnamed"}, "pasword"),
        ({"password": {"nested": f"{CANARY}Nested"}}, "password"),
        ({"password": [f"{CANARY}Listed"]}, "password"),
    ],
    ids=["wrong type", "missing", "unknown", "an object", "a list"],
)
async def test_a_login_that_does_not_fit_is_refused_without_its_secret(
    overheard: Overheard, planted: Planted, change: dict[str, Any], field: str
) -> None:
    arguments = login(planted.given, change)
    async with overheard.connected() as call:
        refused = await call("create_credential", **arguments)
        assert refused.code == "bad_input"
        assert field in refused.text
        await overheard.look_around(call)
    assert received(overheard.scene) == []
    assert writes(overheard.scene) == []
    overheard.find_none()


@dataclass(frozen=True)
class Ending:
    """One way in which a creation ends badly, and what has come of it."""

    fault: dict[str, Any]
    state: str = "failed"
    code: str | None = None
    arrives: bool = False
    """Whether the platform keeps the credential."""


def answering(status: int, where: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "status", **where, "status": status, "count": None, **more}


ENDINGS = {
    "refused with an echo": Ending(answering(422, CREATE), code="bad_input"),
    "refused with a bare message": Ending(answering(400, CREATE, body="message"), code="bad_input"),
    "forbidden with an echo": Ending(answering(403, CREATE), code="forbidden"),
    "throttled with an echo": Ending(answering(429, CREATE), code="rate_limited"),
    "broken with an echo": Ending(answering(500, CREATE), code="maybe_applied"),
    "broken with an echo, and done": Ending(answering(500, CREATE, work=True, count=1), "done", arrives=True),
    "gone in between, with an echo": Ending(answering(503, CREATE), code="maybe_applied"),
    "answer lost before": Ending({"kind": "reset_before", **CREATE, "count": 1}, code="maybe_applied"),
    "answer lost after": Ending({"kind": "reset_after", **CREATE, "count": 1}, "done", arrives=True),
    "done seconds later": Ending({"kind": "late", **CREATE, "seconds": 5.0, "count": 1}, "done", arrives=True),
    "answer unreadable": Ending({"kind": "broken_json", **CREATE, "count": 1}, "done", arrives=True),
    "probe refused with an echo": Ending(
        {"kind": "inner_status", **PROBE, "status": 403, "count": None}, "done", arrives=True
    ),
    "probe forbidden with an echo": Ending(answering(403, PROBE), "done", arrives=True),
    "probe broken with an echo": Ending(answering(500, PROBE), "done", arrives=True),
}


@some_places
@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
async def test_however_a_creation_ends_its_secret_is_not_told(
    overheard: Overheard, planted: Planted, ending: Ending
) -> None:
    scene = overheard.scene
    kind, fault = ending.fault["kind"], {name: value for name, value in ending.fault.items() if name != "kind"}
    says = {"message": planted.echo} if kind in {"status", "inner_status"} else {}
    async with overheard.connected() as call:
        scene.break_(kind, **fault, **says)
        ended = await call("create_credential", **login(planted.given))
        scene.mend()
        assert (ended.state, ended.structured.get("code")) == (ending.state, ending.code)
        await overheard.look_around(call)
    assert received(scene) == ([planted.secret] if ending.arrives else [])
    overheard.find_none()


@some_places
async def test_an_echo_is_told_without_the_secret_and_not_left_out(overheard: Overheard, planted: Planted) -> None:
    """Otherwise the tests above might pass since nothing of the platform's words is told at all."""
    async with overheard.connected() as call:
        overheard.scene.break_("status", **CREATE, status=422, message=planted.echo, count=None)
        refused = await call("create_credential", **login(planted.given))
        overheard.scene.mend()
        await overheard.look_around(call)
    assert "It says: login as" in refused.text
    assert "[hidden]" in refused.text
    overheard.find_none()


async def test_a_later_probe_does_not_repeat_what_this_server_sent(overheard: Overheard, planted: Planted) -> None:
    async with overheard.connected() as call:
        await call("create_credential", **login(planted.given))
        identifier = overheard.scene.row("data_credentials", name=NAME)["id"]
        overheard.scene.break_("inner_status", **PROBE, status=403, message=planted.echo, count=None)
        probed = await call("probe_credential", credential=identifier)
        overheard.scene.mend()
        assert "[hidden]" in probed.text
        await overheard.look_around(call)
    overheard.find_none()


async def test_what_was_interrupted_is_shown_resumed_and_undone_without_its_secret(
    overheard: Overheard, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends after the platform has done the work and before that is written down."""
    scene = overheard.scene
    await cut_off(overheard, planted, monkeypatch)
    assert received(scene) == [planted.secret]
    async with overheard.connected() as call:
        (interrupted,) = (await call("whoami")).structured["interrupted"]
        operation = interrupted.partition(" ")[0]
        assert (await call("get_operation", operation=operation)).state == "interrupted"
        await call("control_operation", operation=operation, action="resume", dry_run=True)
        await overheard.look_around(call)
        scene.break_("inner_status", **PROBE, status=403, message=planted.echo, count=None)
        resumed = await call("control_operation", operation=operation, action="resume")
        scene.mend()
        assert resumed.state == "done"
        assert received(scene) == [planted.secret]
        await overheard.look_around(call)
        undone = await call("control_operation", operation=operation, action="undo")
        assert undone.state in {"done", "confirmation_required"}
        await overheard.look_around(call)
    overheard.find_none()


async def cut_off(overheard: Overheard, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a credential in a server that is gone before the creation has come back."""
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.2)
    done, act = anyio.Event(), Create.act

    async def act_and_never_come_back(self: Create, work: Any, arguments: Any, before: Any) -> Any:
        await act(self, work, arguments, before)
        done.set()
        await anyio.sleep_forever()

    with monkeypatch.context() as patched:
        patched.setattr(Create, "act", act_and_never_come_back)
        async with overheard.connected() as call, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: call("create_credential", **login(planted.given)))
            await done.wait()
            tasks.cancel_scope.cancel()


# Configurations


async def test_a_secret_in_a_sources_configuration(overheard: Overheard, planted: Planted) -> None:
    scene = overheard.scene
    async with overheard.connected(reply=agreeing) as call:
        assert (await call("create_source", **source(scene, planted.given), dry_run=True)).state == "planned"
        made = await call("create_source", **source(scene, planted.given))
        assert made.state == "done"
        row = scene.row("data_sources", name=NAME)
        assert row["source_config"]["pdf.document.password"] == planted.secret
        assert (await call("create_source", **source(scene, planted.given))).state == "unchanged"
        await overheard.look_around(call)
        deleted = await call("delete_resource", type="source", resource=row["id"])
        assert deleted.state == "done"
        receipt = await call("get_operation", operation=deleted.structured["operation"])
        assert any("pdf.document.password" in loss for loss in receipt.structured["cannot_be_put_back"])
        await overheard.look_around(call)
    assert scene.rows("data_sources", name=NAME) == []
    overheard.find_none()


@some_places
async def test_a_source_that_is_refused_with_an_echo(overheard: Overheard, planted: Planted) -> None:
    scene = overheard.scene
    async with overheard.connected() as call:
        scene.break_("status", method="POST", route="/data_sources", status=422, message=planted.echo, count=None)
        refused = await call("create_source", **source(scene, planted.given))
        assert refused.code == "bad_input"
        scene.mend()
        await overheard.look_around(call)
    overheard.find_none()


async def test_a_literal_is_refused_unless_the_operator_allows_it(overheard: Overheard) -> None:
    async with overheard.connected() as call:
        for arguments in ((login(f"{CANARY}Literal"), {}), (login(f"{CANARY}Literal"), {"dry_run": True})):
            refused = await call("create_credential", **arguments[0], **arguments[1])
            assert refused.code == "bad_input"
            assert "env:" in refused.text
        refused = await call("create_source", **source(overheard.scene, f"{CANARY}Literal"))
        assert refused.code == "bad_input"
        await overheard.look_around(call)
    assert writes(overheard.scene) == []
    overheard.find_none()
