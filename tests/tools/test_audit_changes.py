"""`audit_changes`: who changed what, of one resource, a flow, or a whole type."""

from __future__ import annotations

import pytest

from tests.tools.conftest import Call, connected

pytestmark = pytest.mark.anyio


async def test_a_flow_is_told_by_its_parts(call: Call) -> None:
    trail = await call("audit_changes", type="flow", resource="Billing Invoices", since="300d", limit=200)
    assert not trail.is_error, trail.text
    assert len({row["type"] for row in trail.structured["rows"]}) > 1
    times = [row["at"] for row in trail.structured["rows"]]
    assert times == sorted(times, reverse=True)
    assert sum(trail.structured["people"].values()) == trail.structured["total"]


async def test_access_changes_are_picked_out(settings) -> None:
    async with connected(settings.model_copy(update={"result_bytes": 1_000_000})) as call:
        await picked_out(call)


async def picked_out(call: Call) -> None:
    everything = await call("audit_changes", type="source", since="300d", limit=500)
    access = await call("audit_changes", type="source", since="300d", access_only=True, limit=500)
    marked = [row for row in everything.structured["rows"] if row.get("access")]
    assert access.structured["rows"]
    assert len(marked) == len(access.structured["rows"])
    assert {row["event"] for row in access.structured["rows"]} <= {"association_added", "association_removed", "update"}


async def test_one_persons_changes_are_found(call: Call) -> None:
    trail = await call("audit_changes", type="source", since="300d", who="sam@", limit=500)
    assert trail.structured["rows"]
    assert {row["who"] for row in trail.structured["rows"]} == {"sam@acme.example"}


async def test_secrets_are_in_no_change(call: Call) -> None:
    trail = await call("audit_changes", type="credential", since="300d", limit=500)
    assert "acme-desk-pw" not in trail.text


async def test_a_type_without_a_log_of_all_is_refused(call: Call) -> None:
    answer = await call("audit_changes", type="flow")
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
