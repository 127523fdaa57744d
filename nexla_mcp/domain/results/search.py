"""The answer of `search_resources`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row


class Sight(str, Enum):
    """What can be searched and is no resource that one builds with."""

    NOTIFICATION = "notification"
    APPROVAL = "approval"
    """A request that waits for somebody's decision."""
    RUNTIME = "runtime"


class Found(Row):
    """One resource, as much of it as lists tell."""

    type: ResourceType | Sight
    id: int
    name: str | None = None
    status: str | None = None
    owner: str | None = None
    connector: str | None = None
    roles: tuple[str, ...] = ()
    """What the caller may be to it: owner, admin, operator, collaborator."""
    tags: tuple[str, ...] = ()
    updated_at: datetime | None = None


class SearchResults(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("rows",)
    narrow_with: ClassVar[str] = "types, name, status, tag, owner, connector, credential or project"

    rows: list[Found]
    offset: int = 0
    """How many matches stand before the first row."""
    unreadable: int | None = None
    """Rows of Nexla's lists that could not be read and are missing here."""
    not_searched: list[str] | None = None
    """What could not be searched, and why."""

    def cursor_after(self, field: str, keep: int) -> str | None:
        return str(self.offset + keep) if keep else None
