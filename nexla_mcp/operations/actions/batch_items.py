"""The items of a batch: what is done to each, how it is known again, and how it is taken back."""

from __future__ import annotations

from typing import Any, Protocol

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Act
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Row
from nexla_mcp.domain.secrets import masked_in
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.copying import CopyFlow
from nexla_mcp.operations.actions.deleting import Delete
from nexla_mcp.operations.actions.statuses import Activate, Pause, RestoreStatuses, affected, is_running
from nexla_mcp.operations.actions.updating import Update
from nexla_mcp.operations.configuration import differing, read_in_full
from nexla_mcp.operations.lineage import IN_A_TREE, read_tree
from nexla_mcp.safety.journal import Entry

UNCHANGED = {"unchanged": True}


class Item(Row):
    """One of many. `verb` is create, update, activate, pause, copy or delete."""

    verb: str
    type: ResourceType
    name: str
    id: int | None = None
    """Of what is there; None for a create."""
    body: dict[str, Any] | None = None
    """Of a create or update."""

    @property
    def identity(self) -> dict[str, Any]:
        return {"type": self.type.value, "id": self.id}


def note(item: Item, before: Any) -> dict[str, Any]:
    """What the journal keeps of an item before it is done: enough to look for it, and to take it back."""
    return {"item": item.model_dump(mode="json", exclude_none=True), "before": before}


def noted(entry: Entry) -> tuple[Item, Any]:
    return Item.model_validate(entry.before["item"]), entry.before["before"]


class ItemKind(Protocol):
    """What a batch asks of a verb."""

    async def prepare(self, item: Item) -> Any:
        """What has to be known before, as JSON."""

    async def act(self, item: Item, before: Any) -> Output: ...

    async def settle(self, item: Item, before: Any) -> Output | None:
        """After a crash: what it came to, or None when it can be done again."""

    def undo(self, item: Item, before: Any, output: Output) -> Act | None: ...


async def _nodes(work: Work, item: Item) -> list[dict[str, Any]]:
    """What an act on it acts on, and whether each runs."""
    lineage = (await read_tree(work.nexla, item.id or 0, item.type)).lineage
    return [
        {"type": node.type.value, "id": node.id, "running": is_running(node.status) is True}
        for node in affected(lineage, item.type, item.id or 0)
    ]


class _Changes:
    """Update, activate, pause and delete: the actions of their names, on something that is there."""

    def __init__(self, work: Work, action: Action) -> None:
        self._work, self._action = work, action

    async def prepare(self, item: Item) -> Any:
        return {"inner": await self._action.prepare(self._work, self._arguments(item))}

    async def act(self, item: Item, before: Any) -> Output:
        return await self._action.act(self._work, self._arguments(item), before["inner"])

    async def settle(self, item: Item, before: Any) -> Output | None:
        return await self._action.settle(self._work, self._arguments(item), before["inner"])

    def undo(self, item: Item, before: Any, output: Output) -> Act | None:
        del item, before, output
        return None

    def _arguments(self, item: Item) -> Arguments:
        return item.identity


class _Updates(_Changes):
    async def prepare(self, item: Item) -> Any:
        model = await read_in_full(self._work.nexla, item.type, item.id or 0)
        body = item.body or {}
        told = model.model_dump(mode="json")
        same = not differing(model, body)
        hidden = masked_in({name: told.get(name) for name in body})
        if hidden and not same:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"{', '.join(hidden)} is hidden: set in a batch, it could never be set back. It is left as it is.",
                hint="Change this one with update_resource.",
            )
        return {**await super().prepare(item), "old": {name: told.get(name) for name in body}, "same": same}

    async def act(self, item: Item, before: Any) -> Output:
        if before["same"]:
            return {**item.identity, **UNCHANGED}
        return await super().act(item, before)

    def undo(self, item: Item, before: Any, output: Output) -> Act | None:
        del output
        return Act(action=Update.name, arguments={**item.identity, "body": before["old"]})

    def _arguments(self, item: Item) -> Arguments:
        return {**item.identity, "body": item.body or {}}


class _Runs(_Changes):
    def __init__(self, work: Work, action: Action, *, running: bool) -> None:
        super().__init__(work, action)
        self._running = running

    async def prepare(self, item: Item) -> Any:
        return {**await super().prepare(item), "nodes": await _nodes(self._work, item)}

    async def act(self, item: Item, before: Any) -> Output:
        if all(node["running"] is self._running for node in before["nodes"]):
            return {**item.identity, **UNCHANGED}
        return await super().act(item, before)

    def undo(self, item: Item, before: Any, output: Output) -> Act | None:
        del item, output
        return Act(action="restore_statuses", arguments={"nodes": before["nodes"]})


class _Deletes(_Changes):
    async def prepare(self, item: Item) -> Any:
        nodes = await _nodes(self._work, item) if item.type in {*IN_A_TREE, ResourceType.FLOW} else []
        return {**await super().prepare(item), "nodes": nodes}

    async def act(self, item: Item, before: Any) -> Output:
        nodes = before["nodes"]
        if not any(node["running"] for node in nodes):
            return await super().act(item, before)
        # What runs cannot be deleted (contract 6); what is not deleted after all runs on.
        await Pause().act(self._work, item.identity, None)
        try:
            return await super().act(item, before)
        except Failure as failure:
            if not failure.info.maybe_applied:
                await RestoreStatuses().act(self._work, {"nodes": nodes}, None)
            raise


class _Copies(_Changes):
    def undo(self, item: Item, before: Any, output: Output) -> Act | None:
        del item, before
        return Act(action=Delete.name, arguments={"type": "flow", "id": output["id"]})

    def _arguments(self, item: Item) -> Arguments:
        body = item.body or {}
        return {"flow": item.id, "source": body["source"], "options": {"reuse_data_credentials": True}}


def kind_of(item: Item, work: Work) -> ItemKind:
    """How the verb of an item is done; creates are done together, not here."""
    if item.verb == "update":
        return _Updates(work, Update())
    if item.verb == "copy":
        return _Copies(work, CopyFlow())
    if item.verb == "delete":
        return _Deletes(work, Delete())
    running = item.verb == "activate"
    return _Runs(work, Activate() if running else Pause(), running=running)
