"""Work whose connection is gone already: done when simulated time has come to it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexla_mcp.sandbox.clock import SimulatedClock


class Deferred:
    """Pending work in the order of its due time. It runs before the next request that follows it,
    which nobody can tell from running on time: only requests look at the world."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._pending: list[tuple[int, int, Callable[[], object]]] = []

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, seconds: float, work: Callable[[], object]) -> None:
        with self._lock:
            due = self._clock.now_ms() + int(seconds * 1000)
            self._pending.append((due, next(self._numbers), work))
            self._pending.sort(key=lambda item: item[:2])

    def run_due(self) -> None:
        while True:
            with self._lock:
                if not self._pending or self._pending[0][0] > self._clock.now_ms():
                    return
                work = self._pending.pop(0)[2]
            work()
