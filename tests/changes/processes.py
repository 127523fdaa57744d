"""Copies of the server as processes of their own, which a test stops, kills, or lets die at a chosen write.

A copy is either the command itself (`python -m nexla_mcp …`, on real time), or a child of a process that has imported
everything already: it starts in milliseconds, its sleeps move the sandbox's clock instead, and it can be told at which
write of its ledger it dies. Both share nothing with the test but the sandbox's address and the state directory.
"""

from __future__ import annotations

import functools
import itertools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Thread
from typing import Any

import requests

from nexla_mcp import server
from nexla_mcp.adapter.exchange import Exchange
from nexla_mcp.cli import main
from nexla_mcp.safety.journal import Journal
from nexla_mcp.safety.ledger import Ledger
from tests.changes.conftest import Scene
from tests.matrix.faulty import HastyClock

ROOT = Path(__file__).parents[2]
PATIENCE = 90
"""Seconds after which a process that should have come somewhere is taken to hang."""

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.changes.preloaded"])


def environment(scene: Scene, **more: str) -> dict[str, str]:
    """As of a job that nobody watches, with one secret that it may name."""
    of_a_job = {
        "NEXLA_MCP_REQUESTS_PER_SECOND": "100",
        "NEXLA_MCP_CONFIRM": "token",
        "NEXLA_MCP_SECRET_VARIABLES": "ORDERS_*",
        "ORDERS_PASSWORD": "a-secret-of-the-test",
    }
    return scene.environment(**{**of_a_job, **more})


def eventually(condition: Callable[[], Any]) -> Any:
    """What the condition gives as soon as it gives anything: other processes tell nobody when they have come to it."""
    ends = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < ends, "it never came to pass"
        time.sleep(0.01)
    return found


@contextmanager
def time_passing(scene: Scene) -> Iterator[None]:
    """The sandbox's time runs fast, for processes that wait on real time."""
    over = Event()

    def push() -> None:
        while not over.wait(0.05):
            scene.sandbox.world.clock.advance(5)

    thread = Thread(target=push, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


def start(scene: Scene, *words: str, **more: str) -> subprocess.Popen[str]:
    """The command itself."""
    return subprocess.Popen(
        [sys.executable, "-m", "nexla_mcp", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(scene, **more),
        cwd=ROOT,
    )


@dataclass
class Copy:
    """A quick copy that makes one call."""

    process: BaseProcess
    folder: Path

    @property
    def writes(self) -> list[str]:
        """What it has written to its ledger: `claim`, `begin 0`, `end 0`, …"""
        file = self.folder / "writes"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text()

    @property
    def answer(self) -> dict[str, Any]:
        return dict(json.loads(self.out))

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def stop(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def ended(self) -> int:
        """Its exit code, negative for a signal."""
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, "it hangs"
        return self.process.exitcode

    def _signal(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)


def copy_calling(scene: Scene, tool: str, arguments: dict[str, Any], *, dies: str | None = None, **more: str) -> Copy:
    """Starts a call.

    `dies` is a moment such as `before begin 0`, `after end 0` (the write of the first step) or `on lost answer`.
    """
    assert scene.settings.state_dir is not None
    folder = scene.settings.state_dir.parent / f"copy-{time.monotonic_ns()}"
    folder.mkdir()
    words = ["call", tool, "--json", json.dumps(arguments), "--yes", "-o", "json"]
    process = _forks.Process(
        target=_call, args=(words, environment(scene, **more), scene.sandbox.admin_url, str(folder), dies), daemon=True
    )
    process.start()
    return Copy(process, folder)


def died(scene: Scene, tool: str, arguments: dict[str, Any], moment: str, **more: str) -> Copy:
    """A call whose process killed itself at that moment."""
    copy = copy_calling(scene, tool, arguments, dies=moment, **more)
    assert copy.ended() == -signal.SIGKILL, (moment, copy.writes, copy.out)
    return copy


def _call(words: list[str], variables: dict[str, str], admin_url: str, folder: str, dies: str | None) -> None:
    """In the child: the command line, with time that takes no time and a ledger that may end it."""
    os.environ.clear()
    os.environ.update(variables)
    for number, name in ((1, "out"), (2, "errors")):
        os.dup2(os.open(Path(folder) / name, os.O_WRONLY | os.O_CREAT), number)

    def passes(seconds: float) -> None:
        requests.post(f"{admin_url}/clock/advance", json={"seconds": seconds}, timeout=PATIENCE)

    server.SystemClock = lambda: HastyClock(passes)  # type: ignore[misc, assignment]
    _watch(Path(folder) / "writes", dies)
    sys.argv = ["nexla-mcp", *words]
    main()


def _watch(file: Path, dies: str | None) -> None:
    """Every write of the ledger goes into the file; at the moment that `dies` names the process is no more."""

    def begin(operation: str, executor: str, position: int, key: str, before: Any) -> str:
        return f"begin {position}"

    def end(operation: str, executor: str, position: int, state: Any, **_: Any) -> str:
        return f"{'back' if state.value in {'undone', 'not_undone'} else 'end'} {position}"

    def status(operation: str, executor: str, status: Any, error: Any = None) -> str:
        return f"status {status.value}"

    told: dict[str, Callable[..., str]] = {"begin_step": begin, "end_step": end, "set_status": status}
    told |= {"claim": lambda *_: "claim", "take_over": lambda *_: "take_over"}
    for name, tell in told.items():
        setattr(Ledger, name, _deadly(getattr(Ledger, name), tell, file, dies))
    groups = itertools.count()
    Journal.end = _deadly(Journal.end, lambda *_: f"group {next(groups)}", file, dies)  # type: ignore[method-assign]
    if dies == "on lost answer":
        Exchange.fail = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]


def _deadly(write: Callable[..., Any], tell: Callable[..., str], file: Path, dies: str | None) -> Callable[..., Any]:
    @functools.wraps(write)
    def watched(ledger: Any, *arguments: Any, **named: Any) -> Any:
        what = tell(*arguments, **named)
        if dies == f"before {what}":
            os.kill(os.getpid(), signal.SIGKILL)
        result = write(ledger, *arguments, **named)
        with file.open("a") as opened:
            opened.write(f"{what}\n")
        if dies == f"after {what}":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return watched
