"""Every write that offers an undo: the account is as it was before, seen from outside; the others say so before."""

from __future__ import annotations

from pathlib import Path

import pytest

from nexla_mcp.tools.registry import all_tools
from tests.matrix.accounts import Accounts
from tests.matrix.test_faults_on_write_tools import accounts, made
from tests.matrix.write_tools import WRITES, confirmed

__all__ = ["accounts", "made"]

pytestmark = pytest.mark.anyio

UNDOES = [name for name, write in WRITES.items() if write.tool != "control_operation"]
ELSEWHERE = {
    "run_batch": "tests/changes/test_run_batch.py",
    "call_operation": "tests/changes/test_call_operation.py",
    "manage_project": "tests/changes/test_administration.py",
    "manage_team": "tests/changes/test_administration.py",
    "manage_lookup": "tests/changes/test_administration.py",
    "manage_notifications": "tests/changes/test_administration.py",
    "decide_approval": "a decision has no undo, and says so",
    "send_alert": "a message has no undo, and says so",
    "send_webhook_records": "what was sent has no undo, and says so",
    "start_task": "a task has no undo, and says so",
    "manage_task": "a result that was deleted has no undo, and says so",
    "suggest_docs": "tests/changes/test_genai.py",
    "configure_genai": "tests/changes/test_genai.py",
    "revoke_access": "tests/changes/test_revoke_and_replace.py",
    "replace_access": "tests/changes/test_revoke_and_replace.py",
}
"""Tools whose undo is tested where their own tests are, or that have none."""


def test_no_tool_that_changes_something_is_left_out() -> None:
    changing = {spec.name for spec in all_tools() if spec.changes and spec.name != "control_operation"}
    assert changing == {WRITES[name].tool for name in UNDOES} | set(ELSEWHERE) & changing
    for place in ELSEWHERE.values():
        assert not place.startswith("tests/") or Path(__file__).parents[2].joinpath(place).is_file()


@pytest.mark.parametrize("name", UNDOES)
async def test_undone_it_is_as_before(name: str, accounts: Accounts, tmp_path: Path) -> None:
    write = WRITES[name]
    with accounts.scene(write.account, tmp_path) as scene:
        async with scene.connected() as call:
            before = scene.snapshot()
            done = await confirmed(call, write.tool, **write.arguments(scene, ""))
            assert done.state == "done", done.text
            undo = done.structured["undo"]
            if undo != "undo":
                assert "cannot" in undo or "rebuild" in undo or "none" in undo or "nothing" in undo, undo
                return
            undone = await confirmed(call, "control_operation", operation=done.structured["operation"], action="undo")
            assert undone.state == "done", undone.text
            receipt = await call("get_operation", operation=done.structured["operation"])
            assert receipt.state == "undone"
            assert scene.snapshot() == before
