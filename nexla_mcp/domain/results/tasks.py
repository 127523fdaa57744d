"""The answer of `get_task`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from typing_extensions import Self

from nexla_mcp.domain.results.base import Result, Row
from nexla_mcp.domain.results.shortening import shortened


class TaskRow(Row):
    """A background task. Nexla does not say with which arguments it was started."""

    id: str
    type: str | None = None
    status: str | None = None
    progress: int | None = None
    created_at: datetime | None = None
    stopped_at: datetime | None = None
    error: str | None = None


class TaskReport(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("rows", "tasks")
    narrow_with: ClassVar[str] = "a type as `task`; arguments of the task itself"

    tasks: list[TaskRow]
    """The one that was asked for, or the newest of those listed first."""
    types: list[str] | None = None
    """What can be started; with a list only."""
    arguments: dict[str, str] | None = None
    """What a task of the type that was asked for takes, as Nexla explains it."""
    result: Any = None
    """Of the one task, secrets hidden; a result that is one list is in `rows`."""
    rows: list[Any] | None = None
    result_missing: str | None = None
    """Why there is no result."""
    left_out: int | None = None
    """Entries of the result that did not fit."""
    download_link: str | None = None
    """Whoever has it can fetch the file without logging in."""

    def shortened(self, room: int) -> Self:
        value, left_out = shortened(self.result, room)
        if not left_out:
            return self
        return self.model_copy(update={"result": value, "left_out": left_out, "truncated": True})
