"""Compare dev and prod.

What only one environment has, in which fields the rest differs, and the spec that brings what is missing over. Prod may
be another account: then a profile names it, and it is only read.
"""

from __future__ import annotations

import copy

import pytest

from tests.changes.conftest import SPEC
from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Is production the same as dev? Bring over what is missing."


async def test_recipe(recipe: Recipe) -> None:
    await _prepared(recipe)

    await recipe.call("find_operation", query="compare two environments")
    compared = await recipe.call("compare_environments", left="tag:dev", right="tag:prod", specs=True)
    differing = {row["field"]: row for row in compared.structured["differences"] if not row.get("environment_only")}
    assert set(differing) == {"config/start.cron"}
    (missing,) = compared.structured["only_left"]
    (written,) = compared.structured["specs"]
    assert (missing["name"], written["flow_id"]) == ("Invoices (dev)", missing["id"])

    recipe.says("Yes, make the invoices in prod, paused for now.")
    spec = copy.deepcopy(written["spec"])
    spec["name"] = "Invoices (prod)"
    spec["source"] |= {"name": "Invoices (prod)", "tags": ["prod"]}
    spec["source"]["config"]["path"] = spec["source"]["config"]["path"].replace("dev", "prod")
    made = await recipe.call("create_flow", **{**spec, "activate": False, "verify": False})
    assert made.structured["state"] == "done"

    again = await recipe.call("compare_environments", left="tag:dev", right="tag:prod")
    assert again.structured["only_left"] == []
    rows = {row["name"]: row for row in recipe.outside.get("/data_sources", access_role="collaborator")}
    assert {"Invoices (dev)", "Invoices (prod)"} <= set(rows)


async def _prepared(recipe: Recipe) -> None:
    """Two environments as they are before anybody asks."""
    async with recipe.scene.connected() as call:
        for environment, flow, cron in (
            ("dev", "Orders EU", "0 0 * * * ?"),
            ("prod", "Orders EU", "0 30 * * * ?"),
            ("dev", "Invoices", "0 0 * * * ?"),
        ):
            spec = copy.deepcopy(SPEC)
            spec["name"] = f"{flow} ({environment})"
            spec["source"]["tags"] = [environment]
            spec["source"]["config"] = {"path": f"acme-data-lake/{environment}/{flow.lower()}", "start.cron": cron}
            done = await call("create_flow", **spec, activate=False, verify=False)
            assert done.state == "done", done.text
