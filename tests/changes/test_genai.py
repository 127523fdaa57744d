"""`configure_genai` and `suggest_docs`: a language model for the org, and what it writes only when somebody agrees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.changes.conftest import Called, Scene, agreeing

pytestmark = pytest.mark.anyio

SECRET = "c4n4ry-openai-key"
WORDS: dict[str, Any] = {"name": "Docs model", "provider": "genai_openai", "key": "env:OPENAI_KEY", "model": "gpt-5"}
ALLOWED = {"secret_variables": ("OPENAI_*",)}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_KEY", SECRET)


def genai(scene: Scene) -> dict[str, list[Mapping[str, Any]]]:
    """Configs and what is in force, without ids and times."""
    names = {row["id"]: row["name"] for row in scene.rows("gen_ai_integration_configs")}
    hidden = {"id", "created_at", "updated_at", "data_credentials_id", "gen_ai_config_id"}

    def plain(row: Mapping[str, Any]) -> dict[str, Any]:
        config = names.get(row.get("gen_ai_config_id"))
        return {name: value for name, value in row.items() if name not in hidden} | {"config_name": config}

    kinds = ("gen_ai_integration_configs", "gen_ai_org_settings")
    return {kind: [plain(row) for row in scene.rows(kind)] for kind in kinds}


def in_force(scene: Scene, usage: str = "gen_docs") -> list[str]:
    names = {row["id"]: row["name"] for row in scene.rows("gen_ai_integration_configs")}
    return [
        names[row["gen_ai_config_id"]] for row in scene.rows("gen_ai_org_settings", gen_ai_usage=usage, active=True)
    ]


async def confirmed(call: Any, tool: str, **arguments: Any) -> Called:
    asked: Called = await call(tool, **arguments)
    assert asked.state == "confirmation_required", asked.text
    answer: Called = await call(tool, **arguments, confirmation=asked.structured["confirmation"])
    return answer


async def test_a_model_is_set_up_and_the_second_call_finds_nothing_to_do(scene: Scene) -> None:
    async with scene.connected(**ALLOWED) as call:
        answer = await confirmed(call, "configure_genai", **WORDS)
        again = await call("configure_genai", **WORDS)
    assert answer.state == "done"
    assert "nothing to do" in again.text
    config = scene.row("gen_ai_integration_configs", name="Docs model")
    login = scene.row("data_credentials", id=config["data_credentials_id"])
    assert login["_sandbox"]["secrets"] == {"api_key": SECRET}
    assert (config["type"], config["config"]["openai_model"]) == ("genai_openai", "gpt-5")
    assert in_force(scene) == ["Docs model"]


async def test_the_provider_key_is_in_no_output_and_no_state(scene: Scene) -> None:
    async with scene.connected(**ALLOWED) as call:
        answer = await confirmed(call, "configure_genai", **WORDS)
        receipt = await call("get_operation", operation=answer.structured["operation"])
        literal = await call("configure_genai", **{**WORDS, "name": "Other", "key": SECRET})
    assert literal.is_error
    for said in (answer, receipt, literal):
        assert SECRET not in said.text + json.dumps(said.structured)
    kept = b"".join(file.read_bytes() for file in scene.settings.state_dir.rglob("*") if file.is_file())
    assert SECRET.encode() not in kept


async def test_a_key_that_the_operator_did_not_list_is_not_followed(scene: Scene) -> None:
    before = scene.snapshot()
    async with scene.connected() as call:
        answer = await call("configure_genai", **WORDS)
    assert answer.code == "not_allowed"
    assert scene.snapshot() == before


async def test_undo_puts_the_former_model_back(scene: Scene) -> None:
    async with scene.connected(**ALLOWED, confirm="token") as call:
        await confirmed(call, "configure_genai", **{**WORDS, "name": "First model"})
        before, account = genai(scene), scene.snapshot()
        made = await confirmed(call, "configure_genai", **WORDS)
        assert in_force(scene) == ["Docs model"]
        undone = await confirmed(call, "control_operation", operation=made.structured["operation"], action="undo")
    assert undone.state == "done"
    assert in_force(scene) == ["First model"]
    assert (genai(scene), scene.snapshot()) == (before, account)


async def test_undo_of_the_first_leaves_none(scene: Scene) -> None:
    before, account = genai(scene), scene.snapshot()
    async with scene.connected(**ALLOWED, confirm="token") as call:
        made = await confirmed(call, "configure_genai", **WORDS)
        await confirmed(call, "control_operation", operation=made.structured["operation"], action="undo")
    assert (genai(scene), scene.snapshot()) == (before, account)


async def test_a_login_that_exists_is_taken_and_kept(scene: Scene) -> None:
    credential = scene.rows("data_credentials")[0]["id"]
    words = {"name": "Docs model", "provider": "genai_googleai", "credential": credential}
    logins = scene.rows("data_credentials")
    async with scene.connected(confirm="token") as call:
        made = await confirmed(call, "configure_genai", **words)
        await confirmed(call, "control_operation", operation=made.structured["operation"], action="undo")
    assert scene.rows("data_credentials") == logins


@pytest.mark.parametrize("words", [{}, {"key": "env:OPENAI_KEY", "credential": 1}])
async def test_exactly_one_of_key_and_credential(scene: Scene, words: dict[str, Any]) -> None:
    async with scene.connected(**ALLOWED) as call:
        answer = await call("configure_genai", name="Docs model", provider="genai_openai", **words)
    assert answer.code == "bad_input"


async def test_another_model_of_the_same_name_is_not_taken_for_it(scene: Scene) -> None:
    async with scene.connected(**ALLOWED) as call:
        await confirmed(call, "configure_genai", **WORDS)
        answer = await call("configure_genai", **{**WORDS, "model": "gpt-6"})
    assert answer.code == "conflict"


@pytest.mark.parametrize("kind", ["reset_after", "late"])
@pytest.mark.parametrize("route", ["/gen_ai_integration_configs", "/gen_ai_org_settings"])
async def test_a_lost_answer_makes_no_second_one(scene: Scene, route: str, kind: str) -> None:
    async with scene.connected(**ALLOWED) as call:
        scene.break_(kind, route=route, method="POST", **({"seconds": 3} if kind == "late" else {}))
        answer = await confirmed(call, "configure_genai", **WORDS)
        assert answer.state == "done", answer.text
        scene.settle()
    assert len(scene.rows("gen_ai_integration_configs")) == 1
    assert len(scene.rows("gen_ai_org_settings")) == 1


async def test_a_binding_that_is_refused_takes_the_rest_back(scene: Scene) -> None:
    before, account = genai(scene), scene.snapshot()
    async with scene.connected(**ALLOWED) as call:
        scene.break_("status", status=403, route="/gen_ai_org_settings", method="POST")
        answer = await confirmed(call, "configure_genai", **WORDS)
    assert answer.is_error
    assert (genai(scene), scene.snapshot()) == (before, account)


async def test_without_a_model_nothing_is_suggested(scene: Scene) -> None:
    nexset = scene.rows("data_sets")[0]["id"]
    async with scene.connected() as call:
        answer = await call("suggest_docs", resource=nexset)
    assert answer.code == "unsupported"
    assert "configure_genai" in answer.text


@contextmanager
def unchanged(scene: Scene) -> Iterator[None]:
    before = scene.snapshot()
    yield
    assert scene.snapshot() == before


@pytest.mark.parametrize("kind", ["nexset", "flow"])
async def test_a_suggestion_stands_beside_the_present_text_and_is_written_only_when_agreed(
    scene: Scene, kind: str
) -> None:
    source = (
        scene.row("data_sources", name="Ad spend")
        if scene.rows("data_sources", name="Ad spend")
        else scene.rows("data_sources", status="ACTIVE")[0]
    )
    nexset = scene.rows("data_sets", data_source_id=source["id"])[0]
    identifier = nexset["id"] if kind == "nexset" else source["flow_node_id"]
    of = "data_sets" if kind == "nexset" else "data_sources"
    described = nexset if kind == "nexset" else source
    async with scene.connected(**ALLOWED, confirm="token") as call:
        await confirmed(call, "configure_genai", **WORDS)
        with unchanged(scene):
            answer = await call("suggest_docs", resource=identifier, type=kind)
        text = answer.structured["suggested"]
        assert described["name"] in text
        assert answer.structured.get("present") == (described["description"] or None)
        before = scene.snapshot()
        written = await confirmed(call, "suggest_docs", resource=identifier, type=kind, apply=text)
        assert scene.row(of, id=described["id"])["description"] == text.strip()
        again = await call("suggest_docs", resource=identifier, type=kind, apply=text)
        assert "nothing to do" in again.text
        operation = written.structured["operation"]
        undo = await call("control_operation", operation=operation, action="undo")
        if undo.state == "confirmation_required":
            token = undo.structured["confirmation"]
            undo = await call("control_operation", operation=operation, action="undo", confirmation=token)
        assert undo.state == "done"
    assert scene.snapshot() == before


async def test_a_person_is_asked_before_it_is_written(scene: Scene) -> None:
    nexset = scene.rows("data_sets")[0]["id"]
    async with scene.connected(reply=agreeing) as call:
        answer = await call("suggest_docs", resource=nexset, apply="All orders.")
    assert answer.state == "done"
    assert len(scene.asked) == 1
    assert "All orders." in scene.asked[0].message


async def test_read_only_asks_no_language_model_and_writes_nothing(scene: Scene) -> None:
    nexset = scene.rows("data_sets")[0]["id"]
    async with scene.connected(read_only=True) as call:
        for words in ({}, {"apply": "All orders."}):
            assert (await call("suggest_docs", resource=nexset, **words)).code == "not_allowed"
    assert scene.sent("POST", "/data_sets/{data_set_id}/docs/recommendation") == 0
