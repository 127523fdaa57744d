"""`Retry-After` in every form that was seen (trap T5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST = 30.0
"""Seconds: the server advises, it does not put this process to sleep for hours."""


def retry_after(headers: Mapping[str, str], data: Any, now: datetime) -> float | None:
    """Seconds to wait, 0 to `LONGEST`; None when nothing usable is said.

    A date is taken relative to the answer's own `Date`, since clocks differ; else to `now`.
    """
    text = headers.get("retry-after", "").strip()
    seconds = _number(text)
    if seconds is None and text:
        until = http_date(text)
        seconds = (until - (http_date(headers.get("date", "")) or now)).total_seconds() if until else None
    if seconds is None and isinstance(data, dict):
        seconds = _number(data.get("retry_after"))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def http_date(text: str) -> datetime | None:
    """An HTTP date as UTC; None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
