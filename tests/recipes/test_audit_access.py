"""Audit of access changes.

Somebody has been let in on a source. Who gave it, and when, is looked up among everything that was changed, and what
the person may do now is told through their teams as well.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Sam should be able to run Billing Invoices."
SAM = "sam@acme.example"
SOURCE = "Billing Invoices"


async def test_recipe(recipe: Recipe) -> None:
    found = await recipe.call("search_resources", types=["source"], name=SOURCE)
    identifier = found.structured["rows"][0]["id"]
    await recipe.call("find_operation", query="grant access, audit changes of access")
    granted = await recipe.call(
        "grant_access", type="source", resources=[identifier], to="user", who=SAM, role="operator"
    )
    assert granted.structured["state"] == "done"

    recipe.says("Who has changed access to our sources this week, and what may Sam do with this one now?")
    trail = await recipe.call("audit_changes", type="source", access_only=True)
    rows = [row for row in trail.structured["rows"] if row["id"] == identifier]
    assert [row["who"] for row in rows[:1]] == ["dana@acme.example"]
    assert all(row["access"] for row in trail.structured["rows"])
    sam = await recipe.call("list_access", type="source", resource=identifier, person=SAM)
    assert "operator" in sam.structured["reach"][0]["roles"]

    rules = recipe.outside.get(f"/data_sources/{identifier}/accessors")
    assert "operator" in {role for rule in rules if rule.get("email") == SAM for role in rule["access_roles"]}
    assert recipe.outside.get(f"/data_sources/{identifier}/audit_log")
