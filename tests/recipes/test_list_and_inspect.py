"""List and inspect.

What there is, and how one pipeline hangs together: its tree with the state of every node, its logins, and a chart.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Which S3 sources do we have, and what happens to the store traffic data?"


async def test_recipe(recipe: Recipe) -> None:
    listed = await recipe.call("search_resources", types=["source"], connector="s3")
    visible = recipe.outside.get("/data_sources", access_role="collaborator")
    assert {row["id"] for row in listed.structured["rows"]} == {
        row["id"] for row in visible if row["source_type"] == "s3"
    }

    (traffic,) = (row for row in listed.structured["rows"] if row["name"] == "Store Traffic")
    flow = await recipe.call("get_flow", flow=traffic["id"], type="source", diagram=True)
    answer = recipe.outside.get(f"/data_sources/{traffic['id']}/flow")
    assert {node["id"] for node in flow.structured["nodes"]} == {
        row["id"] for kind in ("data_sources", "data_sets", "data_sinks") for row in answer[kind]
    }
    assert all(node["status"] for node in flow.structured["nodes"])
    assert "```mermaid" in flow.text
