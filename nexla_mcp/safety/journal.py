"""What came of each item of a step that does many things: noted before anything is sent, and again after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nexla_mcp.domain.errors import ErrorInfo
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.ledger import Ledger, StepState

Entries = Mapping[int, "Entry"]


@dataclass(frozen=True)
class Entry:
    """One item: where it stands, what was noted before it, what it gave."""

    state: StepState
    before: Any = None
    output: Any = None
    error: ErrorInfo | None = None


class Journal:
    """Of one step, written by the process that runs its operation. Its id says where it is read again.

    A group of items is noted in one transaction: its commit is what takes time, not its rows.
    """

    def __init__(self, ledger: Ledger, operation: str, position: int, executor: str) -> None:
        self.id = f"{operation}/{position}"
        self._ledger, self._database = ledger, ledger.database
        self._operation, self._executor = operation, executor

    def begin(self, items: Mapping[int, Any]) -> None:
        """Notes that these are about to be done, with what is to be known to tell their outcome."""
        rows = [(self.id, item, StepState.STARTED.value, json.dumps(before)) for item, before in items.items()]
        with self._database.writing() as connection:
            self._ledger.require_mine(connection, self._operation, self._executor)
            connection.executemany(
                "INSERT OR REPLACE INTO items (journal, item, state, before) VALUES (?, ?, ?, ?)", rows
            )

    def end(self, entries: Entries) -> None:
        """Notes what came of these; what was noted before them stays."""
        rows = [
            (
                entry.state.value,
                None if entry.output is None else json.dumps(entry.output),
                entry.error.model_dump_json() if entry.error else None,
                self.id,
                item,
            )
            for item, entry in entries.items()
        ]
        with self._database.writing() as connection:
            self._ledger.require_mine(connection, self._operation, self._executor)
            connection.executemany(
                "UPDATE items SET state = ?, output = ?, error = ? WHERE journal = ? AND item = ?", rows
            )

    def entries(self) -> dict[int, Entry]:
        return read_journal(self._database, self.id)


def read_journal(database: Database, journal: str) -> dict[int, Entry]:
    """The items of a step that were begun, by number."""
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT item, state, before, output, error FROM items WHERE journal = ? ORDER BY item", (journal,)
        ).fetchall()
    return {row["item"]: _entry(row) for row in rows}


def _entry(row: Any) -> Entry:
    return Entry(
        StepState(row["state"]),
        json.loads(row["before"]) if row["before"] else None,
        json.loads(row["output"]) if row["output"] else None,
        ErrorInfo.model_validate_json(row["error"]) if row["error"] else None,
    )


Read = Callable[[str], Mapping[int, Entry]]
"""The entries of any journal, by its id."""
