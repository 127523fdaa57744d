"""What every action is: something that can be prepared, done, and looked up after it was cut off."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.journal import Entry, Journal, Read

Arguments = dict[str, Any]
Output = dict[str, Any]
"""What a step gives: JSON with ids and references, never contents. `id` is what later steps refer to."""


async def tell_nobody(what: str) -> None:
    """For steps that nobody watches."""


def no_journal(journal: str) -> dict[int, Entry]:
    """For work that reads none."""
    raise AssertionError(f"journal {journal} is read where there is no ledger")


def never() -> bool:
    return False


@dataclass(frozen=True)
class Work:
    """What an action works with."""

    nexla: Nexla
    tell: Callable[[str], Awaitable[None]] = tell_nobody
    """`await tell(what)`: what a long step is waiting for."""
    journal: Journal | None = None
    """Where a step that does many things notes each of them; None outside of an operation."""
    read_journal: Read = no_journal
    """The journal of an earlier step, by its id."""
    cancelled: Callable[[], bool] = never
    """Whether a step that does many things is to stop before the next of them."""


@dataclass(frozen=True)
class Foreseen:
    """What an act would come to as things are now."""

    says: str
    """For a person."""
    targets: tuple[Target, ...] = ()
    risk: Risk = Risk.WRITE
    losses: tuple[str, ...] = ()
    """What could not be put back afterwards."""


Made = frozenset[tuple[str | None, int | None]]
"""Type and id of what an operation made."""


class Action(ABC):
    """One kind of step. Without state: everything is in the arguments and in what `prepare` noted."""

    name: ClassVar[str]
    makes: ClassVar[bool] = False
    """Whether something new is there afterwards, whose `type` and `id` are in the output."""
    deletes: ClassVar[bool] = False
    """Whether something is gone for ever afterwards."""

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        """What has to be known of before the act to tell its outcome afterwards, as JSON. Changes nothing."""
        del work, arguments
        return None

    @abstractmethod
    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        """Does it.

        Raises:
            Failure: `maybe_applied` when it may have been done; anything else means that it was not.
        """

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        """After a crash in the middle: what the act came to, or None when it can simply be done (again).

        Asked when the settling window is over: what was on its way has been done by then, or never will be.
        The default suits acts that come to the same however often they are done.
        """
        del work, arguments, before
        return None

    async def left_behind(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        """For an undo: what a step came to that was cut off, or None when there is nothing to be taken back."""
        return await self.settle(work, arguments, before)

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        """What the act would do as an inverse; None where things are already as it would make them.

        Args:
            work: The account.
            arguments: Of the act, without references to outputs.
            made: What the operation made that is being taken back.

        Raises:
            Failure: `not_found` when what it acts on is gone.
        """
        del work, arguments, made
        raise TypeError(f"{self.name} is the inverse of nothing")
