"""Independent reads side by side, where one that fails must not take the others with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import anyio

from nexla_mcp.domain.errors import Failure

T = TypeVar("T")
Read = Callable[[], Awaitable[Any]]
"""For lists of reads that give different things."""


async def outcomes(reads: Iterable[Callable[[], Awaitable[T]]]) -> list[T | Failure]:
    """What each read gave, or the `Failure` it raised, in the order given.

    How many run at once is the adapter's business: it bounds its threads and its rate.
    """
    waiting = list(reads)
    results: dict[int, T | Failure] = {}

    async def run(index: int) -> None:
        try:
            results[index] = await waiting[index]()
        except Failure as failure:
            results[index] = failure

    async with anyio.create_task_group() as tasks:
        for index in range(len(waiting)):
            tasks.start_soon(run, index)
    return [results[index] for index in range(len(waiting))]
