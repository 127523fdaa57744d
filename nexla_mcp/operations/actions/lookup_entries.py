"""Puts rows into a lookup and takes rows out of it, and is the inverse of itself."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import looked_up, patiently

Rows = dict[str, dict[str, Any]]
"""Rows by the text of their primary key."""


class SetRows(Action):
    """Arguments: `lookup`, its `key`, `rows` that are to be in it as they are, and `gone`, keys that are not to be."""

    name: ClassVar[str] = "set_rows"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        lookup = arguments["lookup"]
        seen = partial(_seen, work, arguments)
        try:
            if arguments["rows"]:
                await work.nexla.lookups.upsert(lookup, arguments["rows"])
            for key in arguments["gone"]:
                await self._delete(work, lookup, key)
        except Failure as lost:
            return await looked_up(work, lost, seen, resource=f"lookup {lookup}", next_tool="get_resource")
        return _output(arguments)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(_seen, work, arguments))

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        if await _seen(work, arguments) is not None:
            return None
        lookup = await work.nexla.lookups.get(arguments["lookup"])
        target = Target(type=ResourceType.LOOKUP, id=lookup.id, name=lookup.name)
        told = f"put {len(arguments['rows'])} rows of {target} back and take {len(arguments['gone'])} out, as before"
        return Foreseen(told, (target,), Risk.DISRUPTIVE)

    @staticmethod
    async def _delete(work: Work, lookup: int, key: str) -> None:
        try:
            await work.nexla.lookups.delete_entry(lookup, key)
        except Failure as failure:
            if failure.info.code is not ErrorCode.NOT_FOUND:
                raise


async def rows_of(work: Work, lookup: int, key: str) -> Rows:
    """All rows by key; `entries/*` is how the API gives all (contract 13)."""
    return {str(row.get(key)): row for row in await work.nexla.lookups.entries(lookup)}


async def _seen(work: Work, arguments: Arguments) -> Output | None:
    key = arguments["key"]
    now = await rows_of(work, arguments["lookup"], key)
    there = all(_covers(now.get(str(row.get(key))), row) for row in arguments["rows"])
    return _output(arguments) if there and not set(arguments["gone"]) & set(now) else None


def _covers(found: dict[str, Any] | None, row: dict[str, Any]) -> bool:
    return found is not None and all(str(found.get(name)) == str(value) for name, value in row.items())


def _output(arguments: Arguments) -> Output:
    told = [f"{len(arguments['rows'])} rows put in"] if arguments["rows"] else []
    told += [f"{len(arguments['gone'])} taken out"] if arguments["gone"] else []
    return {"type": "lookup", "id": arguments["lookup"], "told": ", ".join(told)}
