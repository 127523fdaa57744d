"""How an operation tells how far it has come, without knowing who listens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

Progress = Callable[[float, float, str], Awaitable[None]]
"""`await progress(done, total, what)`."""


async def no_progress(done: float, total: float, what: str) -> None:
    """For callers that nobody watches."""
