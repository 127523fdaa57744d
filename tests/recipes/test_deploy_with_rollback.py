"""Deploy from a spec, with validation and rollback.

What a pipeline of CI does: show the plan, deploy, see the first run; a second deployment changes nothing, and one of
which a step is refused leaves nothing behind.
"""

from __future__ import annotations

import pytest

from tests.changes.conftest import FLOW, SPEC
from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Deploy orders-eu.yaml to production. If anything fails, leave nothing behind."


async def test_recipe(recipe: Recipe) -> None:
    before = recipe.scene.snapshot()
    plan = await recipe.call("create_flow", **SPEC, dry_run=True)
    assert plan.structured["state"] == "planned"
    assert recipe.scene.snapshot() == before

    done = await recipe.call("create_flow", **SPEC)
    assert done.structured["state"] == "done"
    assert done.structured["verified"] == "verified"
    (source,) = (row for row in recipe.outside.get("/data_sources") if row["name"] == FLOW)
    flow = recipe.outside.get(f"/data_sources/{source['id']}/flow")
    rows = [row for kind in ("data_sources", "data_sets", "data_sinks") for row in flow[kind]]
    assert {row["status"] for row in rows} == {"ACTIVE"}

    recipe.says("The pipeline ran again for the same commit.")
    again = await recipe.call("create_flow", **SPEC)
    assert again.structured["state"] == "unchanged"

    recipe.says("Now the one for Asia.")
    deployed = recipe.scene.snapshot()
    recipe.scene.break_("status", method="PUT", route="/data_sinks/{data_sink_id}/accessors", status=403, count=None)
    failed = await recipe.refused("create_flow", **{**SPEC, "name": "Orders APAC"})
    assert "Taken back" in failed.text
    assert recipe.scene.snapshot() == deployed
