"""GenAI set-up.

A language model for the org, its key by reference; a description that it suggests, shown beside the present one; and
its text written once the person has agreed to it.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Set up our OpenAI key for documentation, and have it describe the nexset of the orders."


async def test_recipe(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_KEY", "c4n4ry-openai-key")
    await recipe.open(secret_variables=("OPENAI_KEY",))

    await recipe.call("find_operation", query="configure a language model, suggest docs")
    configured = await recipe.agreed(
        "configure_genai", name="Docs model", provider="genai_openai", key="env:OPENAI_KEY", model="gpt-5"
    )
    assert configured.structured["state"] == "done"
    active = recipe.outside.get("/gen_ai_org_settings/active_config", gen_ai_usage="gen_docs")
    assert active["gen_ai_config"]["name"] == "Docs model"
    assert "c4n4ry" not in configured.text

    found = await recipe.call("search_resources", types=["nexset"], name="orders")
    nexset = found.structured["rows"][0]["id"]
    before = recipe.outside.get(f"/data_sets/{nexset}")["description"]
    suggestion = await recipe.call("suggest_docs", resource=nexset)
    assert recipe.outside.get(f"/data_sets/{nexset}")["description"] == before

    recipe.says("Good. Take that.")
    text = suggestion.structured["suggested"]
    written = await recipe.agreed("suggest_docs", resource=nexset, apply=text)
    assert written.structured["state"] == "done"
    assert recipe.outside.get(f"/data_sets/{nexset}")["description"] == text.strip()
