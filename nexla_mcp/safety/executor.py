"""Who runs an operation: a process, known to be alive by a lock that the system takes from it when it dies."""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Executor:
    """This process. The lock is held from its making to `close`, or to the end of the process however it ends.

    A process that is only stopped (SIGSTOP, a suspended laptop) still holds its lock, so that nobody takes its
    operations for abandoned.
    """

    def __init__(self, folder: Path) -> None:
        self.id = uuid.uuid4().hex
        self._folder = folder
        self._lock = _lock(folder / f"{self.id}.lock")
        self._lock.acquire(blocking=False)

    def close(self) -> None:
        self._lock.release()
        with suppress(OSError):
            (self._folder / f"{self.id}.lock").unlink()


def is_alive(folder: Path, executor_id: str) -> bool:
    """Whether the process that goes by this id still runs: its lock cannot be taken."""
    file = folder / f"{executor_id}.lock"
    if not file.exists():
        return False
    from filelock import Timeout  # noqa: PLC0415 - a start with nothing pending never asks

    lock = _lock(file)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    lock.release()
    return False


def _lock(file: Path) -> BaseFileLock:
    from filelock import FileLock  # noqa: PLC0415 - only writes need it

    return FileLock(file, mode=0o600, thread_local=False, is_singleton=False)
