"""Creates a resource, once, whatever becomes of the answer."""

from __future__ import annotations

from typing import Any, ClassVar

from nexla_mcp.adapter.identities import Creation
from nexla_mcp.adapter.models import Resource
from nexla_mcp.adapter.reconcile import NothingFound, create, find
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.lost import patiently


class Create(Action):
    """Arguments: `type` and the `body` to send. Gives type, id and name, and whether reading had to find it."""

    name: ClassVar[str] = "create"
    makes: ClassVar[bool] = True

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        identity = _creation(arguments).identity(work.nexla)
        matching = [row.id for row in await patiently(work, identity.list_matching)]
        if matching:
            # It is only planned where there is none: another copy, or somebody, was faster.
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"{identity.what} (id {matching[0]}) has appeared since this was planned. No second one is made.",
                hint="Make the same call again: it takes what is there as it is.",
                retryable=True,
            )
        return {"matching": matching}

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        creation = _creation(arguments)
        made = await create(
            work.nexla,
            creation.endpoint,
            creation.model,
            creation.identity(work.nexla),
            body=dict(creation.body),
            before=before["matching"],
        )
        return _output(creation, made.resource, found=made.reconciled)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        creation = _creation(arguments)
        await work.tell(f"looking whether the {creation.kind.value} was made")
        try:
            made = await find(work.nexla, creation.identity(work.nexla), before["matching"], window=0)
        except NothingFound:
            return None
        return _output(creation, made.resource, found=True)


def _creation(arguments: Arguments) -> Creation:
    return Creation(ResourceType(arguments["type"]), arguments["body"])


def _output(creation: Creation, row: Resource, *, found: bool) -> Output:
    output: Output = {"type": creation.kind.value, "id": row.id, "name": row.name}
    return {**output, "found": True} if found else output
