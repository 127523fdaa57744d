"""Two nexsets that run side by side: what each made of the same records, before one takes the other's place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key, Lineage
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.lost import patiently
from nexla_mcp.operations.actions.waiting import seen, watched
from nexla_mcp.operations.evidence import Counts, Run
from nexla_mcp.operations.evidence_gathering import read_runs
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.passed_through import passed_through
from nexla_mcp.operations.quality.apart import check_apart
from nexla_mcp.operations.transforming.comparing import compare

LOOKED_BACK = timedelta(hours=24)
SAMPLES = 50
MOST_NAMED = 5
LOOKS = 60
"""How often it is looked at most, however long the wait is."""
NOTHING = Counts()


@dataclass(frozen=True)
class _Seen:
    """A run that reached the new nexset, and its samples."""

    lineage: Lineage
    runs: tuple[Run, ...]
    samples: tuple[Any, ...]

    def moved(self, key: Key) -> Counts:
        return sum((run.at(key) or NOTHING for run in self.runs), NOTHING)


class CompareNexsets(Action):
    """Waits for a run that reaches both nexsets and fails unless the new one is fit to take the old one's place.

    Arguments: `present` and `next`, nexsets; `schema` that the new one's samples have to fit, or None; `seconds` to
    wait; `doubles`: destinations that write the same twice, each `{present, double}`. It changes nothing.
    """

    name: ClassVar[str] = "compare_nexsets"

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        began = int(work.nexla.now().timestamp() * 1000)
        try:
            lineage = await patiently(work, partial(_lineage, work, arguments["next"]))
            runs = await patiently(work, partial(_runs, work, lineage))
        except Failure:
            # A run's id is the moment in which it began (contract 2.5).
            return {"newest": began}
        return {"newest": max((run.run_id or 0 for run in runs), default=0)}

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        seconds = float(arguments["seconds"])
        look = partial(_look, work, arguments, before["newest"])
        found = await watched(work, seconds, look, "waiting for a run through both nexsets", every=seconds / LOOKS)
        if found is None:
            raise _unfit(arguments, f"no run with samples has reached it in {seconds / 60:g} minutes", "get_samples")
        return await _compared(work, arguments, found)


async def _look(work: Work, arguments: Arguments, newest: int) -> _Seen | None:
    lineage = await seen(partial(_lineage, work, arguments["next"]))
    runs = await seen(partial(_runs, work, lineage)) if lineage is not None else None
    if lineage is None or runs is None:
        return None
    key = (ResourceType.NEXSET, arguments["next"])
    after = tuple(run for run in runs if (run.run_id or 0) > newest and (counts := run.at(key)) and _any_of(counts))
    if not after:
        return None
    samples = await seen(partial(_samples, work, arguments["next"]))
    failed = not any((run.at(key) or NOTHING).records for run in after)
    return _Seen(lineage, after, tuple(samples or ())) if samples or failed else None


def _any_of(counts: Counts) -> bool:
    return bool(counts.records or counts.errors)


async def _compared(work: Work, arguments: Arguments, found: _Seen) -> Output:
    """The comparison in words.

    Raises:
        Failure: `not_verified` for records that fail, samples that do not fit, and a transform that does nothing.
    """
    present, following = arguments["present"], arguments["next"]
    old, new = (found.moved((ResourceType.NEXSET, item)) for item in (present, following))
    told = [f"nexset {present}: {old.records} records, {old.errors} errors"]
    told += [f"nexset {following}: {new.records} records, {new.errors} errors"]
    if new.errors and new.errors * (old.records + old.errors) > old.errors * (new.records + new.errors):
        raise _unfit(arguments, f"more records fail than before ({'; '.join(told)})", "fetch_logs")
    for item in await patiently(work, partial(passed_through, work.nexla, found.lineage)):
        if item.nexset == following and not item.meant:
            raise _unfit(arguments, item.told, "preview_transform")
    if arguments.get("schema") is not None:
        told.append(await _fitting(arguments, found.samples))
    told.append(await _fields(work, present, found.samples))
    for pair in arguments.get("doubles", ()):
        ours, double = (found.moved((ResourceType.DESTINATION, pair[name])) for name in ("present", "double"))
        told.append(
            f"destination {pair['present']}: {ours.records} records, its double {pair['double']}: {double.records}"
        )
        if double.errors and not double.records:
            raise _unfit(arguments, f"destination {pair['double']} refuses what it makes", "fetch_logs")
    return {"type": "nexset", "id": following, "told": "; ".join(told)}


async def _fitting(arguments: Arguments, samples: tuple[Any, ...]) -> str:
    found = await check_apart(samples, (), arguments["schema"])
    if found["findings"]:
        named = "; ".join(
            f"{item['field'] or 'record'} ({item['rule']}): {item['failed']} of {item['of']}"
            for item in found["findings"][:MOST_NAMED]
        )
        raise _unfit(arguments, f"samples do not fit the schema: {named}", "check_data_quality")
    return f"all {len(samples)} samples fit the schema"


async def _fields(work: Work, present: int, samples: tuple[Any, ...]) -> str:
    """Fields lost, gained and retyped, in words; where the old one has no samples, so it is said."""
    before = await seen(partial(_samples, work, present))
    if not before:
        return f"fields not compared: nexset {present} has no samples"
    found = compare(before, samples)
    kinds = {"lost": found.lost, "gained": found.gained, "retyped": [item.field for item in found.retyped]}
    told = [f"{kind} {', '.join(list(names)[:MOST_NAMED])}" for kind, names in kinds.items() if names]
    return f"fields {', '.join(told)}" if told else "the same fields"


async def _samples(work: Work, nexset: int) -> list[Any]:
    return [sample.record for sample in await work.nexla.nexsets.samples(nexset, count=SAMPLES)]


async def _lineage(work: Work, nexset: int) -> Lineage:
    return (await read_tree(work.nexla, nexset, ResourceType.NEXSET)).lineage


async def _runs(work: Work, lineage: Lineage) -> tuple[Run, ...]:
    now = work.nexla.now()
    return (await read_runs(work.nexla, lineage, Window(now - LOOKED_BACK, now)))[0]


def _unfit(arguments: Arguments, why: str, next_tool: str) -> Failure:
    return Failure.of(
        ErrorCode.NOT_VERIFIED,
        f"Nexset {arguments['next']} does not take the place of nexset {arguments['present']}: {why}.",
        hint="Mend the transform or the schema, or wait longer with wait_minutes, and make the call again.",
        next_tool=next_tool,
        resource=f"nexset {arguments['present']}",
    )
