"""Field masking.

Addresses of people are hidden in what a team gets: tried on samples, built, and looked at when it has run.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Outside, Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "The loyalty members go to an agency. Hide their e-mail addresses and drop what they have on their balance."
SOURCE, MASKED = "1 - Loyalty Members", "Loyalty members for the agency"
CODE = [
    {"operation": "remove", "spec": {"points": ""}},
    {"operation": "modify-overwrite-beta", "spec": {"email": "hidden"}},
]


async def test_recipe(recipe: Recipe) -> None:
    preview = await recipe.call("preview_transform", nexset=SOURCE, code=CODE)
    assert preview.structured["lost"] == ["points"]
    assert all(pair["after"]["email"] == "hidden" for pair in preview.structured["records"])

    recipe.says("Good. Build it and let it run.")
    made = await recipe.call("create_nexset", name=MASKED, parent=preview.structured["nexset_id"], code=CODE)
    assert made.structured["state"] == "done"
    (row,) = (item for item in made.structured["resources"] if item["role"] == "made")
    started = await recipe.call("activate", type="nexset", resource=row["id"], verify=False)
    assert started.structured["state"] == "done"

    recipe.says("Does anything of them get through?")
    recipe.scene.sandbox.world.clock.advance(2 * 86_400)
    outside = Outside(recipe.scene)
    seen = await recipe.call("get_samples", nexset=row["id"], limit=10)
    parents = outside.get(f"/data_sets/{preview.structured['nexset_id']}/samples", count=10)
    records = outside.get(f"/data_sets/{row['id']}/samples", count=10)
    assert len(records) == len(parents) == seen.structured["looked_at"] > 0
    assert {record["email"] for record in records} == {"hidden"}
    assert not any("points" in record for record in records)
    assert "points" not in outside.get(f"/data_sets/{row['id']}")["output_schema"]["properties"]
    assert not any(parent["email"] in seen.text for parent in parents)
