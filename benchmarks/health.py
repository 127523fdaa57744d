"""A health check of a whole account against one flow after the other, with 50 ms between question and answer."""

from __future__ import annotations

import anyio

from benchmarks.account import UNLIMITED, Counter, connected
from benchmarks.measuring import Row, in_turns_async
from nexla_mcp.operations.health import Scope, run_health_check
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve

LATENCY_MS = 50
ROUNDS = 3


def measure() -> list[Row]:
    with serve(SandboxOptions(latency_ms=LATENCY_MS)) as sandbox:
        return anyio.run(_compare, sandbox)


async def _compare(sandbox: RunningSandbox) -> list[Row]:
    counter = Counter(sandbox)
    async with connected(sandbox, UNLIMITED) as nexla:
        flows = [flow.id for flow in (await nexla.flows.list()).items]

        async def together() -> None:
            report = await run_health_check(nexla, Scope(None, None, None, None))
            _all_checked(len(report.flows), len(flows))

        async def one_by_one() -> None:
            checked = [await run_health_check(nexla, Scope((flow,), None, None, None)) for flow in flows]
            _all_checked(len(checked), len(flows))

        await together()
        asked = []
        for way in (together, one_by_one):
            counter.restart()
            await way()
            asked.append(counter.count())
        took = await in_turns_async([together, one_by_one], ROUNDS)
    where = f"health of {len(flows)} flows at {LATENCY_MS} ms"
    return [
        Row(f"time, {where}, against one by one", took[0], took[1], "s", aim=8, faster=True),
        Row(f"requests, {where}, against one by one", asked[0], asked[1], ""),
    ]


def _all_checked(checked: int, there_are: int) -> None:
    if checked != there_are:
        raise RuntimeError(f"{checked} of {there_are} flows were checked")
