"""Acts whose answer was lost, and looks that fail for a moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.operations.actions.action import Work

T = TypeVar("T")

LOOKS = 4
"""How often a look that fails is made in all."""
PAUSE_BETWEEN_LOOKS = 2.0
"""Seconds."""
PASSING = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.UPSTREAM_ERROR,
        ErrorCode.UNREACHABLE,
        ErrorCode.TIMEOUT,
        ErrorCode.UNREADABLE_ANSWER,
    }
)
"""Failures of a read that may be gone at the next one. After any other the platform has given its word."""


async def patiently(work: Work, look: Callable[[], Awaitable[T]]) -> T:
    """What a look gives, tried again when it fails in passing.

    Raises:
        Failure: the last one, or the first that does not pass.
    """
    for _ in range(LOOKS - 1):
        try:
            return await look()
        except Failure as failure:
            if failure.info.code not in PASSING:
                raise
        await work.nexla.clock.sleep(PAUSE_BETWEEN_LOOKS)
    return await look()


async def looked_up(
    work: Work, lost: Failure, look: Callable[[], Awaitable[T | None]], *, resource: str, next_tool: str
) -> T:
    """What an act came to that may have been carried out: what `look` sees once nothing of it is on its way any more.

    Args:
        work: The account.
        lost: How the act ended; one that says for certain that nothing was done is raised as it is.
        look: The act's output if what it was to bring about is so now, else None.
        resource: What to look at, for the error.
        next_tool: The tool that shows it.

    Raises:
        Failure: `lost`, when it is not so, or cannot be seen.
    """
    if not lost.info.maybe_applied:
        raise lost
    await work.tell("looking whether it was done: its answer was lost")
    await work.nexla.clock.sleep(work.nexla.connection.settle_seconds)
    try:
        seen = await patiently(work, look)
    except Failure:
        seen = None
    if seen is None:
        raise Failure(lost.info.model_copy(update={"resource": resource, "next_tool": next_tool}))
    return seen


def half_done(failure: Failure, done: str, resource: str, next_tool: str) -> Failure:
    """The failure of an act that had changed something before it: not for certain without effect."""
    message = f"{done}, and then: {failure.info.message}"
    told = {"message": message, "maybe_applied": True, "resource": resource, "next_tool": next_tool}
    return Failure(failure.info.model_copy(update=told))
