"""Deletes a resource. Nothing brings it back."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.lost import looked_up, patiently


class Delete(Action):
    """Arguments: `type` and `id`. One that is gone already is as good as deleted."""

    name: ClassVar[str] = "delete"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        kind, identifier = ResourceType(arguments["type"]), arguments["id"]
        output: Output = {"type": kind.value, "id": identifier}
        gone = partial(self._gone, work, kind, identifier)
        try:
            await getattr(work.nexla, f"{kind.value}s").delete(identifier)
        except Failure as failure:
            if failure.info.code is ErrorCode.NOT_FOUND:
                # A single 404 is no proof: what cannot be undone is not called done on the strength of one answer.
                if await patiently(work, gone) is None:
                    raise
                return {**output, "gone_already": True}
            await looked_up(work, failure, gone, resource=f"{kind.value} {identifier}", next_tool="get_resource")
        return output

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        kind, identifier = ResourceType(arguments["type"]), arguments["id"]
        if await patiently(work, partial(self._gone, work, kind, identifier)) is None:
            return None
        return {"type": kind.value, "id": identifier, "gone_already": True}

    @staticmethod
    async def _gone(work: Work, kind: ResourceType, identifier: int) -> bool | None:
        try:
            await getattr(work.nexla, f"{kind.value}s").get(identifier)
        except Failure as failure:
            if failure.info.code is not ErrorCode.NOT_FOUND:
                raise
            return True
        return None
