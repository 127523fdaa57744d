"""What people decided about plans: approvals on a terminal, and declines, which hold on every path."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.tokens import LIFETIME

DECLINED_FOR = timedelta(minutes=10)
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without letters and digits that people take for each other."""
_CODE_LENGTH = 8


class Decision(str, Enum):
    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True)
class Request:
    """A plan that waits for a person, or what the person said. `question` is what to show them, as JSON."""

    nonce: str
    code: str
    digest: str
    question: str
    state: Decision
    until: datetime


class Decisions:
    """Kept beside the operations, so that every copy of the server and every path sees them."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def ask(self, nonce: str, digest: str, question: str) -> Request:
        """Puts a plan up for approval; one that is up already keeps its code and gets new time."""
        until = self._now() + LIFETIME
        with self._database.writing() as connection:
            connection.execute("DELETE FROM decisions WHERE until <= ?", (self._now().isoformat(),))
            row = connection.execute(
                "SELECT * FROM decisions WHERE digest = ? AND state = ?", (digest, Decision.ASKED.value)
            ).fetchone()
            if row is not None:
                connection.execute("UPDATE decisions SET until = ? WHERE nonce = ?", (until.isoformat(), row["nonce"]))
                return Request(row["nonce"], row["code"], digest, row["question"], Decision.ASKED, until)
            code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
            connection.execute(
                "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)",
                (nonce, code, digest, question, Decision.ASKED.value, until.isoformat()),
            )
        return Request(nonce, code, digest, question, Decision.ASKED, until)

    def waiting(self, code: str) -> Request:
        """The plan that goes by this code.

        Raises:
            Failure: `not_found` when there is none, or it is too old or decided.
        """
        plain = code.strip().upper().replace("-", "")
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM decisions WHERE code = ?", (plain,)).fetchone()
        if row is None or datetime.fromisoformat(row["until"]) <= self._now() or row["state"] != Decision.ASKED.value:
            raise _nothing_waits()
        until = datetime.fromisoformat(row["until"])
        return Request(row["nonce"], row["code"], row["digest"], row["question"], Decision.ASKED, until)

    def decide(self, request: Request, decision: Decision) -> None:
        """A person's word. An approval is good for one operation, within the same 10 minutes; a decline always holds.

        Raises:
            Failure: `not_found` for an approval that comes too late, or after somebody else decided.
        """
        if decision is Decision.DECLINED:
            self.decline(request.digest)
            return
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE decisions SET state = ?, until = ? WHERE nonce = ? AND state = ? AND until > ?",
                (
                    decision.value,
                    (self._now() + LIFETIME).isoformat(),
                    request.nonce,
                    Decision.ASKED.value,
                    self._now().isoformat(),
                ),
            ).rowcount
        if not changed:
            raise _nothing_waits()

    def decline(self, digest: str) -> None:
        """A person said no to this very plan: nobody may run it for a while, whatever path they take."""
        until = self._now() + DECLINED_FOR
        with self._database.writing() as connection:
            connection.execute("DELETE FROM decisions WHERE digest = ?", (digest,))
            connection.execute(
                "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)",
                (secrets.token_hex(8), secrets.token_hex(8), digest, "", Decision.DECLINED.value, until.isoformat()),
            )

    def declined_until(self, digest: str) -> datetime | None:
        return self._until(digest, Decision.DECLINED)

    def approved(self, digest: str) -> str | None:
        """The nonce of an approval of this plan that still holds: the id of the one operation it is good for."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT nonce FROM decisions WHERE digest = ? AND state = ? AND until > ?",
                (digest, Decision.APPROVED.value, self._now().isoformat()),
            ).fetchone()
        return row["nonce"] if row else None

    def use_up(self, nonce: str) -> None:
        """An approval was used. The operation's claim keeps it from being used twice in any case."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM decisions WHERE nonce = ?", (nonce,))

    def _until(self, digest: str, state: Decision) -> datetime | None:
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT MAX(until) AS until FROM decisions WHERE digest = ? AND state = ?", (digest, state.value)
            ).fetchone()
        until = datetime.fromisoformat(row["until"]) if row and row["until"] else None
        return until if until and until > self._now() else None


def _nothing_waits() -> Failure:
    return Failure.of(
        ErrorCode.NOT_FOUND,
        "No plan waits for approval under that code. Codes last 10 minutes.",
        hint="Call the tool again: it answers with a new code.",
    )
