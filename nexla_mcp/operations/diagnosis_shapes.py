"""Whether each transform still changes the shape of records: one that throws passes them through unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.results.lineage import Key, Lineage, LineageNode
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.samples import shapes

MOST_DERIVED = 4
"""Derived nexsets that are looked at: each costs two reads."""
SAMPLES = 10


@dataclass(frozen=True)
class Shapes:
    """Derived nexsets whose samples have exactly the fields of their parent's."""

    unchanged: frozenset[Key]


async def compare_shapes(nexla: Nexla, lineage: Lineage) -> Shapes:
    """Looks at samples of derived nexsets and their parents.

    Raises:
        Failure: when the samples of any of them cannot be read and none is seen to pass records unchanged.
    """
    derived = [node for node in lineage.nodes if lineage.is_derived(node)][:MOST_DERIVED]
    pairs = [(node, parent) for node in derived if (parent := lineage.parent(node)) is not None]
    answers = await outcomes(partial(_same_fields, nexla, node, parent) for node, parent in pairs)
    unchanged = frozenset(node.key for (node, _), same in zip(pairs, answers, strict=True) if same is True)
    failure = next((answer for answer in answers if isinstance(answer, Failure)), None)
    if failure is not None and not unchanged:
        raise failure
    return Shapes(unchanged)


async def _same_fields(nexla: Nexla, node: LineageNode, parent: LineageNode) -> bool:
    ours = await nexla.nexsets.samples(node.id, count=SAMPLES)
    theirs = await nexla.nexsets.samples(parent.id, count=SAMPLES)
    fields = {field.name for field in shapes(sample.record for sample in ours)}
    return bool(fields) and fields == {field.name for field in shapes(sample.record for sample in theirs)}
