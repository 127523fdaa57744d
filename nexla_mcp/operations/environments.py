"""Two environments side by side: what only one has, and in what the rest differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.profiles import other_account
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.results.environments import EnvironmentComparison, FieldDifference, OneSided, SpecOfFlow
from nexla_mcp.domain.results.flow_export import FlowExport
from nexla_mcp.domain.results.shortening import shortened
from nexla_mcp.domain.secrets import MASK
from nexla_mcp.operations.environment_sides import ComparedFlow, Names, Part, Side, read_side, selector
from nexla_mcp.operations.exporting import export_flow
from nexla_mcp.operations.parallel import outcomes

LONGEST_VALUE = 120
MOST_SPECS = 10


async def compare_environments(
    nexla: Nexla, left: str, right: str, profile: str | None, *, specs: bool
) -> EnvironmentComparison:
    """The left side against the right one, which a profile may put into another account.

    Raises:
        Failure: `bad_input` when both are the same; else when a side cannot be listed.
    """
    if profile is None and selector(left) == selector(right):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "Both sides are the same environment. Nothing was compared.",
            hint="Name two tags or projects, or give the profile of another account for the right one.",
        )
    words = (f"{selector(left)[1]}", f"{selector(right)[1]} {profile or ''}")
    names = Names.between(*words)
    async with AsyncExitStack() as stack:
        there = nexla if profile is None else await stack.enter_async_context(other_account(nexla, profile))
        sides = await outcomes([partial(read_side, nexla, left, names), partial(read_side, there, right, names)])
    for side in sides:
        if isinstance(side, Failure):
            raise side
    here, other = (side for side in sides if isinstance(side, Side))
    both = [key for key in here.flows if key in other.flows]
    hidden: list[str] = []
    differences = {key: list(_differences(key, here.flows[key], other.flows[key], names, hidden)) for key in both}
    only_left, only_right = _alone(here, other), _alone(other, here)
    told, lost = await _specs(nexla, only_left) if specs else (None, [])
    return EnvironmentComparison(
        left=left,
        right=f"{right} of {profile}" if profile else right,
        same=sum(not rows for rows in differences.values()),
        differing=sum(bool(rows) for rows in differences.values()),
        only_left=[OneSided(id=flow.id, name=flow.name) for flow in only_left],
        only_right=[OneSided(id=flow.id, name=flow.name) for flow in only_right],
        differences=sorted(
            (row for rows in differences.values() for row in rows), key=lambda row: bool(row.environment_only)
        ),
        specs=told,
        matched_without=sorted(names.left_out) or None,
        not_compared=[
            *(f"left: {what}" for what in here.not_read),
            *(f"right: {what}" for what in other.not_read),
            *hidden,
            *lost,
        ]
        or None,
    )


def _alone(side: Side, other: Side) -> list[ComparedFlow]:
    """The flows of a side that the other certainly has not."""
    return [flow for key, flow in side.flows.items() if key not in other.flows and key not in other.lost]


def _differences(
    key: str, left: ComparedFlow, right: ComparedFlow, names: Names, hidden: list[str]
) -> Iterator[FieldDifference]:
    for place in dict.fromkeys((*left.parts, *right.parts)):
        ours, theirs = left.parts.get(place), right.parts.get(place)
        if ours is None or theirs is None:
            yield FieldDifference(
                flow=key,
                type=place[0],
                left_id=ours.id if ours else None,
                right_id=theirs.id if theirs else None,
                field="(the part itself)",
                left=place[1] if ours else None,
                right=place[1] if theirs else None,
            )
        else:
            yield from _fields(key, ours, theirs, names, hidden)


def _fields(key: str, ours: Part, theirs: Part, names: Names, hidden: list[str]) -> Iterator[FieldDifference]:
    for path in dict.fromkeys((*ours.fields, *theirs.fields)):
        left, right = ours.fields.get(path), theirs.fields.get(path)
        if left == right and MASK in str(left):
            hidden.append(f"{ours.type.value} {ours.id}/{path}: hidden on both sides")
        if left == right:
            continue
        yield FieldDifference(
            flow=key,
            type=ours.type,
            left_id=ours.id,
            right_id=theirs.id,
            field=path,
            left=_short(left),
            right=_short(right),
            environment_only=_same_but_for_words(left, right, names) or None,
        )


def _same_but_for_words(left: Any, right: Any, names: Names) -> bool:
    both = isinstance(left, str) and isinstance(right, str)
    return both and names.key(left) == names.key(right)


def _short(value: Any) -> Any:
    return shortened(value, LONGEST_VALUE)[0]


async def _specs(nexla: Nexla, flows: list[ComparedFlow]) -> tuple[list[SpecOfFlow], list[str]]:
    """Specs of the first flows, and what could not be written down."""
    answers = await outcomes([partial(export_flow, nexla, flow.id) for flow in flows[:MOST_SPECS]])
    told: list[SpecOfFlow] = []
    lost = [f"spec of flow {flow.id}: only {MOST_SPECS} are written at once" for flow in flows[MOST_SPECS:]]
    for flow, answer in zip(flows, answers, strict=False):
        if isinstance(answer, FlowExport):
            told.append(SpecOfFlow(flow_id=flow.id, spec=answer.spec, not_held=tuple(answer.not_held or ())))
        else:
            lost.append(f"spec of flow {flow.id}: {answer.info.message}")
    return told, lost
