"""Transforms that let records through as they came: what the platform does with those that throw (contract 10)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.operations.configuration import read_in_full
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.transforming.code import Code, jolt_problems, runs_here
from nexla_mcp.operations.transforming.previewing import run_jolt
from nexla_mcp.safety.digest import digest_of_json

SAMPLES = 10
MOST_LOOKED_AT = 6
"""Derived nexsets: each costs up to four reads."""
_EVERYTHING_TO_ITSELF = {"*": "&"}
_CONDITIONAL = frozenset({"default", "modify-default-beta", "remove", "sort"})
"""Jolt operations that leave a record as it is when there is nothing to fill in or to take out."""

_BARE = frozenset({"version", "data_maps", "custom_config"})
"""What stands in an inline transform beside its operations (contract 6)."""


@dataclass(frozen=True)
class Unchanged:
    """A derived nexset whose every sample is a sample of its parent."""

    nexset: int
    told: str
    """What was compared, in words."""
    meant: bool
    """Whether its transform is one that may leave them so."""


async def passed_through(nexla: Nexla, lineage: Lineage) -> list[Unchanged]:
    """Each derived nexset that has a transform and whose every sample is, unchanged, a sample of its parent.

    Equal fields alone prove nothing: a transform that masks an email leaves the fields as they are. What cannot be
    read, or has no samples, is in no list.
    """
    pairs = [
        (node, parent)
        for node in lineage.nodes
        if lineage.is_derived(node) and (parent := lineage.parent(node)) is not None
    ][:MOST_LOOKED_AT]
    answers = await outcomes(partial(_unchanged, nexla, node, parent) for node, parent in pairs)
    return [answer for answer in answers if isinstance(answer, Unchanged)]


async def _unchanged(nexla: Nexla, node: LineageNode, parent: LineageNode) -> Unchanged | None:
    model = await read_in_full(nexla, node.type, node.id)
    if model.transform_id is None and not _operations(model.transform):
        return None
    records = [
        [sample.record for sample in await nexla.nexsets.samples(key, count=SAMPLES)] for key in (node.id, parent.id)
    ]
    ours, theirs = [{digest_of_json(record) for record in found} for found in records]
    if not ours or not ours <= theirs:
        return None
    same = f"all {len(ours)} samples of nexset {node.id} are the same as in its parent {parent.id}"
    if await _is_meant(nexla, model, records[1]):
        return Unchanged(node.id, f"{same}, as its transform may leave them", meant=True)
    why = "its transform lets them through unchanged, which Nexla does when it fails"
    return Unchanged(node.id, f"{same}: {why}", meant=False)


async def _is_meant(nexla: Nexla, model: Any, parents: list[Any]) -> bool:
    transform = model.transform
    if model.transform_id is not None:
        try:
            transform = (await nexla.transforms.get(model.transform_id)).code
        except Failure:
            # What it is cannot be said: that records do not change under a transform stays what it looks like.
            return False
    return may_change_nothing(transform) or leaves_as_they_are(_operations(transform), parents)


def leaves_as_they_are(operations: Any, records: list[Any]) -> bool:
    """Whether plain Jolt, run here, leaves each of the records as it is."""
    if not isinstance(operations, list) or not runs_here(Code(tuple(operations))) or jolt_problems(operations):
        return False
    run = run_jolt(operations, records)
    return not run.failures and run.made == run.taken


def may_change_nothing(transform: Any) -> bool:
    """Whether every operation of a transform is one that may leave a record as it is."""
    operations = _operations(transform)
    return isinstance(operations, list) and all(_may_change_nothing(operation) for operation in operations)


def _may_change_nothing(operation: Any) -> bool:
    if not isinstance(operation, dict):
        return False
    if operation.get("operation") == "shift":
        return operation.get("spec") == _EVERYTHING_TO_ITSELF
    return operation.get("operation") in _CONDITIONAL


def _operations(transform: Any) -> Any:
    """The Jolt operations of a transform, whichever way it is written; without any it does nothing."""
    if not isinstance(transform, dict):
        return transform or []
    if set(transform) <= _BARE:
        return []
    return transform.get("transforms", transform.get("operations", [transform])) or []
