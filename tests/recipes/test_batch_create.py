"""Batch create from a file.

The assistant makes every source of a table in one batch, with one of them refused; mended, the same call makes only
what is missing. When the person changes her mind each batch is taken back by one call.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.changes.conftest import LAKE
from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Make a source for each of the forty countries in countries.csv."
NAMES = [f"Orders of country {number:02}" for number in range(40)]


def _there(recipe: Recipe) -> list[str]:
    return sorted(row["name"] for row in recipe.outside.get("/data_sources") if row["name"] in NAMES)


async def test_recipe(recipe: Recipe, tmp_path: Path) -> None:
    before = recipe.scene.snapshot()
    (login,) = (row for row in recipe.outside.get("/data_credentials") if row["name"] == LAKE)
    rows = [f"{name},s3,{login['id']},0 0 * * * ?,acme-data-lake/{name[-2:]}" for name in NAMES]
    heading = "name,connector,credential,config.start.cron,config.path"
    (tmp_path / "countries.csv").write_text("\n".join([heading, *rows]))
    await recipe.open(file_folders=(str(tmp_path),))
    batch = {"action": "create", "type": "source", "file": "countries.csv"}

    await recipe.call("find_operation", query="create many resources from a file")
    plan = await recipe.call("run_batch", **batch, dry_run=True)
    assert plan.structured["undo"] == "undo"
    assert recipe.scene.snapshot() == before

    recipe.says("Yes, go on.")
    recipe.scene.break_("status", method="POST", route="/data_sources", status=403, count=1, skip=20)
    partly = await recipe.refused("run_batch", **batch)
    assert "39 done, 1 failed" in partly.text
    assert len(_there(recipe)) == 39

    recipe.scene.mend()
    recipe.says("The permission is there now, do the rest.")
    rest = await recipe.call("run_batch", **batch)
    assert rest.structured["items"] == {"done": 1}
    assert _there(recipe) == NAMES

    recipe.says("It was the wrong bucket. Take them all away again.")
    for operation in (rest.structured["operation"], partly.structured["operation"]):
        await recipe.agreed("control_operation", operation=operation, action="undo")
    assert _there(recipe) == []
    assert recipe.scene.snapshot() == before
