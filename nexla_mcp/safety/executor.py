"""Who runs an operation: a process, known to be alive by a lock that the system takes from it when it dies."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from nexla_mcp.domain.errors import ErrorCode, Failure

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from filelock import BaseFileLock

BEAT_SECONDS = 2.0
"""Between two signs of life. What died may have sent something until this long after the last one."""


class Executor:
    """One run of an operation by this process.

    The lock is held from its making to `close`, or to the end of the process however it ends. A process that is only
    stopped (SIGSTOP, a suspended laptop) still holds it, so that nobody takes its operation for abandoned. Each run
    has its own: one that breaks off in a process that lives on is as interrupted as one whose process died.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.id = uuid.uuid4().hex
        self._file = folder / f"{self.id}.lock"
        self._now = now
        self._lock = _held_lock(self._file)
        self.beat()

    def beat(self) -> None:
        """A sign of life. A lock file that somebody swept away is made again, or its operation would seem abandoned."""
        if not self._file.exists():
            lost, self._lock = self._lock, _held_lock(self._file)
            lost.release()
        moment = self._now().timestamp()
        # One that cannot be noted (a full disk) leaves the time of the one before.
        with suppress(OSError):
            os.utime(self._file, (moment, moment))

    def close(self, *, ended: bool = True) -> None:
        """Lets go. The file of an operation that has not `ended` stays, since it tells when it was last run."""
        self._lock.release()
        if ended:
            with suppress(OSError):
                self._file.unlink()


def is_alive(folder: Path, executor_id: str) -> bool:
    """Whether the run that goes by this id still goes on: its lock cannot be taken."""
    file = folder / f"{executor_id}.lock"
    return file.exists() and _is_held(file)


def last_sign_of_life(folder: Path, executor_id: str) -> datetime | None:
    """The latest moment at which a run that is dead may still have lived; None where its file is gone."""
    try:
        moment = (folder / f"{executor_id}.lock").stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(moment, timezone.utc) + timedelta(seconds=BEAT_SECONDS)


def _held_lock(file: Path) -> BaseFileLock:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only writes need it

    lock = FileLock(file, mode=0o600, thread_local=False, is_singleton=False)
    try:
        lock.acquire(blocking=False)
    except (OSError, Timeout) as error:
        raise Failure.of(
            ErrorCode.NOT_CONFIGURED,
            f"The state directory cannot be used ({type(error).__name__}). Nothing was sent to Nexla by this.",
            hint="Is the disk full, or the folder write-protected? `nexla-mcp doctor` names it.",
        ) from None
    return lock


def _is_held(file: Path) -> bool:
    """Tried with a shared lock, so that two copies that look at once do not take each other for the owner."""
    if sys.platform == "win32":
        from filelock import FileLock, Timeout  # noqa: PLC0415 - a start with nothing pending never asks

        try:
            FileLock(file, is_singleton=False).acquire(blocking=False).lock.release()
        except Timeout:
            return True
        return False
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
