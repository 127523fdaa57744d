"""The answer of every tool that changes something, and of `get_operation`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from typing_extensions import Self

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row
from nexla_mcp.domain.results.shortening import shortened


class State(str, Enum):
    """How far a change has come."""

    PLANNED = "planned"
    """A dry run: nothing was done."""
    CONFIRMATION_REQUIRED = "confirmation_required"
    """Nothing was done. The answer says how it can be confirmed."""
    NOT_CONFIRMED = "not_confirmed"
    """A person was asked and did not agree. Nothing was done."""
    UNCHANGED = "unchanged"
    """Everything is as it should be already."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The process that ran it is gone. Nothing goes on by itself."""
    CANCELLED = "cancelled"
    UNDONE = "undone"


class StepRow(Row):
    step: str
    does: str
    state: str | None = None
    """started, done, failed, unknown, undone, not_undone; absent: not begun."""
    result: str | None = None
    undo: str | None = None
    """The action that would put it back; absent where there is none."""


class Touched(Row):
    type: ResourceType
    id: int
    name: str | None = None
    status: str | None = None
    owner: str | None = None
    shared_with: tuple[str, ...] | None = None
    role: str
    """target, affected (downstream), existing (taken as it is), or made."""


class OperationRow(Row):
    operation: str
    tool: str
    state: State
    summary: str
    started: datetime
    undo: str | None = None


class ItemRow(Row):
    """An item of a batch that is not as it should be."""

    item: int
    """Its place, from 1."""
    name: str
    state: str
    """failed: not done; unknown: perhaps done."""
    why: str


class OperationAnswer(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("operations", "resources", "steps", "also", "problems", "notes")

    state: State
    summary: str
    operation: str | None = None
    """The id that get_operation and control_operation take."""
    tool: str | None = None
    risk: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    principal: str | None = None
    """Who acted."""
    decision: str | None = None
    """Who or what allowed it."""
    arguments: dict[str, Any] | None = None
    steps: list[StepRow] | None = None
    resources: list[Touched] | None = None
    also: list[str] | None = None
    """Others that depend on what is changed."""
    cannot_be_put_back: list[str] | None = None
    undo: str | None = None
    """`undo`, `rebuild`, or why there is neither."""
    items: dict[str, int] | None = None
    """Of a batch: how many items are done, unchanged, failed, unknown and skipped."""
    problems: list[ItemRow] | None = None
    verified: str | None = None
    """verified, not_yet or failed: whether records were seen to flow afterwards."""
    notes: list[str] | None = None
    kept: dict[str, Any] | None = None
    """What was kept of what it deleted, secrets hidden."""
    kept_left_out: int | None = None
    """How many entries of it did not fit; the state directory has them all."""
    confirmation: str | None = None
    """Give this back as `confirmation` together with the same arguments."""
    approve_code: str | None = None
    """For a person: `nexla-mcp approve CODE` on a terminal."""
    expires: datetime | None = None
    error: dict[str, Any] | None = None
    operations: list[OperationRow] | None = None

    def shortened(self, room: int) -> Self:
        if self.kept is None:
            return self
        kept, left_out = shortened(self.kept, room)
        if not left_out:
            return self
        return self.model_copy(update={"kept": kept, "kept_left_out": (self.kept_left_out or 0) + left_out})
