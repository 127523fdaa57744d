"""The one file that copies of this server share: short transactions, each on a connection of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from nexla_mcp.domain.errors import ErrorCode, Failure

BUSY_SECONDS = 10.0
"""How long another copy's transaction is waited for; they take milliseconds unless that copy is stopped in one."""
SHORT_PAUSE = 0.02
"""Seconds between two tries of what SQLite itself does not wait for."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS operations (
  id TEXT PRIMARY KEY,
  tool TEXT NOT NULL,
  digest TEXT NOT NULL,
  call_digest TEXT NOT NULL,
  plan TEXT NOT NULL,
  locks TEXT NOT NULL,
  decision TEXT NOT NULL,
  status TEXT NOT NULL,
  executor TEXT NOT NULL,
  of TEXT,
  undone_by TEXT,
  error TEXT,
  started_at TEXT NOT NULL,
  ended_at TEXT
);
CREATE INDEX IF NOT EXISTS operations_by_status ON operations (status);
CREATE TABLE IF NOT EXISTS steps (
  operation TEXT NOT NULL REFERENCES operations (id),
  position INTEGER NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL,
  before TEXT,
  output TEXT,
  error TEXT,
  began_at TEXT NOT NULL,
  ended_at TEXT,
  PRIMARY KEY (operation, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
  journal TEXT NOT NULL,
  item INTEGER NOT NULL,
  state TEXT NOT NULL,
  before TEXT,
  output TEXT,
  error TEXT,
  PRIMARY KEY (journal, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decisions (
  nonce TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  digest TEXT NOT NULL,
  question TEXT NOT NULL,
  state TEXT NOT NULL,
  until TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_by_digest ON decisions (digest);
"""


class Database:
    """Makes its tables at first use. Safe for any number of processes and threads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._made = False

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes beside; whole or not at all.

        Raises:
            Failure: `conflict` when another copy keeps the file busy; nothing was written.
        """
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as connection:
            yield connection

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                # Of each connection, not of the file: a commit is on the disk when it returns.
                connection.execute("PRAGMA synchronous = FULL")
                if not self._made:
                    self._make(connection)
                yield connection
        except sqlite3.Error as error:
            raise _unusable(error) from None

    def _make(self, connection: sqlite3.Connection) -> None:
        """Write-ahead logging, so that no reader waits for a writer."""
        _switch_to_wal(connection)
        connection.executescript(_SCHEMA)
        self._file.chmod(0o600)
        self._made = True


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Copies that make the file together collide here: SQLite waits for no lock when the mode changes."""
    patiently = Retrying(
        retry=retry_if_exception_type(sqlite3.OperationalError),
        stop=stop_after_delay(BUSY_SECONDS),
        wait=wait_fixed(SHORT_PAUSE),
        reraise=True,
    )
    patiently(connection.execute, "PRAGMA journal_mode = WAL")


def _unusable(error: sqlite3.Error) -> Failure:
    """In one of three ways: kept busy, without room, or broken. Told in our own words, never in the error's."""
    said = str(error)
    busy, full = "locked" in said, "full" in said
    if busy:
        why = "another copy of this server may be stopped in the middle of writing it"
    else:
        why = "its disk is full" if full else "it cannot be read or written"
    return Failure.of(
        ErrorCode.CONFLICT,
        f"The file of operations cannot be used now: {why}. Nothing was sent to Nexla by this.",
        hint="Try again in a moment. `nexla-mcp doctor` names the state directory."
        if busy
        else "Look after the state directory, which `nexla-mcp doctor` names.",
        retryable=busy,
    )
