"""What a transform does to the fields of records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nexla_mcp.domain.results.preview import Retyped
from nexla_mcp.operations.samples import shapes


@dataclass(frozen=True)
class Comparison:
    """Fields by their dotted names, in the order in which they first appear."""

    lost: tuple[str, ...]
    gained: tuple[str, ...]
    retyped: tuple[Retyped, ...]


def compare(before: Iterable[Any], after: Iterable[Any]) -> Comparison:
    """The fields of two sets of records. Null is no type: a field that is null throughout is retyped by any value."""
    ours = {shape.name: tuple(sorted(shape.types)) for shape in shapes(before)}
    theirs = {shape.name: tuple(sorted(shape.types)) for shape in shapes(after)}
    return Comparison(
        lost=tuple(name for name in ours if name not in theirs),
        gained=tuple(name for name in theirs if name not in ours),
        retyped=tuple(
            Retyped(field=name, before=types, after=theirs[name])
            for name, types in ours.items()
            if name in theirs and types != theirs[name]
        ),
    )
