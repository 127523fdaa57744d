"""A quick look for operations that were cut off: one query, no writing, nothing else imported."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from nexla_mcp.safety.executor import is_alive
from nexla_mcp.safety.state import StateDirectory

LOOK_SECONDS = 0.5
"""A start does not wait for a file that another copy keeps busy."""


def interrupted(state: StateDirectory) -> list[tuple[str, str, str]]:
    """Id, tool and ISO time of the beginning of each operation whose process is gone, the oldest first."""
    try:
        address = f"{state.database.as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=LOOK_SECONDS)) as connection:
            rows = connection.execute(
                "SELECT id, tool, started_at, executor FROM operations WHERE status IN ('running', 'undoing')"
                " ORDER BY started_at"
            ).fetchall()
    except sqlite3.Error:
        # A file that cannot be read now is told by the first call that needs it.
        return []
    return [(row[0], row[1], row[2]) for row in rows if not is_alive(state.executors, row[3])]
