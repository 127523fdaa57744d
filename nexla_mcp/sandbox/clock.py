"""The sandbox's own time: real time plus an offset that a test may push forward."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _system_now() -> datetime:
    return datetime.now(timezone.utc)


class SimulatedClock:
    """UTC time that runs like real time and can be advanced, never turned back."""

    def __init__(self, base: Callable[[], datetime] = _system_now, offset_seconds: float = 0.0) -> None:
        self._base = base
        self.offset_seconds = offset_seconds

    def now(self) -> datetime:
        return self._base() + timedelta(seconds=self.offset_seconds)

    def now_ms(self) -> int:
        """Unix milliseconds, the unit of run ids and log timestamps (contract 2.5)."""
        return int(self.now().timestamp() * 1000)

    def advance(self, seconds: float) -> datetime:
        if seconds < 0:
            raise ValueError("time only goes forward")
        self.offset_seconds += seconds
        return self.now()


def iso(moment: datetime) -> str:
    """The contract's timestamp form: UTC with milliseconds, `2021-04-06T21:02:17.000Z` (contract 2.5)."""
    moment = moment.astimezone(timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
