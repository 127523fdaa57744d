"""Copies of this server that share a key which keeps only one live session take turns (contract 1.1).

Each login throws the other copies out; without turns they would do so for ever (trap T3).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nexla_mcp.adapter.connection import Connection

WITHIN = 60.0
"""Two early refusals in this many seconds mean that somebody else logs in with the same key."""
EARLY = 5.0
"""A refusal with less than these seconds left is just the token's end."""


class Turns:
    """Off until early refusals show that it is needed; a marker file then tells the other copies."""

    def __init__(self, connection: Connection, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._last_refusal: float | None = None
        self._refused: str | None = None
        self._active = False
        self._one_at_a_time = threading.Lock()
        self._lock_file = _lock_file(connection)

    @property
    def active(self) -> bool:
        if not self._active and self._lock_file is not None and self._marker(self._lock_file).exists():
            self._active = True
        return self._active

    def refused_early(self, token: str, lifetime_left: float) -> None:
        """Takes note of a 401 on a token that should still have lived for so many seconds.

        Many threads meet the end of one token together: that counts once.
        """
        if lifetime_left < EARLY or token == self._refused:
            return
        now = self._monotonic()
        if self._last_refusal is not None and now - self._last_refusal <= WITHIN:
            self._active = True
            if self._lock_file is not None:
                self._marker(self._lock_file).touch()
        self._last_refusal, self._refused = now, token

    @contextmanager
    def turn(self, deadline: float) -> Iterator[None]:
        """This copy's turn; other copies wait meanwhile. Costs nothing while turns are not needed.

        A turn that does not come before the deadline is not waited for any longer: the call then goes ahead and
        is at worst refused, which is better than never answering.
        """
        if not self.active:
            yield
            return
        with ExitStack() as held:
            if self._one_at_a_time.acquire(timeout=max(0.0, deadline - self._monotonic())):
                held.callback(self._one_at_a_time.release)
            self._enter(held, deadline)
            yield

    def _enter(self, held: ExitStack, deadline: float) -> None:
        if self._lock_file is None:
            return
        from filelock import FileLock, Timeout  # noqa: PLC0415 - rarely needed

        lock = FileLock(self._lock_file, timeout=max(0.0, deadline - self._monotonic()), thread_local=False)
        try:
            held.enter_context(lock)
        except Timeout:
            return

    @staticmethod
    def _marker(lock_file: Path) -> Path:
        return lock_file.with_suffix(".turns")


def _lock_file(connection: Connection) -> Path | None:
    if connection.state_directory is None:
        return None
    principal = f"{connection.api_url}\0{connection.login.get_secret_value()}"
    connection.state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return connection.state_directory / f"session-{hashlib.sha256(principal.encode()).hexdigest()[:16]}.lock"
