"""`find_operation`: whatever there is, found by the words that people use."""

from __future__ import annotations

import pytest

from nexla_mcp.contract.operations import operations
from tests.tools.conftest import Call, connected

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("rotate a password", "rotate_credential"),
        ("who changed what", "audit_changes"),
        ("pause a runtime", "pause_runtime"),
        ("list marketplace domains", "list_domains"),
        ("copy a flow", "copy_flow"),
        ("create many sources in bulk", "run_batch"),
        ("quarantine settings of a user", "get_quarantine_setting"),
        ("delete_runtime", "delete_runtime"),
        ("org custodians", "list_org_custodians"),
        ("approve a request", "decide_approval"),
    ],
)
async def test_plain_words_find_it(call: Call, words: str, wanted: str) -> None:
    found = await call("find_operation", query=words)
    names = [row["name"] for row in found.structured["rows"]]
    assert wanted in names, names


async def test_every_operation_is_found_by_its_name_first(call: Call) -> None:
    for name in operations():
        found = await call("find_operation", query=name, limit=1)
        assert found.structured["rows"][0]["name"] == name


async def test_it_tells_what_an_operation_takes_and_what_does_it_better(call: Call) -> None:
    found = await call("find_operation", query="update_source", limit=1)
    (row,) = found.structured["rows"]
    assert row["path"] == "PUT /data_sources/{source_id}"
    assert "source_id*" in row["takes"]
    assert "body{" in row["takes"]
    assert row["better"] == "update_resource"
    assert row["risk"] == "disruptive"


async def test_what_is_refused_says_why(call: Call) -> None:
    found = await call("find_operation", query="logout", limit=1)
    assert "session" in found.structured["rows"][0]["refused"]


async def test_a_tool_that_the_operator_denies_is_shown_as_such(settings) -> None:
    async with connected(settings.model_copy(update={"tools_deny": frozenset({"rotate_credential"})})) as call:
        found = await call("find_operation", query="rotate_credential", limit=1)
    assert "switched off" in found.structured["rows"][0]["refused"]


async def test_nothing_that_fits_is_said(call: Call) -> None:
    found = await call("find_operation", query="xyzzy")
    assert found.structured["rows"] == []
    assert "Nothing found" in found.text
