"""A health check of a whole account against one flow after the other, with 50 ms between question and answer."""

from __future__ import annotations

from functools import partial

import anyio

from benchmarks.account import Counter, Sandbox, connected, running
from benchmarks.measuring import Row, in_turns_async
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.operations.health import Scope, run_health_check

LATENCY_MS = 50
ROUNDS = 3


def measure() -> list[Row]:
    with running("--latency-ms", str(LATENCY_MS)) as sandbox:
        return anyio.run(_compare, sandbox)


async def _compare(sandbox: Sandbox) -> list[Row]:
    counter = Counter(sandbox)
    async with connected(sandbox) as nexla, connected(sandbox, workers=1) as single:
        flows = [flow.id for flow in (await nexla.flows.list()).items]

        async def together() -> None:
            report = await run_health_check(nexla, Scope(None, None, None, None))
            _all_checked(len(report.flows), len(flows))

        async def one_flow_at_a_time(account: Nexla) -> None:
            checked = [await run_health_check(account, Scope((flow,), None, None, None)) for flow in flows]
            _all_checked(len(checked), len(flows))

        ways = [together, partial(one_flow_at_a_time, nexla), partial(one_flow_at_a_time, single)]
        asked = []
        for way in ways[:2]:
            await together()
            counter.restart()
            await way()
            asked.append(counter.count())
        took = await in_turns_async(ways, ROUNDS)
    where = f"health of {len(flows)} flows at {LATENCY_MS} ms"
    return [
        Row(f"time, {where}, against one flow after the other", took[0], took[1], "s", aim=8, faster=True),
        Row(f"time, {where}, against one request after the other", took[0], took[2], "s", faster=True),
        Row(f"requests, {where}, against one flow after the other", asked[0], asked[1], ""),
    ]


def _all_checked(checked: int, there_are: int) -> None:
    if checked != there_are:
        raise RuntimeError(f"{checked} of {there_are} flows were checked")
