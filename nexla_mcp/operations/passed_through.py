"""Transforms that let records through as they came: what the platform does with those that throw (contract 10)."""

from __future__ import annotations

from functools import partial

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.operations.configuration import read_in_full
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.safety.digest import digest_of_json

SAMPLES = 10
MOST_LOOKED_AT = 6
"""Derived nexsets: each costs three reads."""


async def passed_through(nexla: Nexla, lineage: Lineage) -> list[str]:
    """In words, each derived nexset that has a transform and whose every sample is, unchanged, a sample of its parent.

    Equal fields alone prove nothing: a transform that masks an email leaves the fields as they are. What cannot be
    read, or has no samples, is in no list.
    """
    pairs = [
        (node, parent)
        for node in lineage.nodes
        if lineage.is_derived(node) and (parent := lineage.parent(node)) is not None
    ][:MOST_LOOKED_AT]
    answers = await outcomes(partial(_unchanged, nexla, node, parent) for node, parent in pairs)
    return [
        f"all {answer} samples of nexset {node.id} are the same as in its parent {parent.id}: its transform lets them "
        "through unchanged, which Nexla does when it fails"
        for (node, parent), answer in zip(pairs, answers, strict=True)
        if not isinstance(answer, Failure) and answer
    ]


async def _unchanged(nexla: Nexla, node: LineageNode, parent: LineageNode) -> int:
    """How many samples were compared when all of them are the parent's; else 0."""
    model = await read_in_full(nexla, node.type, node.id)
    if model.transform_id is None and not model.transform:
        return 0
    ours, theirs = [
        {digest_of_json(sample.record) for sample in await nexla.nexsets.samples(key, count=SAMPLES)}
        for key in (node.id, parent.id)
    ]
    return len(ours) if ours and ours <= theirs else 0
