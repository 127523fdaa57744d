"""Cursors: how many rows of an ordered answer were already given."""

from __future__ import annotations

from nexla_mcp.domain.errors import ErrorCode, Failure

LONGEST = 9
"""Digits: nobody pages through a billion rows."""


def offset_of(cursor: str | None) -> int:
    """The rows before the next one; 0 without a cursor.

    Raises:
        Failure: `bad_input` for anything but a cursor of ours.
    """
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > LONGEST:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "This cursor was not given out by this tool.",
            hint="Give back the `cursor` of the last answer as it was, or leave it out to start anew.",
        )
    return int(cursor)
