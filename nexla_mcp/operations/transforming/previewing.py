"""A transform on real samples, before anything is changed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio.to_thread

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.preview import Pair, Preview, RecordFailure
from nexla_mcp.domain.secrets import mask_secrets
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.resolve import resolve
from nexla_mcp.operations.transforming.code import Code, given_code, notes_of, problems_of, runs_here, stored_code
from nexla_mcp.operations.transforming.comparing import compare

SHOWN = 3
"""Records that are shown before and after."""
MOST_FAILURES = 10


@dataclass
class Run:
    """What became of each record."""

    taken: list[Any] = field(default_factory=list)
    """Those that were transformed, as they were."""
    made: list[Any] = field(default_factory=list)
    """What became of them, in the same order."""
    failures: list[RecordFailure] = field(default_factory=list)


async def preview(
    nexla: Nexla,
    *,
    nexset: int | str | None,
    transform: int | str | None,
    code: Sequence[Any] | str | None,
    records: Sequence[Mapping[str, Any]] | None,
    limit: int,
) -> Preview:
    """The code, or an existing transform's, on the samples of a nexset or on the given records.

    Raises:
        Failure: `bad_input` unless there is exactly one of either pair; as for every read.
    """
    _exactly_one("transform", transform, "code", code)
    _exactly_one("nexset", nexset, "records", records)
    told: dict[str, Any] = {}
    if transform is not None:
        model = await nexla.transforms.get((await resolve(nexla, ResourceType.TRANSFORM, transform)).id)
        read = stored_code(model.code, code_type=model.code_type, encoding=model.code_encoding)
        told |= {"transform_id": model.id, "transform": model.name}
    else:
        read = given_code(code)
    rows: list[Any] = list(records or [])
    if nexset is not None:
        identifier = (await resolve(nexla, ResourceType.NEXSET, nexset)).id
        told |= {"nexset_id": identifier, "nexset": (await nexla.nexsets.get(identifier)).name}
        rows = [sample.record for sample in await nexla.nexsets.samples(identifier, count=limit)]
    return await _previewed(read, rows[:limit], told)


async def _previewed(code: Code, rows: list[Any], told: Mapping[str, Any]) -> Preview:
    problems = problems_of(code)
    if problems or not runs_here(code):
        notes = [] if problems else notes_of(code)
        return Preview(ran=False, looked_at=0, problems=problems, notes=notes, **told)
    run = await anyio.to_thread.run_sync(partial(run_jolt, code.operations, rows))
    change = compare(run.taken, run.made)
    notes = notes_of(code)
    if not rows:
        notes.append("there are no samples: nothing has flowed yet, so nothing could be shown")
    empty = sum(item in (None, {}, []) for item in run.made)
    if empty:
        notes.append(f"{empty} records come out empty")
    if len(run.failures) > MOST_FAILURES:
        notes.append(f"{len(run.failures)} records fail; the first {MOST_FAILURES} are shown")
    pairs = zip(run.taken[:SHOWN], run.made[:SHOWN], strict=True)
    return Preview(
        ran=True,
        looked_at=len(rows),
        transformed=len(run.made),
        unchanged=sum(before == after for before, after in zip(run.taken, run.made, strict=True)),
        lost=list(change.lost),
        gained=list(change.gained),
        retyped=list(change.retyped),
        failures=run.failures[:MOST_FAILURES],
        notes=notes,
        records=[Pair(before=mask_secrets(before), after=mask_secrets(after)) for before, after in pairs],
        **told,
    )


def run_jolt(operations: Sequence[Any], records: Sequence[Any]) -> Run:
    """Each record through a chain that can be built. The records stay as they are."""
    from pyjolt import Chainr  # noqa: PLC0415 - only who works on transforms pays for it

    run = Run()
    with warnings.catch_warnings():
        # What the library remarks on a spec is told once, by the check of it.
        warnings.simplefilter("ignore")
        chain = Chainr.from_spec(copy.deepcopy(list(operations)))
    for place, record in enumerate(records):
        try:
            made = chain.apply(copy.deepcopy(record))
        except Exception as error:  # noqa: BLE001 - whatever a record sets off is a fact about the record
            run.failures.append(RecordFailure(record=place, why=clean_text(str(error), 200) or type(error).__name__))
            continue
        run.taken.append(record)
        run.made.append(made)
    return run


def _exactly_one(first: str, one: Any, second: str, other: Any) -> None:
    if (one is None) is (other is None):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"Give either `{first}` or `{second}`, and not both. Nothing was looked at.",
        )
