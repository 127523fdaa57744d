"""Deletes a resource. Nothing brings it back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import looked_up, patiently
from nexla_mcp.operations.actions.statuses import affected
from nexla_mcp.operations.configuration import target_of
from nexla_mcp.operations.lineage import IN_A_TREE, read_tree
from nexla_mcp.safety.untrusted import quoted


class Delete(Action):
    """Arguments: `type` and `id`. One that is gone already is as good as deleted."""

    name: ClassVar[str] = "delete"
    deletes: ClassVar[bool] = True

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

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        kind, identifier = ResourceType(arguments["type"]), arguments["id"]
        target = target_of(kind, await getattr(work.nexla, f"{kind.value}s").get(identifier))
        foreign = await self._foreign(work, kind, identifier, made) if kind in IN_A_TREE else ""
        says = f"delete {target} {quoted(target.name)}, which this operation made"
        return self.with_foreign(Foreseen(says, (target,), Risk.DISRUPTIVE), foreign)

    @staticmethod
    def with_foreign(foreseen: Foreseen, foreign: str) -> Foreseen:
        """The same, told what else would be lost: others may have built on it since."""
        if not foreign:
            return foreseen
        losses = (f"{foreign}, which was added to {foreseen.targets[0]} since: Nexla may refuse, or delete it as well",)
        return replace(foreseen, risk=Risk.DESTRUCTIVE, losses=losses)

    @staticmethod
    async def _foreign(work: Work, kind: ResourceType, identifier: int, made: Made) -> str:
        """What others built on it since, which is not ours to delete along with it, in words."""
        lineage = (await read_tree(work.nexla, identifier, kind)).lineage
        below = affected(lineage, kind, identifier)
        # What Nexla detects in a source is the source's own.
        own = {node.key for node in below if (above := lineage.parent(node)) and above.type is ResourceType.SOURCE}
        foreign = [node for node in below if (node.type.value, node.id) not in made and node.key not in own]
        return ", ".join(f"{node.type.value} {node.id} {quoted(node.name)}" for node in foreign[:5])

    @staticmethod
    async def _gone(work: Work, kind: ResourceType, identifier: int) -> bool | None:
        try:
            await getattr(work.nexla, f"{kind.value}s").get(identifier)
        except Failure as failure:
            if failure.info.code is not ErrorCode.NOT_FOUND:
                raise
            return True
        return None
