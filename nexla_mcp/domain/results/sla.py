"""The answer of `check_sla`, and the targets that it takes."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row


class SlaTarget(BaseModel):
    """A service level of some flows: at least one of freshness, volume and error rate."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str | None = None
    flows: Annotated[list[int | str] | None, Field(description="Ids or exact names; default all that run.")] = None
    tag: str | None = None
    fresh_within: Annotated[str | None, Field(description="Records delivered since, e.g. 2h.")] = None
    window: Annotated[str, Field(description="For min_records and max_error_rate.")] = "24h"
    min_records: Annotated[int | None, Field(ge=0, description="Delivered to each destination.")] = None
    max_error_rate: Annotated[float | None, Field(ge=0, le=1, strict=False, description="Share, at any node.")] = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.fresh_within is None and self.min_records is None and self.max_error_rate is None:
            raise ValueError("a target needs fresh_within, min_records or max_error_rate")
        return self


class Measure(str, Enum):
    FRESHNESS = "freshness"
    VOLUME = "volume"
    ERROR_RATE = "error_rate"


class Kept(str, Enum):
    """Worst first."""

    BREACHED = "breached"
    UNKNOWN = "unknown"
    """It could not be told."""
    MET = "met"


class SlaCheck(Row):
    """One target held against one flow."""

    flow_id: int
    name: str | None = None
    target: str | None = None
    measure: Measure
    verdict: Kept
    wanted: str
    seen: str
    """What was measured, in our words."""
    type: ResourceType | None = None
    id: int | None = None
    """The node that decided."""
    run_id: int | None = None
    """The run that the evidence rests on."""


class SlaReport(Result):
    """Checks, the worst first."""

    cut_first: ClassVar[tuple[str, ...]] = ("checks",)
    narrow_with: ClassVar[str] = "targets with fewer flows"

    verdict: Kept
    checked_at: datetime
    counts: dict[str, int]
    checks: list[SlaCheck]
    at_rest: list[int] | None = None
    """Flows that stand still and were not asked for by id, name or tag: not judged."""
    not_checked: list[str] | None = None
    not_reported: list[str]
    """What Nexla does not tell, so that no service level can be held against it."""
