"""From starting the process to its answer to `initialize`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.measuring import Row, in_turns

ROUNDS = 9
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "benchmark", "version": "1"},
    },
}
BARE = Path(__file__).with_name("bare_server.py")


def measure() -> list[Row]:
    ours = partial(_until_initialized, [sys.executable, "-m", "nexla_mcp", "serve"])
    theirs = partial(_until_initialized, [sys.executable, str(BARE)])
    in_turns([ours, theirs], 1)  # the first start compiles and fills the caches of the disk
    ours_took, theirs_took = in_turns([ours, theirs], ROUNDS)
    return [Row("start-up, spawn to initialize, against a bare one-tool server", ours_took, theirs_took, "s", aim=1.25)]


def _until_initialized(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXLA_")}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    # How it ends is not part of the measure, but it takes turns with the other on the same machine.
    process.kill()
    process.communicate()
    if "result" not in answer:
        raise RuntimeError(f"{command[-1]} did not initialize")
