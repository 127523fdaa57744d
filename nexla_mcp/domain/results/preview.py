"""The answer of `preview_transform`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from nexla_mcp.domain.results.base import Result, Row


class Retyped(Row):
    """A field that is there before and after, with other types of values."""

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class Pair(Row):
    """A record before and after."""

    before: Any
    after: Any


class RecordFailure(Row):
    """A record that the transform could not take; Nexla would pass it through unchanged."""

    record: int
    """Its place among those looked at, from 0."""
    why: str


class Preview(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("records", "failures", "retyped", "lost", "gained")
    narrow_with: ClassVar[str] = "limit"

    ran: bool
    """Whether the code was run on the records. Scripts never are."""
    nexset_id: int | None = None
    nexset: str | None = None
    transform_id: int | None = None
    transform: str | None = None
    looked_at: int = 0
    """How many records were put in; of no more is anything known."""
    transformed: int = 0
    unchanged: int = 0
    """How many of those came out exactly as they went in."""
    lost: list[str] = Field(default_factory=list)
    gained: list[str] = Field(default_factory=list)
    retyped: list[Retyped] = Field(default_factory=list)
    failures: list[RecordFailure] = Field(default_factory=list)
    problems: list[str] = Field(default_factory=list)
    """Why the code cannot work at all."""
    notes: list[str] = Field(default_factory=list)
    records: list[Pair] = Field(default_factory=list)
    """The first of them, before and after; secrets in them stand as [hidden]."""
