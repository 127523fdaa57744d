"""Deletes what a change has replaced, once the change has been seen to work."""

from __future__ import annotations

from typing import Any, ClassVar

from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.deleting import Delete
from nexla_mcp.operations.actions.verifying import VERIFIED, VerifyRun

KEPT = "kept"
"""In the output when nothing was deleted."""


class DeleteVerified(Action):
    """Arguments of `verify_run` as `verify`, and `type` and `id` of what is deleted when it says `verified`.

    When there was no run in time it is kept, and so said; when a run failed the step fails with nothing deleted.
    """

    name: ClassVar[str] = "delete_verified"
    deletes: ClassVar[bool] = True

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        return await VerifyRun().prepare(work, arguments["verify"])

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        verdict = await VerifyRun().act(work, arguments["verify"], before)
        told = {"verified": verdict["verified"], "evidence": verdict["evidence"]}
        if verdict["verified"] != VERIFIED:
            identity = {"type": arguments["type"], "id": arguments["id"]}
            return {**identity, **told, KEPT: True, "told": "is kept: not every flow has run since"}
        return {**await Delete().act(work, arguments, None), **told}

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        return await Delete().settle(work, arguments, before)
