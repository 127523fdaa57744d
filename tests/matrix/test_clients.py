"""One scenario, three clients: the protocol library of today and of the line before, and the inspector."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import mcp_types as protocol
import pytest
from mcp import Client, StdioServerParameters

from tests.matrix import inspector
from tests.matrix.scenario import (
    DOCUMENT,
    NO_FLOW,
    PROMPT,
    RUNNING_FLOW,
    SERVER,
    SICK_FLOW,
    Change,
    Told,
    check,
    check_tools,
    flow_of,
)

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("clients")]

OLDER_CLIENT = "NEXLA_MCP_OLDER_CLIENT"
DEADLINE = 180
"""Seconds for the whole scenario."""


Asked = Callable[..., Awaitable[dict[str, Any]]]


def by_the_newer_client(era: str, *, asks: bool = False) -> Told:
    return anyio.run(_by_the_newer_client, era, asks)


async def _by_the_newer_client(era: str, asks: bool) -> Told:
    parameters = StdioServerParameters(command=SERVER[0], args=list(SERVER[1:]))
    asked: list[str] = []

    def as_json(model: Any) -> dict[str, Any]:
        return model.model_dump(mode="json", by_alias=True, exclude_none=True)

    async def agree(_: Any, params: Any) -> protocol.ElicitResult:
        asked.append(params.message)
        return protocol.ElicitResult(action="accept", content={"agree": True})

    async with Client(parameters, mode=era, elicitation_callback=agree if asks else None) as client:

        async def call(tool: str, **arguments: Any) -> dict[str, Any]:
            return as_json(await client.call_tool(tool, arguments))

        (contents,) = (await client.read_resource(DOCUMENT)).contents
        (message,) = (await client.get_prompt(PROMPT, {"flow": SICK_FLOW})).messages
        return Told(
            server=as_json(client.server_info) if client.server_info else {},
            tools=[as_json(tool) for tool in (await client.list_tools()).tools],
            whoami=await call("whoami"),
            health=await call("run_health_check"),
            diagnosis=await call("diagnose_flow", flow=SICK_FLOW),
            document=contents.text,
            prompt=message.content.text,
            refused=await call("get_flow", flow=NO_FLOW),
            change=await _change(call, asked),
        )


async def _change(call: Asked, asked: list[str]) -> Change:
    """Pauses a flow: planned, held back or asked about, confirmed, done, and looked up."""
    flow = flow_of(await call("search_resources", types=["flow"], name=RUNNING_FLOW))
    change = Change(planned=await call("pause", resource=flow, dry_run=True), asked=asked)
    change.done = await call("pause", resource=flow)
    token = change.done["structuredContent"].get("confirmation")
    if token:
        change.held = change.done
        change.done = await call("pause", resource=flow, confirmation=token)
        change.repeated = await call("pause", resource=flow, confirmation=token)
    change.receipt = await call("get_operation", operation=change.done["structuredContent"]["operation"])
    return change


def by_the_older_client(*, asks: bool = False) -> Told:
    python = os.environ.get(OLDER_CLIENT)
    if not python:
        pytest.skip(
            f"NOT TESTED with an mcp 1.x client: {OLDER_CLIENT} names no Python of an environment that has "
            "mcp>=1.30,<2. `make test-all` makes one."
        )
    script = Path(__file__).with_name("older_client.py")
    words = [SICK_FLOW, NO_FLOW, DOCUMENT, PROMPT, RUNNING_FLOW, "yes" if asks else "no"]
    done = subprocess.run(
        [python, str(script), *words, *SERVER],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told.pop("client").startswith("1."), "the variable should name an environment with the older line"
    return Told(**{**told, "change": Change(**told["change"])})


def by_the_inspector() -> Told:
    why_not = inspector.missing()
    if why_not:
        pytest.skip(f"NOT TESTED with the inspector: {why_not}")
    initialized, _ = inspector.ask("--method", "initialize")
    listed, _ = inspector.ask("--method", "tools/list")
    read, _ = inspector.ask("--method", "resources/read", "--uri", DOCUMENT)
    got, _ = inspector.ask("--method", "prompts/get", "--prompt-name", PROMPT, "--prompt-args", f"flow={SICK_FLOW}")
    with TemporaryDirectory() as folder:
        change = anyio.run(_change_by_the_inspector, Path(folder) / "acme.db")
    return Told(
        server=initialized["serverInfo"],
        tools=listed["tools"],
        whoami=inspector.call("whoami"),
        health=inspector.call("run_health_check"),
        diagnosis=inspector.call("diagnose_flow", flow=SICK_FLOW),
        document=read["contents"][0]["text"],
        prompt=got["messages"][0]["content"]["text"],
        refused=inspector.call("get_flow", flow=NO_FLOW),
        change=change,
    )


async def _change_by_the_inspector(db: Path) -> Change:
    """It starts a server for each question: one file keeps the account, and beside it what was done to it."""
    server = (*SERVER, "--db", str(db))

    async def call(tool: str, **arguments: Any) -> dict[str, Any]:
        return inspector.call(tool, server, **arguments)

    return await _change(call, [])


@pytest.fixture(scope="module")
def reference() -> Told:
    """What the newer client is told in the newer era; the others must be told the same."""
    return by_the_newer_client("2026-07-28")


def test_the_newer_client_in_the_newer_era(reference: Told) -> None:
    check(reference)


@pytest.mark.parametrize(
    "by_client",
    [
        lambda: by_the_newer_client("auto"),
        lambda: by_the_newer_client("legacy"),
        by_the_older_client,
        by_the_inspector,
    ],
    ids=["mcp 2, by discovery", "mcp 2, older era", "mcp 1", "inspector"],
)
def test_every_client_is_told_the_same(by_client: Callable[[], Told], reference: Told) -> None:
    told = by_client()
    check(told)
    assert told.server["name"] == "nexla-mcp"
    assert told.comparable() == reference.comparable()


@pytest.mark.parametrize(
    "by_client",
    [
        lambda: by_the_newer_client("2026-07-28", asks=True),
        lambda: by_the_newer_client("legacy", asks=True),
        lambda: by_the_older_client(asks=True),
    ],
    ids=["mcp 2, newer era", "mcp 2, older era", "mcp 1"],
)
def test_a_client_that_can_ask_asks_a_person_and_all_else_is_the_same(
    by_client: Callable[[], Told], reference: Told
) -> None:
    told = by_client()
    assert told.change.asked, "nobody was asked"
    check(told)
    assert told.comparable() == reference.comparable()


def test_the_inspector_finds_no_error_in_the_schemas() -> None:
    why_not = inspector.missing()
    if why_not:
        pytest.skip(f"NOT TESTED with the inspector: {why_not}")
    listed, said = inspector.ask("--method", "tools/list", "--strict")
    check_tools(listed["tools"])
    # `int | str` goes out as a list of types: legal and short, and a warning about portability.
    findings = [line.strip() for line in said.splitlines() if line.strip().startswith("Issue:")]
    assert all(finding.startswith("Issue: `type` is an array") for finding in findings)
