"""What a tool function works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexla_mcp.adapter.nexla import Nexla

Progress = Callable[[float, float, str], Awaitable[None]]
"""`await progress(done, total, what)`: how far a long piece of work has come."""


async def no_progress(done: float, total: float, what: str) -> None:
    """For callers that nobody watches."""


@dataclass(frozen=True)
class ToolContext:
    """The account a call works on, and whoever watches it."""

    nexla: Nexla
    progress: Progress = no_progress
