"""One gated change end to end, against a script that makes the same requests with the bare SDK.

Ours: plan, token, plan again, digest compared, claim and steps written, paused, statuses read back, receipt. Theirs:
just the requests that all of this makes, one after the other, with the SDK's defaults. Each round pauses a running flow
and starts it again, which is not measured.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import anyio
import requests
from nexla_sdk import NexlaClient

from benchmarks.account import Sandbox, running
from benchmarks.measuring import Row
from nexla_mcp.server import Account, build_toolbox
from nexla_mcp.settings import Settings
from nexla_mcp.tools.toolbox import Toolbox

ROUNDS = 15
FLOW = "Shopify Orders"


@dataclass(frozen=True)
class Request:
    method: str
    path: str


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
    log = _Log(sandbox)
    client.request("PUT", f"/flows/{flow}/activate")
    log.restart()
    await _gated_pause(toolbox, flow)
    made = log.listed()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        client.request("PUT", f"/flows/{flow}/activate")
        begun = time.perf_counter()
        await _gated_pause(toolbox, flow)
        ours.append(time.perf_counter() - begun)
        client.request("PUT", f"/flows/{flow}/activate")
        theirs.append(_timed(lambda: _replay(client, made)))
    log.restart()
    _replay(client, made)
    asked = len(log.listed())
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


def _replay(client: NexlaClient, made: list[Request]) -> None:
    for request in made:
        client.request(request.method, request.path)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class _Log:
    """What the sandbox was asked, logins left out of what is replayed: each client makes its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._address = sandbox.admin_url + "/requests"
        self._http = requests.Session()
        self._http.trust_env = False

    def restart(self) -> None:
        self._http.delete(self._address, timeout=10).raise_for_status()

    def listed(self) -> list[Request]:
        answer = self._http.get(self._address, timeout=10)
        answer.raise_for_status()
        served = answer.json()
        rows = served["requests"] if isinstance(served, dict) else served
        return [Request(row["method"], row["path"]) for row in rows]
