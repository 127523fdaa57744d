"""Deletes a resource. Nothing brings it back."""

from __future__ import annotations

from typing import Any, ClassVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work


class Delete(Action):
    """Arguments: `type` and `id`. One that is gone already is as good as deleted."""

    name: ClassVar[str] = "delete"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        kind, identifier = ResourceType(arguments["type"]), arguments["id"]
        output: Output = {"type": kind.value, "id": identifier}
        try:
            await getattr(work.nexla, f"{kind.value}s").delete(identifier)
        except Failure as failure:
            if failure.info.code is not ErrorCode.NOT_FOUND:
                raise
            return {**output, "gone_already": True}
        return output
