"""What all answers have in common: no nulls on the wire, and an honest way of being cut."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from typing_extensions import Self


class Row(BaseModel):
    """One line of an answer."""

    model_config = ConfigDict(frozen=True)


class Result(BaseModel):
    """The answer of a tool: its structured content.

    `cut_first` names the list fields that lose their last rows, in this order, when the answer would pass
    the byte budget. A cut answer says so, with the number of rows there were and how to get the rest.
    """

    model_config = ConfigDict(frozen=True)

    cut_first: ClassVar[tuple[str, ...]] = ()
    narrow_with: ClassVar[str] = ""
    """The arguments that would make the answer smaller, in words for the model."""

    truncated: bool | None = None
    total: int | None = None
    """Rows that matched, of which the answer may show fewer."""
    cursor: str | None = None
    """Give this back as `cursor` to read on; absent at the end."""
    narrow: str | None = None

    def structured(self) -> dict[str, Any]:
        """The answer as JSON without nulls, dates in ISO 8601 UTC."""
        return self.model_dump(mode="json", exclude_none=True)

    def cut(self, field: str, keep: int) -> Self:
        """The same answer with only the first `keep` rows of `field`, marked as cut."""
        rows = getattr(self, field)
        return self.model_copy(
            update={
                field: rows[:keep],
                "truncated": True,
                "total": self.total if self.total is not None else len(rows),
                "cursor": self.cursor_after(field, keep),
                "narrow": self.narrow_with or None,
            }
        )

    def shortened(self, room: int) -> Self:
        """The same answer with single long values cut to about `room` characters each, marked and told."""
        return self

    def cursor_after(self, field: str, keep: int) -> str | None:
        """The cursor that continues after `keep` rows of `field`; None where the tool takes none."""
        return None
