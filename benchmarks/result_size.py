"""Bytes that a model gets to read for a thousand rows, against the JSON that Nexla sends."""

from __future__ import annotations

from typing import Any

import anyio
import requests
from pydantic import SecretStr

from benchmarks.account import Sandbox, connected, running
from benchmarks.measuring import Row
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.server import Account, build_toolbox
from nexla_mcp.settings import Settings
from nexla_mcp.tools.budget import compact_json
from nexla_mcp.tools.toolbox import Toolbox

ROWS = 1_000
PAGE = 100
AT_ONCE = 8


def measure() -> list[Row]:
    with running("--seed", "empty") as sandbox:
        return anyio.run(_compare, sandbox)


async def _compare(sandbox: Sandbox) -> list[Row]:
    async with connected(sandbox) as nexla:
        await _fill(nexla)
    raw = _raw_size(sandbox, ROWS)
    raw_page = _raw_size(sandbox, PAGE)
    page = await _answer(_toolbox(sandbox, 1_000_000), {"types": ["source"], "limit": PAGE})
    kept = await _read_to_the_end(sandbox, result_bytes=1_000_000)
    first = await _answer(_toolbox(sandbox, 24_000), {"types": ["source"], "limit": 500})
    return [
        Row(f"bytes, an answer of {PAGE} rows, against raw JSON", sum(_sizes(page)), raw_page, "B"),
        Row(f"bytes, all {ROWS:,} sources: text and structured content, against raw JSON", kept[0], raw, "B"),
        Row(f"bytes, all {ROWS:,} sources: text alone, against raw JSON", kept[1], raw, "B"),
        Row(f"bytes, first answer about {ROWS:,} sources, against raw JSON", sum(_sizes(first)), raw, "B"),
    ]


async def _fill(nexla: Nexla) -> None:
    login = await nexla.credentials.create(
        {
            "name": "Lake",
            "credentials_type": "s3",
            "credentials": {"access_key_id": "x", "secret_key": "x", "region": "x"},
        }
    )
    limit = anyio.CapacityLimiter(AT_ONCE)

    async def create(number: int) -> None:
        async with limit:
            await nexla.sources.create(
                {"name": f"Orders of store {number:04}", "source_type": "s3", "data_credentials_id": login.id}
            )

    async with anyio.create_task_group() as tasks:
        for number in range(ROWS):
            tasks.start_soon(create, number)


def _raw_size(sandbox: Sandbox, wanted: int) -> int:
    """What the bodies of the list's pages weigh, as they come over the wire."""

    http = requests.Session()
    http.trust_env = False
    token = http.post(f"{sandbox.url}/token", headers={"Authorization": f"Basic {sandbox.service_key}"}, timeout=10)
    http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
    size, rows = 0, 0
    for page in range(1, wanted // PAGE + 1):
        answer = http.get(f"{sandbox.url}/data_sources", params={"page": page, "per_page": PAGE}, timeout=30)
        size += len(answer.content)
        rows += len(answer.json())
    if rows != wanted:
        raise RuntimeError(f"{rows} of {wanted} rows were listed")
    return size


def _toolbox(sandbox: Sandbox, result_bytes: int) -> Toolbox:
    settings = Settings(
        service_key=SecretStr(sandbox.service_key),
        api_url=sandbox.url,
        access_token=None,
        result_bytes=result_bytes,
        requests_per_second=100,
    )
    return build_toolbox(settings, Account(settings))


async def _read_to_the_end(sandbox: Sandbox, result_bytes: int) -> tuple[int, int]:
    """Bytes of all answers together and of their texts alone."""
    toolbox = _toolbox(sandbox, result_bytes)
    whole = text = rows = 0
    cursor: str | None = None
    while rows < ROWS:
        asked = {"types": ["source"], "limit": 500} | ({"cursor": cursor} if cursor else {})
        answer = await _answer(toolbox, asked)
        sizes = _sizes(answer)
        whole, text = whole + sum(sizes), text + sizes[0]
        rows += len(answer[1]["rows"])
        cursor = answer[1].get("cursor")
    return whole, text


async def _answer(toolbox: Toolbox, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    outcome = await toolbox.call("search_resources", arguments)
    if outcome.error is not None:
        raise RuntimeError(outcome.error.message)
    return outcome.text, outcome.structured


def _sizes(answer: tuple[str, dict[str, Any]]) -> tuple[int, int]:
    return len(answer[0].encode()), len(compact_json(answer[1]).encode())
