"""Background tasks.

Nexla gathers the audit logs in the background, and pauses several flows at once after a person has seen which.
"""

from __future__ import annotations

import pytest

from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Get me the audit log of our projects as a file, then pause the churn and the Shopify flow in one go."
FLOWS = ("Churn Features", "Shopify Orders")


async def test_audit_logs_and_a_bulk_pause_run_in_the_background(recipe: Recipe) -> None:
    await recipe.call("find_operation", query="background task")
    types = await recipe.call("get_task")
    assert {"GetAuditLogs", "BulkPauseFlows"} <= set(types.structured["types"])

    await recipe.call("start_task", type="GetAuditLogs", arguments={"resource_type": "projects"})
    (logs,) = recipe.outside.get("/async_tasks")
    assert logs["status"] == "completed"
    shown = await recipe.call("get_task", task=logs["id"], link=True)
    assert shown.structured["download_link"] == recipe.outside.get(f"/async_tasks/{logs['id']}/download_link")
    expected = recipe.outside.get(f"/async_tasks/{logs['id']}/result")["entries"]
    assert [row["id"] for row in shown.structured["rows"]] == [row["id"] for row in expected]

    flows = [recipe.scene.flow_id(name) for name in FLOWS]
    await recipe.agreed("start_task", type="BulkPauseFlows", arguments={"flow_ids": flows})
    for flow in flows:
        statuses = {node["status"] for node in recipe.outside.get(f"/flows/{flow}")["data_sources"]}
        assert statuses == {"PAUSED"}
