"""How fast this process calls: slows down by itself when the platform says 429, and recovers slowly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

FLOOR = 0.25
"""Requests a second at the slowest: one in four seconds (DESIGN)."""
RECOVERY = 0.05
"""Share of the full rate that each success gives back."""
BURST_SECONDS = 2.0
"""So many seconds' worth of requests may go at once after a pause."""


class Rate:
    """A token bucket whose rate halves at each 429. Used from the event loop only."""

    def __init__(
        self, per_second: float, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._full = per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self.per_second = per_second
        self._bucket = self._capacity
        self._filled_at = monotonic()
        self._not_before = self._filled_at

    @property
    def _capacity(self) -> float:
        return max(1.0, self.per_second * BURST_SECONDS)

    async def wait(self, until: float) -> bool:
        """Waits until one more request may go out; False, without waiting, if that would not be before `until`."""
        pause = self._reserve()
        if pause > 0 and self._monotonic() + pause >= until:
            self._bucket += 1
            return False
        if pause > 0:
            await self._sleep(pause)
        return True

    def _reserve(self) -> float:
        """Takes one request from the bucket, which may go into debt, and says how long to wait for it."""
        now = self._monotonic()
        self._bucket = min(self._capacity, self._bucket + (now - self._filled_at) * self.per_second)
        self._filled_at = now
        self._bucket -= 1
        return max(-self._bucket / self.per_second, self._not_before - now, 0.0)

    def throttled(self, pause: float | None) -> None:
        """The platform said 429, perhaps with a time to stay away (seconds)."""
        self.per_second = max(FLOOR, self.per_second / 2)
        self._bucket = min(self._bucket, 0.0)
        if pause:
            self._not_before = max(self._not_before, self._monotonic() + pause)

    def succeeded(self) -> None:
        self.per_second = min(self._full, self.per_second + RECOVERY * self._full)
