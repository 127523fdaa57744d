"""New source and its nexsets.

The assistant looks for a login, tries it, makes the source, starts it, and shows what Nexla found in it.
"""

from __future__ import annotations

import pytest

from tests.changes.conftest import LAKE
from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Read the returns that land in our S3 data lake under returns/ every hour, and show me what is in them."
NAME = "Returns from the lake"


async def test_recipe(recipe: Recipe) -> None:
    logins = await recipe.call("search_resources", types=["credential"], connector="s3")
    (login,) = (row for row in logins.structured["rows"] if row["name"] == LAKE)

    tried = await recipe.call("probe_credential", credential=login["id"])
    assert tried.structured["state"] == "ok"

    made = await recipe.call(
        "create_source",
        name=NAME,
        connector="s3",
        credential=login["id"],
        config={"start.cron": "0 0 * * * ?", "path": "acme-data-lake/returns"},
    )
    (source,) = (row for row in made.structured["resources"] if row["role"] == "made")
    assert recipe.outside.get(f"/data_sources/{source['id']}")["status"] == "INIT"

    started = await recipe.call("activate", type="source", resource=source["id"])
    assert started.structured["verified"] == "verified"
    (nexset,) = recipe.outside.get(f"/data_sources/{source['id']}")["data_sets"]

    samples = await recipe.call("get_samples", nexset=nexset["name"])
    assert samples.structured["nexset_id"] == nexset["id"]
    shown = samples.structured["records"]
    assert shown == recipe.outside.get(f"/data_sets/{nexset['id']}/samples", count=len(shown))
    assert shown
