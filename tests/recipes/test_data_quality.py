"""Schema and data quality.

What the records look like, a schema and rules taken from them, a rule of one's own, and whether new samples keep to
them.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Are the cleaned orders any good? Amounts must be positive and every order must be there once."


async def test_recipe(recipe: Recipe) -> None:
    (nexset,) = (
        row for row in recipe.outside.get("/data_sets", access_role="collaborator") if row["name"] == "Orders, cleaned"
    )
    await recipe.call("find_operation", query="check data quality of samples")
    suggested = await recipe.call("check_data_quality", nexset="Orders, cleaned")
    schema = suggested.structured["json_schema"]
    outside = recipe.outside.get(f"/data_sets/{nexset['id']}/samples", count=100)
    assert suggested.structured["looked_at"] == len(outside)

    rules = [{"field": "id", "required": True, "unique": True}, {"field": "total_amount", "minimum": 0.01}]
    checked = await recipe.call("check_data_quality", nexset=nexset["id"], json_schema=schema, rules=rules)
    assert checked.structured["verdict"] == "passed"

    recipe.says("We sell in euro only.")
    euro = [{"field": "currency", "pattern": "^EUR$"}]
    found = await recipe.call("check_data_quality", nexset=nexset["id"], rules=euro)
    assert found.structured["verdict"] == "failed"
    others = [sample for sample in outside if _record(sample)["currency"] != "EUR"]
    assert found.structured["findings"][0]["failed"] == len(others)


def _record(sample: dict[str, object]) -> dict[str, object]:
    """With or without its metadata."""
    inner = sample.get("rawMessage")
    return inner if isinstance(inner, dict) else sample
