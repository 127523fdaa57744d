"""How things are measured: side by side, in turns, with medians. Seconds of one machine mean nothing; ratios do."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One comparison. `ratio` is ours by theirs; where more is better (`faster`), theirs by ours."""

    what: str
    ours: float
    theirs: float
    unit: str
    aim: float | None = None
    """The ratio to reach: at most this, or with `faster` at least this; None where none was set."""
    faster: bool = False

    @property
    def ratio(self) -> float:
        above, below = (self.theirs, self.ours) if self.faster else (self.ours, self.theirs)
        return above / below if below else float("inf")

    @property
    def met(self) -> bool | None:
        if self.aim is None:
            return None
        return self.ratio >= self.aim if self.faster else self.ratio <= self.aim


def in_turns(ways: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """The median seconds of each way; they take turns, so that a busy moment hits all of them."""
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, times in zip(ways, taken, strict=True):
            begun = time.perf_counter()
            way()
            times.append(time.perf_counter() - begun)
    return [median(times) for times in taken]


async def in_turns_async(ways: Sequence[Callable[[], Awaitable[object]]], rounds: int) -> list[float]:
    """As `in_turns`, on one event loop."""
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for way, times in zip(ways, taken, strict=True):
            begun = time.perf_counter()
            await way()
            times.append(time.perf_counter() - begun)
    return [median(times) for times in taken]
