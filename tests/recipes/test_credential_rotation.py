"""Credential rotation across an environment, with resume.

The plan is shown first; the job that carries it out dies in the middle; another copy of the server goes on with it and
repeats nothing. The old credential stays until somebody asks for its end.
"""

from __future__ import annotations

import anyio
import pytest

from tests.changes.conftest import LAKE
from tests.changes.processes import died
from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = (
    "The key of our data lake has leaked. Everything that uses it has to log in with the new one, "
    "which is in LAKE_KEY and LAKE_SECRET."
)
KEYS = {"LAKE_KEY": "AKIALAKE000000000000", "LAKE_SECRET": "the-new-secret-of-the-lake"}
FIELDS = {
    "s3_auth_type": "Access Key",
    "access_key": "env:LAKE_KEY",
    "secret_key": "env:LAKE_SECRET",
    "region": "eu-west-1",
}
LISTED = "LAKE_*"


async def test_recipe(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    await recipe.open(secret_variables=LISTED)

    found = await recipe.call("search_resources", types=["credential"], name=LAKE)
    (lake,) = found.structured["rows"]
    used, ran = users(recipe, lake["id"]), statuses(recipe)
    assert used

    rotation = {"credential": lake["id"], "credentials": FIELDS}
    plan = await recipe.call("rotate_credential", **rotation, dry_run=True)
    assert plan.structured["state"] == "planned"
    assert users(recipe, lake["id"]) == used

    recipe.says("Good. The nightly job has begun with it, and its machine went down. Finish it.")
    variables = {**KEYS, "NEXLA_MCP_SECRET_VARIABLES": LISTED}
    moment = "before end 7"
    await anyio.to_thread.run_sync(
        lambda: died(recipe.scene, "rotate_credential", rotation, moment, **variables), abandon_on_cancel=True
    )
    assert "PAUSED" in statuses(recipe).values()
    await recipe.open(secret_variables=LISTED)
    (left,) = (await recipe.call("get_operation", limit=1)).structured["operations"]
    resumed = await recipe.agreed("control_operation", operation=left["operation"], action="resume")
    assert resumed.structured["state"] == "done"

    recipe.says("Does anything use the old key still?")
    again = await recipe.call("rotate_credential", **rotation)
    assert again.structured["state"] == "unchanged"
    logins = [row for row in recipe.outside.get("/data_credentials") if row["name"].startswith(LAKE)]
    assert len(logins) == 2, "made twice, or the old one is gone"
    (new,) = (row["id"] for row in logins if row["id"] != lake["id"])
    assert users(recipe, new) == used
    assert users(recipe, lake["id"]) == set()
    assert statuses(recipe) == ran


def users(recipe: Recipe, credential: int) -> set[tuple[str, int]]:
    """What logs in with a credential, as anybody sees it."""
    (flows,) = (recipe.outside.get("/flows", access_role="collaborator", per_page=100),)
    rows = ((kind, row) for kind in ("data_sources", "data_sinks") for row in flows[kind])
    return {(kind, row["id"]) for kind, row in rows if row["data_credentials_id"] == credential}


def statuses(recipe: Recipe) -> dict[tuple[str, int], str]:
    flows = recipe.outside.get("/flows", access_role="collaborator", per_page=100)
    kinds = ("data_sources", "data_sets", "data_sinks")
    return {(kind, row["id"]): row["status"] for kind in kinds for row in flows[kind]}
