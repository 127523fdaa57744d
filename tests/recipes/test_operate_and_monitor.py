"""Operate and monitor.

A flow is stopped for as long as something else is at work, started again, and watched: how its first run went, what
it moves by day, and what it logs.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "The shop is being migrated. Stop the Shopify orders until I say so."
FLOW = "Shopify Orders"


async def test_recipe(recipe: Recipe) -> None:
    flow = await recipe.call("get_flow", flow=FLOW)
    identifier = flow.structured["flow_id"]
    assert statuses(recipe, identifier) == {"ACTIVE"}
    stopped = await recipe.agreed("pause", resource=identifier)
    assert stopped.structured["state"] == "done"
    assert statuses(recipe, identifier) == {"PAUSED"}

    recipe.says("The migration is over. Start it again and tell me whether orders come in.")
    started = await recipe.call("activate", resource=identifier)
    assert started.structured["verified"] == "verified"
    assert statuses(recipe, identifier) == {"ACTIVE"}

    recipe.says("Is that as much as on other days, and did it log anything odd?")
    days = await recipe.call("get_metrics", resource=identifier)
    assert days.structured["rows"]
    lines = await recipe.call("fetch_logs", resource=identifier, run="latest")
    source = flow.structured["nodes"][0]["id"]
    runs = recipe.outside.get(f"/data_sources/{source}")["run_ids"]
    assert str(max(run["id"] for run in runs)) in str(lines.structured) + lines.text


def statuses(recipe: Recipe, flow: int) -> set[str]:
    answer = recipe.outside.get(f"/flows/{flow}")
    return {row["status"] for kind in ("data_sources", "data_sets", "data_sinks") for row in answer[kind]}
