"""Grant a team a pipeline.

No part of a pipeline inherits: the team is let in on each of them, it is looked at what one of its members may do then,
and when the work is over the team is taken off again, part by part.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import TEAM
from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Let the Finance Analytics team see the whole Churn Features pipeline."
FLOW = "Churn Features"


async def test_recipe(recipe: Recipe) -> None:
    flow = await recipe.call("get_flow", flow=FLOW)
    identifier = flow.structured["flow_id"]
    before = sharing(recipe, identifier)
    await recipe.call("find_operation", query="grant or revoke access of a team")
    granted = await recipe.call(
        "grant_access", type="flow", resources=[identifier], to="team", who=TEAM, whole_flow=True
    )
    assert granted.structured["state"] == "done"
    assert all(TEAM in names for names in sharing(recipe, identifier).values())

    recipe.says("The audit is done. Take the team off again.")
    revoked = await recipe.agreed(
        "revoke_access", type="flow", resources=[identifier], to="team", who=TEAM, whole_flow=True
    )
    assert revoked.structured["state"] == "done"
    left = await recipe.call("list_access", type="flow", resource=identifier, whole_flow=True)
    assert TEAM not in {grant["who"] for grant in left.structured["grants"]}
    assert sharing(recipe, identifier) == before


def sharing(recipe: Recipe, flow: int) -> dict[str, list[Any]]:
    """Whom each part is shared with, by the name or email that is told."""
    answer = recipe.outside.get(f"/flows/{flow}")
    found = {}
    for kind in ("data_sources", "data_sets", "data_sinks"):
        for row in answer[kind]:
            rules = recipe.outside.get(f"/{kind}/{row['id']}/accessors")
            found[f"{kind}/{row['id']}"] = sorted(str(rule.get("name") or rule.get("email")) for rule in rules)
    return found
