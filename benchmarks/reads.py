"""Requests and time of single reads, against the bare SDK with its defaults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
from nexla_sdk import NexlaClient

from benchmarks.account import Counter, Sandbox, connected, running
from benchmarks.measuring import Row, in_turns_async
from nexla_mcp.adapter.nexla import Nexla

ROUNDS = 20
TOKEN_SECONDS = 3600
"""What the contract's tokens last. The SDK's default margin is as long, so it fetches one for every call."""


@dataclass(frozen=True)
class Read:
    """The same question, asked both ways."""

    what: str
    ours: Callable[[Nexla], Awaitable[object]]
    theirs: Callable[[NexlaClient], object]


def measure() -> list[Row]:
    with running("--token-ttl", str(TOKEN_SECONDS)) as sandbox:
        return anyio.run(_compare, sandbox)


async def _compare(sandbox: Sandbox) -> list[Row]:
    client = NexlaClient(service_key=sandbox.service_key, base_url=sandbox.url)
    counter = Counter(sandbox)
    rows = []
    async with connected(sandbox) as nexla:
        for read in await _reads(nexla):

            async def ours(read: Read = read) -> None:
                await read.ours(nexla)

            async def theirs(read: Read = read) -> None:
                # On the loop's own thread, as a script would call it: nothing else is running.
                read.theirs(client)

            await in_turns_async([ours, theirs], 1)
            asked = [await _requests(counter, way) for way in (ours, theirs)]
            took = await in_turns_async([ours, theirs], ROUNDS)
            rows.append(Row(f"requests, {read.what}", asked[0], asked[1], "", aim=0.5))
            rows.append(Row(f"time, {read.what}", took[0] * 1000, took[1] * 1000, "ms"))
    return rows


async def _reads(nexla: Nexla) -> list[Read]:
    source = (await nexla.sources.list()).items[0].id
    nexset = (await nexla.nexsets.list()).items[0].id
    flow = (await nexla.flows.list()).items[0].id
    credential = (await nexla.credentials.list()).items[0].id
    return [
        Read("list of sources", lambda us: us.sources.list(), lambda sdk: sdk.sources.list()),
        Read("one source", lambda us: us.sources.get(source), lambda sdk: sdk.sources.get(source)),
        Read("one flow", lambda us: us.flows.get(flow), lambda sdk: sdk.flows.get(flow)),
        Read("one credential", lambda us: us.credentials.get(credential), lambda sdk: sdk.credentials.get(credential)),
        Read("samples of a nexset", lambda us: us.nexsets.samples(nexset), lambda sdk: sdk.nexsets.get_samples(nexset)),
    ]


async def _requests(counter: Counter, way: Callable[[], Awaitable[object]]) -> float:
    """Requests of one read, over ten."""
    counter.restart()
    for _ in range(10):
        await way()
    return counter.count() / 10
