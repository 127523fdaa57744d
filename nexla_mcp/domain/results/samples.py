"""The answer of `get_samples`."""

from __future__ import annotations

from typing import Any, ClassVar

from nexla_mcp.domain.results.base import Result, Row


class FieldShape(Row):
    """One field as it is in the samples. Nested fields are dotted."""

    name: str
    types: tuple[str, ...]
    """JSON types seen, commonest first; `null` is not among them."""
    missing: float
    """Share of the samples in which the field is absent or null, 0 to 1."""


class Samples(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("records", "fields")
    narrow_with: ClassVar[str] = "limit"

    nexset_id: int
    name: str | None = None
    live: bool
    """Whether the records were read from the topic just now, not from Nexla's cache."""
    looked_at: int
    """How many records the shapes are taken from."""
    fields: list[FieldShape]
    records: list[Any]
    """As they are, but secrets in them stand as [hidden]."""
