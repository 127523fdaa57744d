"""Lists and single objects read from answers: one bad row never loses a list (trap T12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from nexla_mcp.domain.errors import ErrorCode, Failure

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Rows(Generic[M]):
    """Rows of a list, and how far the reading got.

    Attributes:
        items: The rows that could be read, in the platform's order, each id once.
        unreadable: How many rows could not be read.
        total: How many rows the platform says there are, None when it does not say.
        complete: Whether these are all rows.
        stopped_because: Why reading stopped early, for a person; None when `complete`.
        next_page: The page to go on with, 1-based; None when `complete` or when there is no way on.
    """

    items: tuple[M, ...] = ()
    unreadable: int = 0
    total: int | None = None
    complete: bool = True
    stopped_because: str | None = None
    next_page: int | None = None

    def __iter__(self) -> Iterator[M]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def list_in(data: Any) -> list[Any]:
    """The rows of an answer: the array itself, or the array in a `data` envelope.

    Raises:
        Failure: `unreadable_answer` when the answer is something else than a list. An empty body is: a list
            without rows is an array, so that what broke on its way is never taken for nothing.
    """
    if isinstance(data, dict) and isinstance(data.get("data"), list):
        data = data["data"]
    if not isinstance(data, list):
        raise unreadable("a list", data)
    return data


def read_rows(data: Any, model: type[M]) -> tuple[tuple[M, ...], int]:
    """The rows that the model can read, and the number of those that it cannot."""
    read = [read_or_none(row, model) for row in list_in(data)]
    good = tuple(row for row in read if row is not None)
    return good, len(read) - len(good)


def read_or_none(data: Any, model: type[M]) -> M | None:
    """One object, or None when the model cannot read it."""
    try:
        return model.model_validate(data)
    except (ValidationError, RecursionError):
        return None


def read_one(data: Any, model: type[M], what: str) -> M:
    """One object.

    Args:
        data: The answer.
        model: How to read it.
        what: What was asked for, in words for a person, e.g. `source 12`.

    Raises:
        Failure: `unreadable_answer` when it is no such object.
    """
    row = read_or_none(data, model)
    if row is None:
        raise unreadable(what, data)
    return row


def unreadable(what: str, data: Any) -> Failure:
    """The failure for an answer of the wrong shape; says the shape and never the content."""
    shapes = {dict: "an object", list: "a list", str: "text", type(None): "nothing"}
    return Failure.of(
        ErrorCode.UNREADABLE_ANSWER,
        f"Asked for {what}, the platform answered with {shapes.get(type(data), 'a bare value')} that cannot be read"
        " as that.",
        hint="Nothing is known about the state from this answer. Try again; if it stays so, the platform changed.",
    )
