"""Does one thing to many: some at a time, each noted, so that nothing is done twice whenever it is cut off."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import anyio

from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.batch_creates import Creates
from nexla_mcp.operations.actions.batch_items import Item, ItemKind, kind_of, note, noted
from nexla_mcp.safety.journal import Entry, Journal
from nexla_mcp.safety.ledger import StepState

logger = logging.getLogger(__name__)

GROUP = 32
"""Items that are noted together: their commit is what takes time."""
MOST_PROBLEMS = 200
"""Items that failed or are unknown which the receipt tells of one by one."""
UNCHANGED, FOUND = "unchanged", "found"
WORDS = ("done", UNCHANGED, "failed", "unknown", "skipped")

Outcome = tuple[StepState, Output | None, ErrorInfo | None]


class Batch(Action):
    """Arguments: `items`, each as `Item` says; `stop` to leave off after the first that fails; `parallel`.

    Gives how many are done, unchanged, failed, unknown and skipped, the id of the journal, and what went wrong.
    """

    name: ClassVar[str] = "batch"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        items = [Item.model_validate(item) for item in arguments["items"]]
        run = _Run(work, _journal(work), items, stop=arguments["stop"], parallel=arguments["parallel"])
        await run.settle_cut_off()
        await run.do_the_rest()
        return run.output()

    async def left_behind(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del arguments, before
        return {"id": _journal(work).id}


@dataclass
class _Run:
    """One batch on its way."""

    work: Work
    journal: Journal
    items: list[Item]
    stop: bool
    parallel: int
    entries: dict[int, Entry] = field(default_factory=dict)
    kept: dict[int, Any] = field(default_factory=dict)
    """What was noted before an item that was cut off: afterwards it can no longer be seen."""

    def __post_init__(self) -> None:
        self.creates = Creates(self.work)

    async def settle_cut_off(self) -> None:
        """What was begun by a run that is gone: looked up before anything else is done."""
        self.entries = await _in_thread(self.journal.entries)
        begun = [number for number, entry in self.entries.items() if entry.state is StepState.STARTED]
        await self.work.tell(f"looking what became of {len(begun)} items that were cut off") if begun else None
        settled: dict[int, Entry] = {}
        lost = {number: self.items[number] for number in begun if self.items[number].verb == "create"}
        befores = {number: noted(self.entries[number])[1] for number in lost}
        found = await self.creates.look_for(lost, befores) if lost else {}
        for number in begun:
            output = found.get(number) if number in lost else await self._settled(number)
            if output is not None:
                settled[number] = self._done(number, noted(self.entries[number])[1], {**output, FOUND: True})
            else:
                before = noted(self.entries.pop(number))[1]
                if before is not None and number not in lost:
                    self.kept[number] = before
        await self._note(settled)

    async def do_the_rest(self) -> None:
        left = [number for number in range(len(self.items)) if number not in self.entries]
        await self.creates.survey([self.items[number] for number in left])
        lost: dict[int, tuple[Any, ErrorInfo]] = {}
        while left and not self.work.cancelled() and not (self.stop and (lost or self._troubled())):
            group, left = left[:GROUP], left[GROUP:]
            lost |= await self._group(group)
            await self.work.tell(f"{len(self.entries) + len(lost)} of {len(self.items)} items")
        if lost:
            await self._reconcile(lost)

    async def _group(self, numbers: list[int]) -> dict[int, tuple[Any, ErrorInfo]]:
        """Does a group; gives the creates whose answers were lost, with what was noted before them."""
        befores: dict[int, Any] = {}
        outcomes: dict[int, Entry] = {}
        await self._each(numbers, self._prepared(befores, outcomes))
        ready = [number for number in numbers if number in befores]
        notes = {number: note(self.items[number], befores.get(number)) for number in numbers}
        await _in_thread(self.journal.begin, notes)
        lost: dict[int, tuple[Any, ErrorInfo]] = {}
        await self._each(ready, self._acted(befores, outcomes, lost))
        await self._note(outcomes)
        return lost

    def _prepared(self, befores: dict[int, Any], outcomes: dict[int, Entry]) -> Callable[[int], Awaitable[None]]:
        async def prepare(number: int) -> None:
            item = self.items[number]
            try:
                known = self.kept.get(number)
                befores[number] = known if known is not None else await self._kind(item).prepare(item)
            except Failure as failure:
                outcomes[number] = Entry(StepState.FAILED, error=failure.info)

        return prepare

    def _acted(
        self, befores: dict[int, Any], outcomes: dict[int, Entry], lost: dict[int, tuple[Any, ErrorInfo]]
    ) -> Callable[[int], Awaitable[None]]:
        async def act(number: int) -> None:
            item, before = self.items[number], befores[number]
            try:
                outcomes[number] = self._done(number, before, await self._kind(item).act(item, before))
            except Failure as failure:
                if failure.info.maybe_applied and item.verb == "create":
                    lost[number] = (before, failure.info)
                    return
                state = StepState.UNKNOWN if failure.info.maybe_applied else StepState.FAILED
                outcomes[number] = Entry(state, before, error=failure.info)

        return act

    async def _reconcile(self, lost: dict[int, tuple[Any, ErrorInfo]]) -> None:
        """Once the window of the last of them is over, all that were lost are looked for together."""
        await self.work.tell(f"looking for {len(lost)} whose answers were lost")
        await self.work.nexla.clock.sleep(self.work.nexla.connection.settle_seconds)
        items = {number: self.items[number] for number in lost}
        befores = {number: before for number, (before, _) in lost.items()}
        try:
            found = await self.creates.look_for(items, befores)
        except Failure as failure:
            # Each stays unknown: the rest of the batch is done, and has to be told of.
            logger.warning("what was lost cannot be looked for: %s", failure.info.code.value)
            found = {}
        settled = {
            number: self._done(number, before, {**found[number], FOUND: True})
            if number in found
            else Entry(StepState.UNKNOWN, before, error=info)
            for number, (before, info) in lost.items()
        }
        await self._note(settled)

    async def _settled(self, number: int) -> Output | None:
        item = self.items[number]
        return await self._kind(item).settle(item, noted(self.entries[number])[1])

    def _done(self, number: int, before: Any, output: Output) -> Entry:
        item = self.items[number]
        undo = None if output.get(UNCHANGED) else self._kind(item).undo(item, before, output)
        return Entry(StepState.DONE, before, {**output, **({"undo": undo.model_dump(mode="json")} if undo else {})})

    def _kind(self, item: Item) -> ItemKind:
        return self.creates if item.verb == "create" else kind_of(item, self.work)

    async def _each(self, numbers: list[int], do: Callable[[int], Awaitable[None]]) -> None:
        limiter = anyio.CapacityLimiter(self.parallel)

        async def limited(number: int) -> None:
            async with limiter:
                await do(number)

        async with anyio.create_task_group() as tasks:
            for number in numbers:
                tasks.start_soon(limited, number)

    async def _note(self, entries: dict[int, Entry]) -> None:
        if entries:
            await _in_thread(self.journal.end, entries)
            self.entries |= entries

    def _troubled(self) -> bool:
        return any(entry.state in {StepState.FAILED, StepState.UNKNOWN} for entry in self.entries.values())

    def output(self) -> Output:
        counts = Counter(_word(entry) for entry in self.entries.values())
        counts["skipped"] = len(self.items) - len(self.entries)
        told = {word: counts[word] for word in WORDS if counts[word]}
        return {
            "id": self.journal.id,
            "items": told,
            "problems": self._problems()[:MOST_PROBLEMS],
            "told": ", ".join(f"{number:,} {word}" for word, number in told.items()) or "nothing to do",
        }

    def _problems(self) -> list[dict[str, Any]]:
        """Each item that failed or is unknown. A reason is told in full once, so that many fit into one answer."""
        first: dict[str, int] = {}
        problems: list[dict[str, Any]] = []
        for number, entry in sorted(self.entries.items()):
            if entry.state not in {StepState.FAILED, StepState.UNKNOWN}:
                continue
            item, why = number + 1, _why(entry)
            like = first.setdefault(why, item)
            told = why if like == item else f"as item {like}"
            problems.append({"item": item, "name": self.items[number].name, "state": entry.state.value, "why": told})
        return problems


def _word(entry: Entry) -> str:
    if entry.state is StepState.DONE:
        return "unchanged" if (entry.output or {}).get(UNCHANGED) else "done"
    return str(entry.state.value)


def _why(entry: Entry) -> str:
    info = entry.error
    return f"{info.code.value}: {info.message}" if info else ErrorCode.INTERNAL.value


def _journal(work: Work) -> Journal:
    if work.journal is None:
        raise TypeError("a batch runs as a step of an operation only")
    return work.journal


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    return await anyio.to_thread.run_sync(function, *arguments)
