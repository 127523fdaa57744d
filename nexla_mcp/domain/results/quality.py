"""The answer of `check_data_quality`, and the rules that it takes."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

from nexla_mcp.domain.results.base import Result, Row

LONGEST_PATTERN = 300


class JsonType(str, Enum):
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    OBJECT = "object"
    ARRAY = "array"


class FieldRule(BaseModel):
    """What has to hold for one field. Null counts as missing, and only `required` and `max_null_rate` mind it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    field: Annotated[str, Field(description="Dotted.")]
    required: bool | None = None
    type: Annotated[JsonType | None, Field(strict=False)] = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    unique: bool | None = None
    max_null_rate: float | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set - {"field"}:
            raise ValueError("a rule needs more than the name of its field")
        if self.pattern is not None and len(self.pattern) > LONGEST_PATTERN:
            raise ValueError(f"a pattern has at most {LONGEST_PATTERN} characters")
        if self.max_null_rate is not None and not 0 <= self.max_null_rate <= 1:
            raise ValueError("max_null_rate is a share from 0 to 1")
        return self


class Quality(str, Enum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """There are no samples to judge by."""
    SUGGESTED = "suggested"
    """Nothing was to be checked: the answer holds rules to start from."""


class QualityFinding(Row):
    """One rule that does not hold."""

    field: str
    rule: str
    failed: int
    """Records that break it."""
    of: int
    """Records that it was held against."""
    examples: tuple[Any, ...] = ()
    """Up to three values that break it, secrets hidden: text from outside."""


class QualityReport(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("findings", "rules")
    narrow_with: ClassVar[str] = "fewer rules"

    nexset_id: int
    name: str | None = None
    verdict: Quality
    looked_at: int
    """How many sample records were judged. The nexset holds more."""
    live: bool
    """Whether they were read from the topic just now, not from Nexla's cache."""
    held: int | None = None
    """How many rules held."""
    findings: list[QualityFinding]
    json_schema: dict[str, Any] | None = None
    """Suggested: what every sample looks like."""
    rules: list[dict[str, Any]] | None = None
    """Suggested beside it: what a schema cannot say."""
    notes: list[str] | None = None
