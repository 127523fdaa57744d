"""Transform pipeline.

A transform is tried on real samples, then put below a nexset that exists, and what comes out of it is looked at.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Outside, Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "The CRM contacts should have lower-case stages and no company. Show me what it would do first."
DERIVED = "CRM contacts, tidy"
CODE = [
    {"operation": "remove", "spec": {"company": ""}},
    {"operation": "modify-overwrite-beta", "spec": {"stage": "=toUpper(@(1,stage))"}},
]


async def test_recipe(recipe: Recipe) -> None:
    before = recipe.outside.get("/data_sets", access_role="collaborator")
    (parent,) = (row for row in before if row["name"] == "1 - CRM Contacts")
    wrong = await recipe.call("preview_transform", nexset=parent["name"], code=CODE)
    assert wrong.structured["lost"] == ["company"]
    assert recipe.outside.get("/data_sets", access_role="collaborator") == before

    recipe.says("Lower case, I said. If that is right, build it and let it run.")
    code = [CODE[0], {"operation": "modify-overwrite-beta", "spec": {"stage": "=toLower(@(1,stage))"}}]
    right = await recipe.call("preview_transform", nexset=parent["name"], code=code)
    assert right.structured["transformed"] == right.structured["looked_at"] > 0
    assert right.structured["failures"] == []
    made = await recipe.call("create_nexset", name=DERIVED, parent=parent["id"], code=code)
    assert made.structured["state"] == "done"
    (nexset,) = (row for row in recipe.outside.get("/data_sets") if row["name"] == DERIVED)
    started = await recipe.call("activate", type="nexset", resource=nexset["id"])
    assert started.structured["state"] == "done"
    assert recipe.outside.get(f"/data_sets/{nexset['id']}")["status"] == "ACTIVE"

    recipe.says("Next morning: did it work?")
    recipe.scene.sandbox.world.clock.advance(2 * 86_400)
    outside = Outside(recipe.scene)
    seen = await recipe.call("get_samples", nexset=nexset["id"])
    records = outside.get(f"/data_sets/{nexset['id']}/samples")
    assert seen.structured["records"] == records
    assert all("company" not in record and record["stage"] == record["stage"].lower() for record in records)
