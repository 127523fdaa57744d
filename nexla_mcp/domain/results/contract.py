"""The answers of `find_operation` and of a reading `call_operation`."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import Self

from nexla_mcp.domain.results.base import Result, Row
from nexla_mcp.domain.results.shortening import shortened


class OperationFound(Row):
    """A typed tool, or an operation of the contract."""

    name: str
    """What `call_operation` takes as `operation`."""
    does: str
    risk: str
    path: str | None = None
    """Method and path; absent for a typed tool."""
    takes: str | None = None
    """Its arguments, those that are required with `*`; of operations that have a `body`, its fields in braces."""
    better: str | None = None
    """Typed tools that do the same with checks, plan and undo."""
    refused: str | None = None
    """Why it cannot be called here."""
    listed: bool | None = None
    """Of a typed tool: whether it is in the list of tools, and called by its own name."""


class OperationsFound(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("rows",)
    narrow_with: ClassVar[str] = "query or limit"

    rows: list[OperationFound]


class OperationRead(Result):
    """What an operation of the contract answered. Secrets are hidden, whatever field they are in."""

    cut_first: ClassVar[tuple[str, ...]] = ("rows",)
    narrow_with: ClassVar[str] = "arguments.per_page and arguments.page, where the operation takes them"

    operation: str
    path: str
    rows: list[dict[str, Any]] | None = None
    answer: Any = None
    """Where the answer is no list of objects."""
    more: str | None = None
    """Whether there are further pages, and how they are asked for."""
    left_out: int | None = None
    """Entries of long single values that are not shown."""

    def shortened(self, room: int) -> Self:
        answer, lost = shortened(self.answer, room)
        rows, more = zip(*(shortened(row, room) for row in self.rows), strict=True) if self.rows else ((), ())
        lost += sum(more)
        if not lost:
            return self
        update = {"answer": answer, "rows": list(rows) or None, "left_out": lost, "truncated": True}
        return self.model_copy(update=update)
