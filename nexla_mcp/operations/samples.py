"""Sample records of a nexset, and the shape they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.samples import FieldShape, Samples
from nexla_mcp.domain.secrets import mask_secrets
from nexla_mcp.operations.resolve import resolve

DEEPEST = 3
"""Levels of nesting that get a field of their own."""


async def get_samples(nexla: Nexla, reference: int | str, *, limit: int, live: bool) -> Samples:
    """Up to `limit` records, with the types and gaps of every field in them.

    Raises:
        Failure: as for every read.
    """
    nexset = await resolve(nexla, ResourceType.NEXSET, reference)
    records = [sample.record for sample in await nexla.nexsets.samples(nexset.id, count=limit, live=live)][:limit]
    name = nexset.name or (await nexla.nexsets.get(nexset.id)).name
    return Samples(
        nexset_id=nexset.id,
        name=name,
        live=live,
        looked_at=len(records),
        fields=shapes(records),
        records=mask_secrets(records),
    )


def shapes(records: Iterable[Any]) -> list[FieldShape]:
    """The fields of records in the order they first appear."""
    rows = [dict(_leaves(record)) for record in records if isinstance(record, dict)]
    kinds: dict[str, Counter[str]] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, Counter())[_kind(value)] += 1
    return [
        FieldShape(
            name=name,
            types=tuple(kind for kind, _ in counts.most_common() if kind != "null"),
            missing=round(1 - sum(count for kind, count in counts.items() if kind != "null") / len(rows), 3),
        )
        for name, counts in kinds.items()
    ]


def _leaves(record: dict[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _leaves(value, f"{name}.", depth + 1)
        else:
            yield name, value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
