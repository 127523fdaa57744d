"""Time as a dependency, so that no test has to sleep."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol

import anyio


class Clock(Protocol):
    """What waits and measures. Seconds throughout; `now` is UTC and timezone-aware."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
