"""The answer of `fetch_logs`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row


class Severity(str, Enum):
    """Of a log line, mildest first."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class LogLine(Row):
    """One line, or several that say the same: `count` of them between `first` and `last`, in the newest's words."""

    severity: str
    type: ResourceType | None = None
    id: int | None = None
    name: str | None = None
    run_id: int | None = None
    """Of the newest of them."""
    first: datetime | None = None
    last: datetime | None = None
    count: int = 1
    text: str


class Logs(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("lines",)
    narrow_with: ClassVar[str] = "run, severity, text, since or until"

    flow_id: int
    name: str | None = None
    run_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    read: int
    """Lines read before filtering."""
    matched: int
    """Lines that match, before those that say the same were folded."""
    lines: list[LogLine]
    """The newest first."""
    offset: int = 0
    note: str | None = None

    def cursor_after(self, field: str, keep: int) -> str | None:
        return str(self.offset + keep) if keep else None
