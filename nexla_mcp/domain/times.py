"""Times as people write them, read into UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone

from nexla_mcp.domain.errors import ErrorCode, Failure

_SPAN = re.compile(r"^(\d{1,6})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)(?:\s+ago)?$")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
LONGEST_SPAN = timedelta(days=3660)


@dataclass(frozen=True)
class Window:
    """A stretch of time, both ends timezone-aware UTC, the end not included."""

    start: datetime
    end: datetime


def parse_moment(text: str, now: datetime, *, end_of_day: bool = False) -> datetime:
    """`2h`, `3 days`, `yesterday`, `2026-11-22`, `2026-11-22T10:00Z` as a moment in UTC.

    A span counts back from `now`. A bare date is its midnight, or with `end_of_day` the midnight after it, so
    that a window ends with the day named. A time without an offset is taken as UTC.

    Raises:
        Failure: `bad_input` for anything else, with the forms that work.
    """
    word = " ".join(text.strip().lower().split())
    if word == "now":
        return now
    if word in {"today", "yesterday"}:
        midnight = datetime.combine(now.astimezone(timezone.utc).date(), time(), timezone.utc)
        return midnight - timedelta(days=word == "yesterday") + timedelta(days=end_of_day)
    span = _SPAN.match(word)
    if span:
        length = int(span[1]) * _UNITS[span[2][0]]
        if length <= LONGEST_SPAN:
            return now - length
        raise _unreadable(text)
    try:
        moment = datetime.fromisoformat(word.upper().replace("Z", "+00:00"))
    except ValueError:
        raise _unreadable(text) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc) + timedelta(days=end_of_day and bool(_DATE.match(word)))


def parse_window(since: str | None, until: str | None, now: datetime, default: timedelta) -> Window:
    """The window between two such texts; `default` before its end where `since` is missing.

    Raises:
        Failure: `bad_input` when a text cannot be read or the window is empty.
    """
    end = parse_moment(until, now, end_of_day=True) if until else now
    start = parse_moment(since, now) if since else end - default
    if start >= end:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "The time window is empty: it starts at or after its end.",
            hint="Give `since` before `until`; both are UTC, and a span such as 2h counts back from now.",
        )
    return Window(start, end)


def _unreadable(text: str) -> Failure:
    return Failure.of(
        ErrorCode.BAD_INPUT,
        f"{text[:40]!r} is not a time this tool understands.",
        hint='Write "45m", "2h", "3d", "today", "yesterday", a date (2026-11-22) or an ISO time (2026-11-22T10:00Z).',
    )
