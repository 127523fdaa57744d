"""The answer of `audit_changes`."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from nexla_mcp.domain.results.base import Result, Row


class Change(Row):
    """One recorded change. What was changed is told as `property: before → after`, secrets hidden."""

    at: datetime | None = None
    who: str | None = None
    event: str
    type: str | None = None
    id: int | None = None
    name: str | None = None
    changes: str | None = None
    access: bool | None = None
    """True where it changed who may reach something."""


class AuditTrail(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("rows",)
    narrow_with: ClassVar[str] = "since, until, who or access_only"

    rows: list[Change]
    """The newest first."""
    people: dict[str, int]
    """How many changes each person made."""
    not_read: list[str] | None = None
