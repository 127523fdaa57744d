"""Scheduled health check with an alert.

A check of everything, the service levels that were promised, the cause of the worst trouble, and word to the people on
call. The same as a scheduled job: `nexla-mcp call run_health_check --alert oncall` ends with 8 and tells them.
"""

from __future__ import annotations

import pytest

from tests.changes.receiver import receiving
from tests.recipes.conftest import Recipe

pytestmark = pytest.mark.anyio

SENTENCE = "Check our tier 1 pipelines, hold them to 3 hours of freshness, and tell on-call if something is broken."


async def test_recipe(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        monkeypatch.setenv("ON_CALL_WEBHOOK", receiver.url)
        await recipe.open(alerts={"oncall": "slack:env:ON_CALL_WEBHOOK"})

        health = await recipe.call("run_health_check", tag="tier-1", only_problems=True)
        sick = [flow for flow in health.structured["flows"] if flow["verdict"] == "sick"]
        assert sick
        statuses = {
            row["name"]: row["status"] for row in recipe.outside.get("/data_sources", access_role="collaborator")
        }
        assert all(flow["name"] in statuses for flow in sick)

        await recipe.call("find_operation", query="check service levels, send an alert")
        levels = await recipe.call("check_sla", targets=[{"name": "Tier 1", "tag": "tier-1", "fresh_within": "3h"}])
        assert levels.structured["verdict"] == "breached"

        cause = await recipe.call("diagnose_flow", flow=sick[0]["flow_id"])
        sent = await recipe.call(
            "send_alert",
            channel="oncall",
            title=f"{sick[0]['name']} is broken",
            text=cause.text,
            severity="critical",
        )
        assert sent.structured["state"] == "done"
        (message,) = receiver.messages
        assert sick[0]["name"] in message["text"]
        assert receiver.url not in sent.text
