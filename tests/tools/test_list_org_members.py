"""`list_org_members`: who belongs to the org, and who runs it."""

from __future__ import annotations

import pytest

from tests.tools.conftest import Call

pytestmark = pytest.mark.anyio


async def test_everybody_is_listed_and_admins_are_marked(call: Call) -> None:
    found = await call("list_org_members")
    assert not found.is_error, found.text
    emails = {row["email"] for row in found.structured["rows"]}
    assert {"dana@acme.example", "sam@acme.example"} <= emails
    admins = await call("list_org_members", admins_only=True)
    assert {row["email"] for row in admins.structured["rows"]} < emails
    assert all(row["admin"] for row in admins.structured["rows"])


async def test_somebody_is_found_by_a_part_of_their_name(call: Call) -> None:
    found = await call("list_org_members", name="SAM@")
    assert [row["email"] for row in found.structured["rows"]] == ["sam@acme.example"]
