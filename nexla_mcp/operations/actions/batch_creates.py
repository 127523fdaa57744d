"""Creates many: what there is already is listed once, and what was lost on the way is looked for together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from nexla_mcp.adapter.identities import Creation, list_mine
from nexla_mcp.adapter.models import Resource
from nexla_mcp.adapter.rows import read_or_none
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Act
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.actions.action import Output, Work
from nexla_mcp.operations.actions.batch_items import Item
from nexla_mcp.operations.actions.lost import patiently

Rows = dict[str, list[Resource]]
"""The caller's own resources of a type, by name."""


class Creates:
    """One batch's creates."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._listed: dict[ResourceType, Rows] = {}

    async def survey(self, items: Iterable[Item]) -> None:
        """Lists once what is there of each type that is to be made."""
        for kind in {item.type for item in items if item.verb == "create"}:
            self._listed[kind] = await self._list(kind)

    async def prepare(self, item: Item) -> Any:
        matching = [row.id for row in self._matching(item, self._listed[item.type])]
        if matching:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"{item.type.value} {matching[0]} of this name has appeared since this was planned. No second is made.",
                retryable=True,
            )
        return {"matching": matching}

    async def act(self, item: Item, before: Any) -> Output:
        del before
        creation = _creation(item)
        answer = await self._work.nexla.call(creation.endpoint, body=dict(creation.body))
        made = read_or_none(answer.data, creation.model)
        if made is None:
            raise Failure.of(
                ErrorCode.MAYBE_APPLIED, "Nexla took it, and its answer cannot be read.", maybe_applied=True
            )
        return _output(item, made)

    async def settle(self, item: Item, before: Any) -> Output | None:
        return (await self.look_for({0: item}, {0: before})).get(0)

    def undo(self, item: Item, before: Any, output: Output) -> Act | None:
        del before
        return Act(action="delete", arguments={"type": item.type.value, "id": output["id"]})

    async def look_for(self, items: Mapping[int, Item], befores: Mapping[int, Any]) -> dict[int, Output]:
        """Those of which exactly one new resource of the same configuration is there, with the window over."""
        listed = {kind: await self._list(kind) for kind in {item.type for item in items.values()}}
        found: dict[int, Output] = {}
        for number, item in items.items():
            known = set((befores[number] or {}).get("matching", ()))
            new = [row for row in self._matching(item, listed[item.type]) if row.id not in known]
            read = [await patiently(self._work, partial(self._family(item.type).get, row.id)) for row in new]
            same = [row for row in read if not _creation(item).differences(row)]
            if len(same) == 1:
                found[number] = _output(item, same[0])
        return found

    async def _list(self, kind: ResourceType) -> Rows:
        rows = await patiently(self._work, partial(list_mine, self._work.nexla, kind))
        by_name: Rows = defaultdict(list)
        for row in rows:
            by_name[row.name or ""].append(row)
        return by_name

    def _family(self, kind: ResourceType) -> Any:
        return getattr(self._work.nexla, f"{kind.value}s")

    @staticmethod
    def _matching(item: Item, listed: Rows) -> list[Resource]:
        creation = _creation(item)
        return [row for row in listed.get(item.name, ()) if not creation.differences(row, listed=True)]


def _creation(item: Item) -> Creation:
    return Creation(item.type, item.body or {})


def _output(item: Item, row: Resource) -> Output:
    return {"type": item.type.value, "id": row.id, "name": row.name}
