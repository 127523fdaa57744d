"""One gated change end to end, against a script that makes the same requests with the bare SDK.

Ours: plan, token, plan again, digest compared, claim and steps written, paused, statuses read back, receipt. Theirs:
just the requests that all of this makes, one after the other, with the SDK's defaults. Each round pauses a running flow
and starts it again, which is not measured.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import anyio
from nexla_sdk import NexlaClient

from benchmarks.account import Counter, Sandbox, running
from benchmarks.measuring import Row
from nexla_mcp.server import Account, build_toolbox
from nexla_mcp.settings import Settings
from nexla_mcp.tools.toolbox import Toolbox

ROUNDS = 15
FLOW = "Shopify Orders"


def measure() -> list[Row]:
    with running() as sandbox, tempfile.TemporaryDirectory() as state:
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
    client = NexlaClient(service_key=sandbox.service_key, base_url=sandbox.url)
    found = await toolbox.call("search_resources", {"types": ["flow"], "name": FLOW})
    flow = found.structured["rows"][0]["id"]
    await _gated_pause(toolbox, flow)
    counter = Counter(sandbox)
    client.request("PUT", f"/flows/{flow}/activate")
    counter.restart()
    await _gated_pause(toolbox, flow)
    made = [(row["method"], row["path"]) for row in counter.served()]
    ours, theirs = [], []
    for _ in range(ROUNDS):
        client.request("PUT", f"/flows/{flow}/activate")
        begun = time.perf_counter()
        await _gated_pause(toolbox, flow)
        ours.append(time.perf_counter() - begun)
        client.request("PUT", f"/flows/{flow}/activate")
        theirs.append(_timed(lambda: _replay(client, made)))
    counter.restart()
    _replay(client, made)
    asked = counter.count()
    await account.close()
    return [
        Row("one gated pause, against its requests by the bare SDK", median(ours) * 1000, median(theirs) * 1000, "ms"),
        Row("requests of it, tokens included", len(made), asked, "", aim=1.0),
    ]


async def _gated_pause(toolbox: Toolbox, flow: int) -> None:
    asked = await toolbox.call("pause", {"resource": flow})
    token = asked.structured["confirmation"]
    done = await toolbox.call("pause", {"resource": flow, "confirmation": token})
    if done.structured.get("state") != "done":
        raise RuntimeError("the pause did not go through")


def _replay(client: NexlaClient, made: list[tuple[str, str]]) -> None:
    for method, path in made:
        client.request(method, path)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
