"""A batch of creates against the same creates one after the other, with 50 ms between question and answer.

One by one is measured twice: as calls of the single tool, and as the POSTs alone that a script makes with the SDK.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
from nexla_sdk import NexlaClient

from benchmarks.account import Counter, Sandbox, running
from benchmarks.measuring import Row
from nexla_mcp.server import Account, build_toolbox
from nexla_mcp.settings import Settings
from nexla_mcp.tools.toolbox import Toolbox

LATENCY_MS = 50
IN_A_BATCH = 160
ONE_BY_ONE = 12
"""Creates of which the time of one is the mean: all 160 would take a minute and tell no more."""


def measure() -> list[Row]:
    with running("--latency-ms", str(LATENCY_MS)) as sandbox, tempfile.TemporaryDirectory() as state:
        return anyio.run(_compare, sandbox, Path(state))


async def _compare(sandbox: Sandbox, state: Path) -> list[Row]:
    settings = Settings(
        NEXLA_SERVICE_KEY=sandbox.service_key,
        NEXLA_API_URL=sandbox.url,
        requests_per_second=100.0,
        state_dir=state,
        _env_file=None,
    )
    account = Account(settings)
    toolbox = build_toolbox(settings, account)
    counter = Counter(sandbox)
    found = await toolbox.call("search_resources", {"types": ["credential"], "connector": "s3"})
    login = found.structured["rows"][0]["id"]
    # The first change of a process opens its ledger, which is not what is measured.
    await _one_by_one(toolbox, _sources(login, "first", 1))
    counter.restart()
    alone = await _one_by_one(toolbox, _sources(login, "alone", ONE_BY_ONE))
    asked_alone = counter.count() / ONE_BY_ONE
    client = NexlaClient(service_key=sandbox.service_key, base_url=sandbox.url)
    bare = _bare_posts(client, _sources(login, "bare", ONE_BY_ONE))
    counter.restart()
    together = await _batch(toolbox, _sources(login, "together", IN_A_BATCH))
    asked_together = counter.count() / IN_A_BATCH
    await account.close()
    where = f"of a create at {LATENCY_MS} ms, {IN_A_BATCH} in a batch against"
    ours = together / IN_A_BATCH * 1000
    return [
        Row(f"time {where} one by one", ours, alone / ONE_BY_ONE * 1000, "ms", faster=True),
        Row(f"time {where} bare POSTs one by one", ours, bare / ONE_BY_ONE * 1000, "ms", faster=True),
        Row(f"requests {where} one by one", asked_together, asked_alone, ""),
    ]


def _sources(login: int, prefix: str, number: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"Benchmark {prefix} {index}",
            "connector": "s3",
            "credential": login,
            "config": {"start.cron": "0 0 * * * ?", "path": f"acme-data-lake/{prefix}/{index}"},
        }
        for index in range(number)
    ]


async def _one_by_one(toolbox: Toolbox, items: list[dict[str, Any]]) -> float:
    begun = time.perf_counter()
    for item in items:
        _done(await toolbox.call("create_source", item, wait_seconds=None))
    return time.perf_counter() - begun


def _bare_posts(client: NexlaClient, items: list[dict[str, Any]]) -> float:
    begun = time.perf_counter()
    for item in items:
        body = {
            "name": item["name"],
            "source_type": item["connector"],
            "source_config": item["config"],
            "data_credentials_id": item["credential"],
        }
        client.request("POST", "/data_sources", json=body)
    return time.perf_counter() - begun


async def _batch(toolbox: Toolbox, items: list[dict[str, Any]]) -> float:
    begun = time.perf_counter()
    arguments = {"action": "create", "type": "source", "items": items, "parallel": 16}
    _done(await toolbox.call("run_batch", arguments, wait_seconds=None))
    return time.perf_counter() - begun


def _done(outcome: Any) -> None:
    if outcome.structured.get("state") != "done":
        raise RuntimeError(f"not everything was made: {outcome.text}")
