"""The answer of `get_resource`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from typing_extensions import Self

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row
from nexla_mcp.domain.results.shortening import shortened

LEFT_OUT = " left out to fit"


class Related(Row):
    """Another resource this one hangs together with."""

    relation: str
    """How, in words: `credential`, `detected nexset`, `used by` …"""
    type: ResourceType
    id: int
    name: str | None = None
    status: str | None = None


class ResourceDetails(Result):
    """One resource. Secrets in `config` and `facts` stand as [hidden]."""

    cut_first: ClassVar[tuple[str, ...]] = ("related", "entries")

    type: ResourceType
    id: int
    name: str | None = None
    description: str | None = None
    status: str | None = None
    owner: str | None = None
    roles: list[str] | None = None
    """What the caller may be to it."""
    tags: list[str] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    facts: dict[str, Any] | None = None
    """What only this type of resource has, under Nexla's own names."""
    config: dict[str, Any] | None = None
    fields: dict[str, str] | None = None
    """A nexset's attributes with their types."""
    code: str | None = None
    related: tuple[Related, ...] = ()
    entries: list[dict[str, Any]] | None = None
    """A lookup's rows, or a team's or org's members."""
    not_read: list[str] | None = None
    """What belongs here but could not be read, and why."""

    def shortened(self, room: int) -> Self:
        cut: dict[str, Any] = {}
        told: list[str] = [item for item in self.not_read or () if not item.endswith(LEFT_OUT)]
        for field in ("description", "facts", "config", "fields", "code"):
            value, left_out = shortened(getattr(self, field), room)
            if left_out:
                cut[field] = value
                told.append(f"{field}: {left_out:,} {'characters' if isinstance(value, str) else 'entries'}{LEFT_OUT}")
        return self.model_copy(update={**cut, "truncated": True, "not_read": told}) if cut else self
