"""`decide_approval` and notifications that are deleted: for good, so a person agrees, and it is said before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import Scene, agreeing

pytestmark = pytest.mark.anyio

SAM = "sam@acme.example"


def waiting(scene: Scene) -> int:
    """A request of Sam's that nobody has decided."""
    user, org = scene.row("users", email=SAM), scene.rows("orgs")[0]
    fields: dict[str, Any] = {
        "org_id": org["id"],
        "request_type": "marketplace_item",
        "topic_id": 7,
        "status": "pending",
        "requestor_id": user["id"],
        "assignee_id": None,
        "rejection_reason": None,
        "created_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:00.000Z",
    }
    return int(scene.sandbox.world.store.insert("approval_requests", fields)["id"])


@pytest.mark.parametrize(("decision", "reason"), [("approve", None), ("reject", "Not before the audit.")])
async def test_a_request_is_decided_once_and_a_second_time_refused(
    scene: Scene, decision: str, reason: str | None
) -> None:
    request = waiting(scene)
    arguments: dict[str, Any] = {"request": request, "decision": decision, **({"reason": reason} if reason else {})}
    async with scene.connected(reply=agreeing) as call:
        plan = await call("decide_approval", **arguments, dry_run=True)
        assert plan.structured["risk"] == "destructive"
        assert scene.row("approval_requests", id=request)["status"] == "pending"
        done = await call("decide_approval", **arguments)
        assert done.state == "done", done.text
        again = await call("decide_approval", **arguments)
    row = scene.row("approval_requests", id=request)
    assert (row["status"], row["rejection_reason"]) == ({"approve": "approved", "reject": "rejected"}[decision], reason)
    assert again.code == "not_found"


async def test_nothing_is_decided_without_a_person(scene: Scene) -> None:
    request = waiting(scene)
    async with scene.connected() as call:
        asked = await call("decide_approval", request=request, decision="approve")
    assert asked.state == "confirmation_required"
    assert "confirmation" not in asked.structured
    assert scene.row("approval_requests", id=request)["status"] == "pending"


async def test_a_rejection_says_why(scene: Scene) -> None:
    request = waiting(scene)
    async with scene.connected(reply=agreeing) as call:
        refused = await call("decide_approval", request=request, decision="reject")
    assert refused.code == "bad_input"
    assert scene.row("approval_requests", id=request)["status"] == "pending"


@pytest.mark.parametrize("fault", ["reset_after", "late"])
async def test_a_decision_whose_answer_is_lost_is_looked_up(scene: Scene, fault: str) -> None:
    request = waiting(scene)
    async with scene.connected(reply=agreeing) as call:
        more = {"seconds": 5.0} if fault == "late" else {}
        scene.break_(fault, method="PUT", route="/approval_requests/{request_id}/approve", count=1, **more)
        done = await call("decide_approval", request=request, decision="approve")
    scene.settle()
    assert scene.row("approval_requests", id=request)["status"] == "approved"
    assert done.state == "done", done.text
    assert scene.sent("PUT", "/approval_requests/{request_id}/approve") == 1


async def test_deleted_notifications_are_gone_and_the_plan_says_that_for_good(scene: Scene) -> None:
    async with scene.connected(reply=agreeing) as call:
        rows = (await call("search_resources", types=["notification"], limit=3)).structured["rows"]
        ids = [row["id"] for row in rows]
        assert ids
        plan = await call("manage_notifications", action="delete", notifications=ids, dry_run=True)
        assert "none" in str(plan.structured.get("undo"))
        done = await call("manage_notifications", action="delete", notifications=ids)
        assert done.state == "done", done.text
        left = (await call("search_resources", types=["notification"], limit=100)).structured["rows"]
        undo = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert not {row["id"] for row in left} & set(ids)
    assert undo.is_error
