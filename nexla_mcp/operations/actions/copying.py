"""Copies a flow, once, whatever becomes of the answer; and changes what has been copied."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.identities import copies_of
from nexla_mcp.adapter.models import Flow, Source
from nexla_mcp.adapter.reconcile import Identity, NothingFound, find
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.deleting import Delete
from nexla_mcp.operations.actions.lost import patiently
from nexla_mcp.operations.actions.updating import Update
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.safety.untrusted import quoted


class CopyFlow(Action):
    """Arguments: `flow`, `source` at its origin, and `options` of contract 9.4. Gives the copy's flow id.

    A copy is known by `copied_from_id`: those of the same source that are the caller's own are listed before.
    """

    name: ClassVar[str] = "copy_flow"
    makes: ClassVar[bool] = True

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        identity = _identity(work, arguments)
        return {"matching": [row.id for row in await patiently(work, identity.list_matching)]}

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        try:
            copied = await work.nexla.flows.copy(arguments["flow"], arguments["options"])
        except Failure as failure:
            if not failure.info.maybe_applied:
                raise
            await work.tell("looking whether it was copied: the answer was lost")
            made = await find(work.nexla, _identity(work, arguments), before["matching"], failure)
            return await _found(work, made.resource)
        return _output(copied)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        await work.tell("looking whether it was copied")
        try:
            made = await find(work.nexla, _identity(work, arguments), before["matching"], window=0)
        except NothingFound:
            return None
        return await _found(work, made.resource)


class UpdateCopied(Action):
    """Arguments: `flow`, a copy; `type` and `original` of what was copied into it; the `body` of fields to send.

    Its inverse is the end of the whole copy.
    """

    name: ClassVar[str] = "update_copied"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        return await Update().act(work, await _located(work, arguments), before)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        return await Update().settle(work, await _located(work, arguments), before)


class DeleteCopied(Delete):
    """Arguments: `type` flow and the `id` of a copy. As any delete, and it knows what was added to the copy since."""

    name: ClassVar[str] = "delete_copied"

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        foreseen = await super().foresee(work, arguments, made)
        if foreseen is None:
            return None
        flow = (await read_tree(work.nexla, arguments["id"])).flow
        rows = (*flow.data_sources, *flow.data_sets, *flow.data_sinks)
        added = ", ".join(f"{row.id} {quoted(row.name)}" for row in rows if row.copied_from_id is None)
        return self.with_foreign(foreseen, added)


def _identity(work: Work, arguments: Arguments) -> Identity[Source]:
    return copies_of(work.nexla, arguments["source"], f"the copy of flow {arguments['flow']}")


async def _found(work: Work, source: Source) -> Output:
    read = partial(work.nexla.flows.by_resource, ResourceType.SOURCE, source.id)
    return {**_output(await patiently(work, read)), "found": True}


def _output(flow: Flow) -> Output:
    return {"type": "flow", "id": flow.id, "name": flow.name}


async def _located(work: Work, arguments: Arguments) -> Arguments:
    """The arguments of an update of what was copied.

    Raises:
        Failure: `not_found` when the copy has none of it: it is no whole copy.
    """
    kind, original = ResourceType(arguments["type"]), arguments["original"]
    flow = await patiently(work, partial(work.nexla.flows.get, arguments["flow"]))
    rows: tuple[Any, ...] = flow.data_sources if kind is ResourceType.SOURCE else flow.data_sinks
    copied = next((row.id for row in rows if row.copied_from_id == original), None)
    if copied is None:
        raise Failure.of(
            ErrorCode.NOT_FOUND,
            f"Flow {flow.id} holds no copy of {kind.value} {original}: Nexla copied less than there is.",
            hint="get_flow shows what was copied.",
            next_tool="get_flow",
            resource=f"flow {flow.id}",
        )
    return {"type": kind.value, "id": copied, "body": arguments["body"]}
