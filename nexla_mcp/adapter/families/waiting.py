"""Answers that are still being made: asked for again by their request id until they are there (contract 2.7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nexla_mcp.adapter.models import AsyncAnswer
from nexla_mcp.adapter.rows import read_or_none
from nexla_mcp.domain.clock import Clock

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
_STATUSES = frozenset({"pending", "running", "completed", "failed", "cancelled"})


def async_answer(data: Any) -> AsyncAnswer | None:
    """The asynchronous answer that this is, None when it is something else."""
    if not isinstance(data, dict) or "request_id" not in data:
        return None
    answer = read_or_none(data, AsyncAnswer)
    return answer if answer is not None and answer.status.lower() in _STATUSES else None


async def wait_for(
    data: Any, ask_again: Callable[[str], Awaitable[Any]], clock: Clock, seconds: float
) -> tuple[Any, AsyncAnswer | None]:
    """Wait for work that may go on behind an answer.

    Args:
        data: The first answer. One that is not asynchronous comes back at once.
        ask_again: Sends the request again with a request id.
        clock: For the pauses.
        seconds: How long to wait at most.

    Returns:
        The result and None once it is there; otherwise the last answer and how it stands: failed, cancelled,
        or pending still when the time is over.
    """
    ends = clock.monotonic() + seconds
    pause = FIRST_PAUSE
    while (answer := async_answer(data)) is not None:
        if answer.status.lower() == "completed":
            return answer.result, None
        if answer.finished or clock.monotonic() + pause > ends:
            return data, answer
        await clock.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
        data = await ask_again(answer.request_id)
    return data, None
