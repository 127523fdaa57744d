"""Takes back what a batch has done, the last first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

import anyio
import anyio.to_thread

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Act
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.batch_creates import Creates
from nexla_mcp.operations.actions.batch_items import Item, kind_of, noted
from nexla_mcp.operations.actions.deleting import Delete
from nexla_mcp.operations.actions.statuses import RestoreStatuses
from nexla_mcp.operations.actions.updating import Update
from nexla_mcp.safety.journal import Entry
from nexla_mcp.safety.ledger import StepState

PARALLEL = 8
_INVERSES: dict[str, Action] = {action.name: action for action in (Delete(), RestoreStatuses(), Update())}
"""Each comes to the same however often it is done, so that one that was cut off is simply done again."""


class UndoBatch(Action):
    """Arguments: `journal`, the id of the batch's."""

    name: ClassVar[str] = "undo_batch"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        acts = await _inverses(work, arguments["journal"])
        failed: list[Failure] = []
        limiter = anyio.CapacityLimiter(PARALLEL)
        for action in dict.fromkeys(act.action for act in acts):
            async with anyio.create_task_group() as tasks:
                for act in acts:
                    if act.action == action:
                        tasks.start_soon(self._take_back, work, act, failed, limiter)
        if failed:
            first = failed[0].info
            raise Failure.of(
                first.code,
                f"{len(failed)} of {len(acts)} items could not be taken back, the first because: {first.message}",
                hint="Undo again: what is as it was is left alone.",
                maybe_applied=any(failure.info.maybe_applied for failure in failed),
            )
        return {"told": f"{len(acts):,} items taken back"}

    @staticmethod
    async def _take_back(work: Work, act: Act, failed: list[Failure], limiter: anyio.CapacityLimiter) -> None:
        async with limiter:
            inverse = _INVERSES[act.action]
            try:
                await inverse.act(work, act.arguments, await inverse.prepare(work, act.arguments))
            except Failure as failure:
                if failure.info.code is not ErrorCode.NOT_FOUND:
                    failed.append(failure)

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        acts = await _inverses(work, arguments["journal"])
        if not acts:
            return None
        words = {"delete": "delete", "restore_statuses": "let run or rest as before", "update": "set back"}
        counts = Counter(words[act.action] for act in acts)
        told = ", ".join(f"{word} {number:,}" for word, number in counts.items())
        return Foreseen(f"take back the batch: {told}", risk=Risk.DISRUPTIVE)


async def _inverses(work: Work, journal: str) -> list[Act]:
    """Of the items that are done, or turn out to have been; the last first."""
    entries: Mapping[int, Entry] = await anyio.to_thread.run_sync(work.read_journal, journal)
    acts: dict[int, Act] = {}
    cut_off: dict[int, tuple[Item, Any]] = {}
    for number, entry in entries.items():
        if entry.state is StepState.DONE and (entry.output or {}).get("undo"):
            acts[number] = Act.model_validate(entry.output["undo"])
        elif entry.state in {StepState.STARTED, StepState.UNKNOWN}:
            cut_off[number] = noted(entry)
    acts |= await _of_cut_off(work, cut_off)
    return [acts[number] for number in sorted(acts, reverse=True)]


async def _of_cut_off(work: Work, cut_off: Mapping[int, tuple[Item, Any]]) -> dict[int, Act]:
    creates = Creates(work)
    made = {number: item for number, (item, _) in cut_off.items() if item.verb == "create"}
    found = await creates.look_for(made, {number: cut_off[number][1] for number in made}) if made else {}
    acts: dict[int, Act] = {}
    for number, (item, before) in cut_off.items():
        if before is None or (number in made and number not in found):
            continue
        kind = creates if number in made else kind_of(item, work)
        output = found[number] if number in made else await kind.settle(item, before)
        if output is None and item.verb == "copy":
            continue
        undo = kind.undo(item, before, output or {})
        acts |= {number: undo} if undo is not None else {}
    return acts
