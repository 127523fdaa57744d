"""What a tool function works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nexla_mcp.adapter.nexla import Nexla
    from nexla_mcp.domain.errors import ErrorInfo
    from nexla_mcp.operations.desk import Desk
    from nexla_mcp.operations.planning.planning import Planning
    from nexla_mcp.tools.spec import ToolSpec

WAIT_SECONDS = 45.0
"""How long a call waits for the operation that it starts."""

Progress = Callable[[float, float, str], Awaitable[None]]
"""`await progress(done, total, what)`: how far a long piece of work has come."""


async def no_progress(done: float, total: float, what: str) -> None:
    """For callers that nobody watches."""


async def no_desk() -> Desk:
    """For toolboxes whose tools only read."""
    raise AssertionError("a tool that changes something was composed without a desk")


class Tools(Protocol):
    """What a tool that speaks of other tools has to know of them."""

    @property
    def specs(self) -> Sequence[ToolSpec]:
        """All of them, whatever the policy says."""

    def lists(self, name: str) -> bool:
        """Whether a client is shown it from the start."""

    def refusal_of(self, name: str) -> ErrorInfo | None:
        """Why it may not be used, or None when it may."""


@dataclass(frozen=True)
class ToolContext:
    """The account a call works on, and whoever watches it."""

    nexla: Nexla
    toolbox: Tools
    progress: Progress = no_progress
    open_desk: Callable[[], Awaitable[Desk]] = no_desk
    interrupted: Callable[[], Sequence[str]] = tuple
    """The ids of operations that were cut off, each with its tool."""

    dry_run: bool = False
    """Whether a change is only to be shown."""

    async def planning(self) -> Planning:
        """What plans are made from.

        Raises:
            Failure: `not_configured` when there is no place to keep operations.
        """
        return (await self.open_desk()).planning
