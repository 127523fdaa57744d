"""The inspector's command line, through npx: one process and one server for each question."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from tests.matrix.scenario import SERVER, without_terminal_codes

PACKAGES = ("node@22", "@modelcontextprotocol/inspector@2.12.0")
"""The inspector needs Node 22; npx brings it, whatever is installed."""
DEADLINE = 300
"""Seconds for one question; the first one fetches the packages."""


@functools.cache
def missing() -> str:
    """Why the inspector cannot run here; empty when it can."""
    npx = shutil.which("npx")
    if npx is None:
        return "npx is not installed"
    try:
        done = _run("--version")
    except subprocess.TimeoutExpired:
        return "npx did not get the inspector in time"
    return "" if done.returncode == 0 else "npx cannot get the inspector: does the npm registry answer?"


def ask(*options: str) -> tuple[Any, str]:
    """The JSON answer to one question, and what was said on stderr."""
    done = _run(*SERVER, *options)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout), without_terminal_codes(done.stderr)


def call(tool: str, server: Sequence[str] = SERVER, /, **arguments: Any) -> dict[str, Any]:
    """A tool's answer. One with `isError` ends the inspector with a code of its own, and is printed all the same."""
    done = _run(*server, "--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments))
    answer: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) is not answer.get("isError", False)
    return answer


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    packages = [word for package in PACKAGES for word in ("-p", package)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXLA_")}
    return subprocess.run(
        ["npx", "-y", *packages, "mcp-inspector", "--cli", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=DEADLINE,
        check=False,
        env=environment,
    )
