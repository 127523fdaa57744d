"""Webhooks.

A source that is sent to instead of reading by itself: it is made, started, and gets its first records. Nexla makes a
nexset of them. The plan says before that nothing calls records back; the key never shows.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Our shop will push its orders to us. Make a webhook for it and send these two orders through as a test."


async def test_recipe(recipe: Recipe) -> None:
    created = await recipe.call(
        "create_source",
        name="Shop orders",
        connector="nexla_rest",
        config={"webhook.auth_type": "Nexla API Key", "schema.detection.once": True, "hash.enabled": False},
    )
    assert created.structured["state"] == "done"
    (source,) = [row for row in recipe.outside.get("/data_sources") if row["name"] == "Shop orders"]
    identifier = source["id"]

    await recipe.call("activate", type="source", resource=identifier, verify=False)
    await recipe.call("find_operation", query="send records to a webhook")
    orders = [{"order_id": "A-1", "total": 19.9}, {"order_id": "A-2", "total": 5.0}]
    sent = await recipe.call("send_webhook_records", source=identifier, records=orders)
    assert sent.structured["state"] == "done"

    (nexset,) = recipe.outside.get(f"/data_sources/{identifier}")["data_sets"]
    assert [row["order_id"] for row in recipe.outside.get(f"/data_sets/{nexset['id']}/samples")] == ["A-1", "A-2"]
    (key,) = recipe.outside.get(f"/data_sources/{identifier}")["api_keys"]
    assert key["api_key"] not in sent.text

    samples = await recipe.call("get_samples", nexset=nexset["id"])
    assert "A-2" in samples.text
