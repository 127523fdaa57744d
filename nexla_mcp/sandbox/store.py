"""The sandbox's memory: JSON documents by kind and id in SQLite, plus append-only series."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  kind TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

FIRST_ID = 1001
_ID_LIMIT = 2**63


class Store:
    """Documents of a kind (the API's collection name) under integer ids that are never used again.

    Every method may be called from any thread. `document["id"]` always equals its id.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._parsed: dict[str, dict[int, Document]] = {}
        self._connection = sqlite3.connect(str(path) if path else ":memory:", check_same_thread=False)
        self._connection.isolation_level = None
        if path:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost one commits."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                self._parsed.clear()
                raise
            self._connection.execute("COMMIT")

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """One statement, for the modules that keep a table of their own (runs, logs)."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def next_id(self, sequence: str = "documents") -> int:
        with self.transaction():
            rows = self.execute("SELECT value FROM counters WHERE name = ?", (sequence,))
            value = rows[0][0] + 1 if rows else FIRST_ID
            self.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (sequence, value))
            return int(value)

    def insert(self, kind: str, document: Document) -> Document:
        """Keeps a copy under a fresh id (one sequence for all kinds) and returns it with its id."""
        with self.transaction():
            stored = {**document, "id": self.next_id()}
            body = json.dumps(stored)
            self.execute("INSERT INTO documents VALUES (?, ?, ?)", (kind, stored["id"], body))
            self._documents(kind)[stored["id"]] = json.loads(body)
            return stored

    def get(self, kind: str, identifier: int) -> Document | None:
        """None for an unknown id, and for what no id can be: another type, or beyond 64 bits.

        The document's own fields may be changed; what is nested in them is shared and must not be.
        """
        if type(identifier) is not int or not 0 <= identifier < _ID_LIMIT:
            return None
        with self._lock:
            found = self._documents(kind).get(identifier)
            return dict(found) if found is not None else None

    def put(self, kind: str, document: Document) -> Document:
        """Replaces the document of that id, which must exist."""
        with self.transaction():
            if self.get(kind, document["id"]) is None:
                raise KeyError((kind, document["id"]))
            body = json.dumps(document)
            self.execute(
                "UPDATE documents SET body = ? WHERE kind = ? AND id = ?",
                (body, kind, document["id"]),
            )
            self._documents(kind)[document["id"]] = json.loads(body)
            return document

    def delete(self, kind: str, identifier: int) -> None:
        with self._lock:
            self.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, identifier))
            self._documents(kind).pop(identifier, None)

    def all(self, kind: str, **equals: Any) -> list[Document]:
        """Documents of a kind in id order whose top-level fields equal the given values. Shared as `get` says."""
        with self._lock:
            found = self._documents(kind).values()
            return [dict(item) for item in found if all(item.get(key) == value for key, value in equals.items())]

    def _documents(self, kind: str) -> dict[int, Document]:
        """All documents of a kind, parsed once: most requests look at every source, nexset and destination."""
        if kind not in self._parsed:
            rows = self.execute("SELECT id, body FROM documents WHERE kind = ? ORDER BY id", (kind,))
            self._parsed[kind] = {identifier: json.loads(body) for identifier, body in rows}
        return self._parsed[kind]

    def remember(self, name: str, value: Any) -> None:
        """One named JSON value, e.g. the clock's offset."""
        self.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value)))

    def recall(self, name: str, default: Any = None) -> Any:
        rows = self.execute("SELECT value FROM facts WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else default

    def close(self) -> None:
        with self._lock:
            self._connection.close()
