"""The answer of `get_metrics`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from pydantic import Field

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row


class Grain(str, Enum):
    DAY = "day"
    RUN = "run"


class MetricRow(Row):
    """One day, or one run; of one resource where `by` is run and a whole flow was asked for. Size in bytes."""

    day: str | None = None
    run_id: int | None = None
    started: datetime | None = None
    type: ResourceType | None = None
    id: int | None = None
    name: str | None = None
    records: int | None = None
    size: int | None = None
    errors: int | None = None


class Metrics(Result):
    """Days without a row had no data, as far as Nexla reports. There are no durations and no run states."""

    cut_first: ClassVar[tuple[str, ...]] = ("rows",)
    narrow_with: ClassVar[str] = "since, until or limit"

    type: ResourceType
    id: int
    name: str | None = None
    by: Grain
    since: datetime
    until: datetime
    rows: list[MetricRow]
    """The newest first."""
    records: int
    """Over all rows of the window, shown or not; of a flow, what its source read."""
    errors: int
    """Of a flow, over all its nodes."""
    size: int | None = None
    median_records: float | None = None
    """Of a day, or of a run."""
    trend: float | None = None
    """Records of the newest whole day or run against the median of those before: -0.5 is half as many."""
    chart: str | None = Field(default=None, exclude=True)
    """Records from the oldest to the newest, a bar each, for the text."""
    offset: int = 0
    note: str | None = None

    def cursor_after(self, field: str, keep: int) -> str | None:
        return str(self.offset + keep) if keep else None
