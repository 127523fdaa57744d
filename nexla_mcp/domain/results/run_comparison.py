"""The answer of `compare_runs`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row


class NodeDifference(Row):
    """What one node did in the run and in what it is held against. Bytes are `size`; absent means not in that run."""

    type: ResourceType
    id: int
    name: str | None = None
    records: int | None = None
    records_before: float | None = None
    size: int | None = None
    size_before: float | None = None
    errors: int | None = None
    errors_before: float | None = None
    change: float | None = None
    """Of records, as a share: -0.5 is half as many."""


class ChangeBetween(Row):
    """Something that was changed on a resource of the flow between the two."""

    at: datetime | None = None
    type: ResourceType
    id: int
    event: str | None = None
    by: str | None = None
    fields: tuple[str, ...] = ()
    """The properties that changed; text from outside."""


class RunComparison(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("changes", "nodes")
    narrow_with: ClassVar[str] = "a later `against`"

    flow_id: int
    name: str | None = None
    run_id: int
    started: datetime | None = None
    against: int | None = None
    """The other run; None for the median of several."""
    against_started: datetime | None = None
    median_of: int | None = None
    """How many runs the median is taken over."""
    nodes: list[NodeDifference]
    changes: list[ChangeBetween]
    still_counting: bool | None = None
    """Whether the run is so young that its numbers may still grow."""
    not_read: list[str] | None = None

    def structured(self) -> dict[str, Any]:
        """Without what is nothing on both sides."""
        told = super().structured()
        return {name: value for name, value in told.items() if value not in ([], ())} | {"nodes": told["nodes"]}
