"""Rules that strangers or models wrote, checked in a process of its own.

A regular expression can run for years on a short text, and Python cannot interrupt it in a thread. A process can be
ended. It is given no environment, and little memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import anyio

from nexla_mcp.domain.errors import ErrorCode, Failure

SECONDS = 10.0
"""Hundreds of records and dozens of rules take well under one."""
MEMORY = 1 << 30
_START = (
    "import sys, json; sys.path[:0] = json.loads(sys.argv[1]); "
    "from nexla_mcp.operations.quality.apart import main; main()"
)


async def check_apart(
    records: Sequence[Any], rules: Sequence[Mapping[str, Any]], schema: Any, seconds: float | None = None
) -> dict[str, Any]:
    """What `rules.check` gives.

    Raises:
        Failure: `bad_input` for rules that cannot be used or do not come to an end.
    """
    given = json.dumps({"records": records, "rules": rules, "schema": schema}, default=str).encode()
    command = [sys.executable, "-I", "-c", _START, json.dumps([path for path in sys.path if path])]
    with anyio.move_on_after(seconds if seconds is not None else SECONDS) as in_time:
        done = await anyio.run_process(command, input=given, check=False, env=_environment(), stderr=subprocess.DEVNULL)
    if in_time.cancelled_caught:
        raise _unfit("they do not come to an end in time; a pattern or a schema repeats within repetitions")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise _unfit("checking them broke down; they take too much memory or go too deep") from None
    if "unfit" in answer:
        raise _unfit(answer["unfit"])
    return answer


def _environment() -> dict[str, str]:
    """Nothing of ours: the settings hold secrets. Windows cannot start a process without its root."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}


def _unfit(why: str) -> Failure:
    return Failure.of(
        ErrorCode.BAD_INPUT,
        f"The rules cannot be used: {why}. Nothing was judged.",
        hint="Correct them and call again; without rules the tool suggests some.",
    )


def main() -> None:
    """The process: JSON from stdin, JSON to stdout."""
    from nexla_mcp.operations.quality.rules import UnfitError, check  # noqa: PLC0415

    _limit_memory()
    given = json.load(sys.stdin)
    try:
        answer = check(given["records"], given["rules"], given["schema"])
    except UnfitError as error:
        answer = {"unfit": str(error)}
    json.dump(answer, sys.stdout)


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS) + 1, int(SECONDS) + 1))
