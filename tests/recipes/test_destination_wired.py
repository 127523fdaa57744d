"""Destination wired and activated.

A nexset that exists is written to one more place: the destination is made, resting, then started, and the assistant
looks whether records arrive. Only what it made runs differently afterwards.
"""

from __future__ import annotations

import pytest

from tests.changes.conftest import LAKE
from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Also write our cleaned Shopify orders to the data lake, as JSON under orders/daily."
NEXSET, NAME = "Orders, cleaned", "Orders in the lake"


async def test_recipe(recipe: Recipe) -> None:
    before = {row["id"]: row["status"] for row in recipe.outside.get("/data_sinks")}

    found = await recipe.call("search_resources", types=["nexset"], name="orders")
    nexset = next(row for row in found.structured["rows"] if row["name"] == NEXSET)
    login = await recipe.call("probe_credential", credential=LAKE)
    assert login.structured["state"] == "ok"

    made = await recipe.call(
        "create_destination",
        name=NAME,
        connector="s3",
        nexset=nexset["id"],
        credential=login.structured["credential_id"],
        config={"path": "acme-data-lake/orders/daily", "data_format": "json"},
    )
    (sink,) = (row for row in made.structured["resources"] if row["role"] == "made")
    assert recipe.outside.get(f"/data_sinks/{sink['id']}")["status"] == "INIT"

    started = await recipe.call("activate", type="destination", resource=sink["id"])
    assert started.structured["state"] == "done"
    wired = recipe.outside.get(f"/data_sinks/{sink['id']}")
    assert (wired["status"], wired["data_set"]["name"]) == ("ACTIVE", NEXSET)
    others = {row["id"]: row["status"] for row in recipe.outside.get("/data_sinks") if row["id"] != sink["id"]}
    assert others == before

    recipe.says("An hour later: do they arrive?")
    await recipe.scene.clock.sleep(3_700)
    runs = await recipe.call("get_metrics", type="destination", resource=sink["id"], by="run")
    assert sum(row["records"] for row in runs.structured["rows"]) > 0, runs.text
