"""Commands as processes of their own: what a host, a shell and a newcomer start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from mcp import Client, StdioServerParameters

from nexla_mcp.cli.demo_steps import STEPS

ROOT = Path(__file__).parents[2]
PATIENCE = 90
"""Seconds after which a process that should end is taken to hang."""


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEXLA_")}
    return {**clean, **more}


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "nexla_mcp", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
    )


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_prints_one_line_serves_and_ends_cleanly(ending: signal.Signals, tmp_path: Path) -> None:
    process = start("sandbox", "--seed", "empty", "--db", str(tmp_path / "acme.db"), "--token-ttl", "60")
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    login = {"Authorization": f"Basic {told['service_key']}"}
    token = requests.post(f"{told['url']}/token", headers=login, timeout=10).json()
    assert token["expires_in"] == 60
    process.send_signal(ending)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert rest == ""
    assert process.returncode == 0


def test_the_demo_goes_as_told() -> None:
    process = start("demo", "--plain")
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out[-2000:] + err[-2000:]
    told = [line for line in out.splitlines() if line.startswith("✓ ")]
    assert len(told) == len(STEPS) == 15
    assert "sees 30 tools" in out


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_mcp_json_works_as_it_is(anyio_backend: str) -> None:
    """But for the command, which in a test is this environment's."""
    del anyio_backend
    (server,) = json.loads((ROOT / "mcp.json").read_text())["mcpServers"].values()
    assert server["command"] == ".venv/bin/nexla-mcp"
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "nexla_mcp", *server["args"]], env=environment()
    )
    async with Client(started) as client:
        answer = await client.call_tool("whoami", {})
        assert not answer.is_error
        assert answer.structured_content is not None
        assert answer.structured_content["email"] == "dana@acme.example"


def test_the_account_configuration_differs_only_in_where_it_works() -> None:
    (server,) = json.loads((ROOT / "mcp.account.json").read_text())["mcpServers"].values()
    assert server["args"] == ["serve"]
    assert list(server["env"]) == ["NEXLA_SERVICE_KEY"]
