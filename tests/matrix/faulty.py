"""A clock whose sleeps take no time, for adapters and servers that talk to a real sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone


def _nothing(_seconds: float) -> None:
    """No other clock to move."""


@dataclass
class HastyClock:
    """Real time, but for sleeps: they are over at once, and the clock stands later by as much.

    Deadlines so still end what really hangs. `passes` is told of each sleep, to move the sandbox's time along.
    """

    passes: Callable[[float], object] = _nothing
    slept: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + timedelta(seconds=self.slept)

    def monotonic(self) -> float:
        return time.monotonic() + self.slept

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.slept += seconds
        self.passes(seconds)
