"""The answer of `check_readiness`."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from nexla_mcp.domain.results.base import Result, Row


class PointState(str, Enum):
    """Worst first."""

    GAP = "gap"
    UNKNOWN = "unknown"
    """It could not be looked up."""
    OK = "ok"


class ReadinessPoint(Row):
    """One point of the checklist."""

    point: str
    state: PointState
    seen: str
    """What was looked up, in our words."""
    mend: str | None = None
    """The tool call that closes the gap."""


class Readiness(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("points",)

    flow_id: int
    name: str | None = None
    ready: bool
    """Whether there is neither a gap nor anything unknown."""
    points: list[ReadinessPoint]
