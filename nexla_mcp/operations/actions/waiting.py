"""Looks at something again and again until it is there, or the time is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from nexla_mcp.domain.errors import Failure
from nexla_mcp.operations.actions.action import Work
from nexla_mcp.operations.actions.lost import PASSING

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 10.0
"""Seconds between two looks."""


async def watched(
    work: Work, seconds: float, look: Callable[[], Awaitable[T | None]], what: str, *, every: float = 0.0
) -> T | None:
    """What a look gives as soon as it gives anything; None when it gave nothing in so many seconds.

    There is at least one look, and one when the time is over. `what` is told to whoever waits.
    Looks lie at most `every` seconds apart, where that is longer than usual: who waits for hours need not look often.
    """
    clock, pause = work.nexla.clock, FIRST_PAUSE
    ends = clock.monotonic() + seconds
    while True:
        found = await look()
        left = ends - clock.monotonic()
        if found is not None or left <= 0:
            return found
        await work.tell(what)
        await clock.sleep(min(pause, left))
        pause = min(pause * 2, max(LONGEST_PAUSE, every))


async def seen(look: Callable[[], Awaitable[T]]) -> T | None:
    """One of many looks: None when it fails in passing.

    Raises:
        Failure: one that does not pass.
    """
    try:
        return await look()
    except Failure as failure:
        if failure.info.code not in PASSING:
            raise
        return None
