"""Reusable transform.

Code that several nexsets use: made once, used twice, and changed in one place, with a look at all that use it.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Make one transform that drops updated_at, and use it for the CRM contacts and the customer master."
NAME = "Without updated_at"
CODE = [{"operation": "remove", "spec": {"updated_at": ""}}]


async def test_recipe(recipe: Recipe) -> None:
    made = await recipe.call("create_transform", name=NAME, code=CODE)
    assert made.structured["state"] == "done"
    (transform,) = (row for row in recipe.outside.get("/transforms") if row["name"] == NAME)
    assert transform["code"] == CODE

    parents = {row["name"]: row["id"] for row in recipe.outside.get("/data_sets")}
    derived = []
    for name in ("CRM Contacts", "Customer Master"):
        done = await recipe.call(
            "create_nexset", name=f"{name}, slim", parent=parents[f"1 - {name}"], transform=transform["id"]
        )
        (row,) = (item for item in done.structured["resources"] if item["role"] == "made")
        derived.append(row["id"])
    assert set(recipe.outside.get(f"/transforms/{transform['id']}")["data_sets"]) == set(derived)

    recipe.says("It should drop the e-mail address as well. Which ones does that reach?")
    code = [{"operation": "remove", "spec": {"updated_at": "", "email": ""}}]
    where = {"type": "transform", "resource": transform["id"], "changes": {"code": code}}
    plan = await recipe.call("update_resource", **where, dry_run=True)
    affected = {row["id"] for row in plan.structured["resources"] if row["role"] == "affected"}
    assert affected == set(derived)
    assert recipe.outside.get(f"/transforms/{transform['id']}")["code"] == CODE

    recipe.says("Both. Do it.")
    done = await recipe.call("update_resource", **where)
    assert done.structured["state"] == "done"
    assert recipe.outside.get(f"/transforms/{transform['id']}")["code"] == code
