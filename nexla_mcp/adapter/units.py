"""Times at the edge of the API, where each path wants a unit of its own (contract 2.5, trap T18)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ONE_MILLISECOND = timedelta(milliseconds=1)
ONE_SECOND = timedelta(seconds=1)


def to_milliseconds(moment: datetime) -> int:
    """Unix milliseconds of an aware instant, for logs by resource and for run ids."""
    return (_aware(moment) - EPOCH) // ONE_MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """The UTC instant of unix milliseconds, e.g. of a run id.

    Raises:
        Failure: `bad_input` when no calendar has that instant.
    """
    try:
        return EPOCH + milliseconds * ONE_MILLISECOND
    except OverflowError:
        raise Failure.of(ErrorCode.BAD_INPUT, "That is no time in unix milliseconds.") from None


def to_seconds(moment: datetime) -> int:
    """Unix seconds of an aware instant, rounded down, for logs by flow and for notifications."""
    return (_aware(moment) - EPOCH) // ONE_SECOND


def to_seconds_up(moment: datetime) -> int:
    """Unix seconds rounded up, for the end of a window, so that the last second is not cut off."""
    return -((EPOCH - _aware(moment)) // ONE_SECOND)


def to_day(moment: datetime | date) -> str:
    """The UTC day as `YYYY-MM-DD`, for metrics and audit logs."""
    if isinstance(moment, datetime):
        moment = _aware(moment).astimezone(timezone.utc).date()
    return moment.isoformat()


def start_of(day: date) -> datetime:
    """The first instant of a UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


def end_of(day: date) -> datetime:
    """The first instant after a UTC day: an inclusive end date as the exclusive end of a window."""
    return start_of(day) + timedelta(days=1)


def run_started_at(run_id: int) -> datetime | None:
    """When a run started, read from its id; None for an id that is no plausible time (before 2001)."""
    return from_milliseconds(run_id) if 10**12 <= run_id < 10**14 else None


def check_window(since: datetime, until: datetime) -> None:
    """Refuse an empty window: the API would answer it with nothing found.

    Raises:
        Failure: `bad_input` when the end is not after the start.
    """
    if _aware(until) <= _aware(since):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "The window is empty: its end is not after its start.",
            hint="Give an end after the start.",
        )


def check_inner_status(data: Any, what: str) -> Mapping[str, Any]:
    """The report inside an answer of the metrics and logs services.

    These answer HTTP 200 and put the real outcome in `status`: 200 or the word `Ok` (contract 23, 24).

    Raises:
        Failure: `upstream_error` for another status, `unreadable_answer` when there is no object.
    """
    if not isinstance(data, dict):
        raise Failure.of(
            ErrorCode.UNREADABLE_ANSWER,
            f"The platform's report of {what} is no object and cannot be read.",
            hint="The report is missing, not empty. Try again; if it stays so, the platform changed.",
        )
    status = data.get("status")
    if str(status).strip().lower() not in {"200", "ok"}:
        said = f"status {status}" if isinstance(status, int) and not isinstance(status, bool) else "no valid status"
        raise Failure.of(
            ErrorCode.UPSTREAM_ERROR,
            f"The platform could not make the report of {what}: it says {said}.",
            hint="The report is missing, not empty. Try again in a minute or ask for a shorter window.",
            retryable=True,
        )
    return data


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Failure.of(ErrorCode.BAD_INPUT, "A time without a time zone was given.", hint="Add Z for UTC.")
    return moment
