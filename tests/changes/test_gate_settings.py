"""What an operator's settings make of a change, whoever asks for it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mcp import Client

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.risk import Risk
from nexla_mcp.server import compose
from nexla_mcp.settings import load_settings
from nexla_mcp.tools.registry import all_tools
from tests.changes.conftest import ERAS, Called, Scene, agreeing
from tests.changes.test_gate_people import PAYMENTS, cancelling, pausing, writes

pytestmark = pytest.mark.anyio

TOKEN, CODE, ASKED, REFUSED, DONE = "token", "code", "asked", "refused", "done"
POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "auto": {"pause": (TOKEN, ASKED), "delete_resource": (CODE, ASKED)},
    "human": {"pause": (CODE, ASKED), "delete_resource": (CODE, ASKED)},
    "token": {"pause": (TOKEN, TOKEN), "delete_resource": (TOKEN, TOKEN)},
    "deny": {"pause": (REFUSED, REFUSED), "delete_resource": (REFUSED, REFUSED)},
}
"""What a client that cannot ask gets, and what one that can."""


@pytest.fixture(autouse=True)
def _no_settings_of_whoever_runs_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("NEXLA_")]:
        monkeypatch.delenv(name)


def what_came(answer: Called) -> str:
    if answer.is_error:
        assert answer.code == "not_allowed"
        return REFUSED
    if answer.state == "confirmation_required":
        return TOKEN if "confirmation" in answer.structured else CODE
    return ASKED if answer.state == "not_confirmed" else answer.state


def variables(monkeypatch: pytest.MonkeyPatch, **told: str) -> dict[str, Any]:
    """Settings as an operator gives them, in the environment."""
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    read = load_settings()
    for name in told:
        monkeypatch.delenv(name)
    fields = ("confirm", "confirm_allow", "read_only", "toolsets", "tools_allow", "tools_deny")
    return {field: getattr(read, field) for field in fields}


@contextlib.asynccontextmanager
async def listing(scene: Scene, **settings: Any) -> AsyncIterator[set[str]]:
    """The names of the tools that a client is offered."""
    server, account = compose(scene.settings.model_copy(update=settings), scene.clock)
    async with Client(server) as client:
        yield {tool.name for tool in (await client.list_tools()).tools}
    await account.close()


@pytest.mark.parametrize("mode", POLICIES)
async def test_each_policy_before_each_kind_of_client(scene: Scene, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = scene.snapshot()
    settings = variables(monkeypatch, NEXLA_MCP_CONFIRM=mode)
    for era in ERAS:
        for tool, (alone, with_person) in POLICIES[mode].items():
            async with scene.connected(era=era, **settings) as call:
                assert what_came(await call(tool, **pausing(scene))) == alone
            async with scene.connected(era=era, reply=cancelling, **settings) as call:
                assert what_came(await call(tool, **pausing(scene))) == with_person
    assert scene.snapshot() == before
    assert writes(scene) == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_token_is_enough_for_everything_where_the_operator_says_so(scene: Scene, era: str) -> None:
    async with scene.connected(era=era, reply=cancelling, confirm="token") as call:
        shown = await call("delete_resource", **pausing(scene))
        done = await call("delete_resource", **pausing(scene), confirmation=shown.structured["confirmation"])
    assert done.state == "done"
    assert scene.asked == []
    assert scene.rows("data_sources", name=PAYMENTS) == []


async def test_deny_still_plans_and_does_what_cannot_hurt(scene: Scene) -> None:
    resting = scene.flow_id("Holiday Campaign 2025")
    async with scene.connected(confirm="deny") as call:
        refused = await call("pause", **pausing(scene))
        assert refused.code == "not_allowed"
        assert "NEXLA_MCP_CONFIRM" in refused.text
        assert (await call("pause", **pausing(scene), dry_run=True)).state == "planned"
        assert writes(scene) == []
        assert (await call("activate", resource=resting, verify=False)).state == "done"


@pytest.mark.parametrize("mode", POLICIES)
async def test_a_tool_that_the_operator_allows_by_name_runs_and_no_other(
    scene: Scene, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = variables(monkeypatch, NEXLA_MCP_CONFIRM=mode, NEXLA_MCP_CONFIRM_ALLOW=" Pause , activate")
    refunds = {"type": "flow", "resource": scene.flow_id("Stripe Refunds")}
    async with scene.connected(reply=cancelling, **settings) as call:
        done = await call("pause", **pausing(scene))
        receipt = await call("get_operation", operation=done.structured["operation"])
        sent = writes(scene)
        alone, with_person = POLICIES[mode]["delete_resource"]
        assert what_came(await call("delete_resource", **refunds)) == with_person
    async with scene.connected(**settings) as call:
        assert what_came(await call("delete_resource", **refunds)) == alone
    assert done.state == "done"
    assert "NEXLA_MCP_CONFIRM_ALLOW" in receipt.structured["decision"]
    assert writes(scene) == sent
    assert scene.statuses(refunds["resource"]) == {"ACTIVE"}


async def test_what_is_allowed_for_one_tool_does_not_reach_its_undo(scene: Scene) -> None:
    async with scene.connected(confirm_allow=frozenset({"activate"})) as call:
        done = await call("activate", resource=scene.flow_id("Holiday Campaign 2025"), verify=False)
        undo = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert undo.state == "confirmation_required"
    assert scene.statuses(scene.flow_id("Holiday Campaign 2025")) == {"ACTIVE"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"NEXLA_MCP_CONFIRM": "token", "NEXLA_MCP_CONFIRM_ALLOW": "pause,delete_resource,activate"},
        {"NEXLA_MCP_TOOLS_ALLOW": "pause,delete_resource,activate,get_flow"},
        {"NEXLA_MCP_TOOLSETS": "all"},
    ],
    ids=["alone", "with confirmations", "with tools allowed", "with toolsets"],
)
async def test_read_only_wins_over_everything(
    scene: Scene, more: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scene.snapshot()
    settings = variables(monkeypatch, NEXLA_MCP_READ_ONLY="true", **more)
    # What only reads with some arguments is offered for these; its changes are tried in test_call_operation.
    changing = [spec.name for spec in all_tools() if spec.changes and spec.least_risk is not Risk.READ]
    async with listing(scene, **settings) as offered:
        assert offered
        assert not offered & set(changing)
        reading = {spec.name for spec in all_tools() if spec.least_risk is Risk.READ}
        assert offered <= reading
    async with scene.connected(reply=agreeing, **settings) as call:
        for tool in changing:
            for dry_run in (False, True):
                assert (await call(tool, dry_run=dry_run)).code == "not_allowed"
    assert scene.asked == []
    assert scene.snapshot() == before
    assert writes(scene) == []


async def test_a_tool_of_another_toolset_is_neither_listed_nor_run(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = variables(monkeypatch, NEXLA_MCP_TOOLSETS="discover, access", NEXLA_MCP_CONFIRM_ALLOW="pause")
    async with listing(scene, **settings) as offered:
        assert {"get_flow", "grant_access"} <= offered
        assert not {"pause", "delete_resource", "create_flow"} & offered
    async with scene.connected(**settings) as call:
        assert (await call("pause", **pausing(scene))).code == "not_allowed"
    assert writes(scene) == []


async def test_allowed_tools_are_all_there_is_and_denied_ones_are_not_even_then(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = variables(
        monkeypatch,
        NEXLA_MCP_TOOLS_ALLOW="pause,activate,delete_resource",
        NEXLA_MCP_TOOLS_DENY="delete_resource",
        NEXLA_MCP_TOOLSETS="monitor",
    )
    async with listing(scene, **settings) as offered:
        assert offered == {"pause", "activate"}
    async with scene.connected(reply=agreeing, **settings) as call:
        for tool in ("delete_resource", "grant_access", "get_flow"):
            assert (await call(tool, **pausing(scene))).code == "not_allowed"
        assert scene.asked == []
        assert (await call("pause", **pausing(scene))).state == "done"


async def test_a_denied_tool_is_not_reached_with_a_confirmation_from_before(scene: Scene) -> None:
    async with scene.connected() as call:
        token = (await call("pause", **pausing(scene))).structured["confirmation"]
    for settings in ({"tools_deny": frozenset({"pause"})}, {"read_only": True}, {"tools_allow": frozenset({"whoami"})}):
        async with scene.connected(**settings) as call:
            assert (await call("pause", **pausing(scene), confirmation=token)).code == "not_allowed"
    assert writes(scene) == []


@pytest.mark.parametrize("value", ["maybe", "AUTO ", "", "none", "true"])
def test_a_policy_that_does_not_exist_ends_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXLA_MCP_CONFIRM", value)
    with pytest.raises(Failure) as refused:
        load_settings()
    assert refused.value.info.code is ErrorCode.NOT_CONFIGURED
    assert "NEXLA_MCP_CONFIRM" in refused.value.info.message


def test_without_a_word_a_person_is_asked() -> None:
    assert load_settings().confirm == "auto"
