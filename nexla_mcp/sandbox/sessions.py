"""Session tokens: opaque text that stands for a user in an org until a moment of simulated time."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nexla_mcp.sandbox.errors import Refusal
from nexla_mcp.sandbox.routing import Principal

if TYPE_CHECKING:
    from nexla_mcp.sandbox.clock import SimulatedClock
    from nexla_mcp.sandbox.options import SandboxOptions
    from nexla_mcp.sandbox.store import Document, Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
  token TEXT PRIMARY KEY, service_key_id INTEGER NOT NULL, user_id INTEGER NOT NULL, org_id INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0
)
"""


@dataclass(frozen=True)
class Session:
    """A live token. `expires_in` is the whole lifetime in seconds, as the token answer gives it."""

    token: str
    user_id: int
    org_id: int
    expires_in: int


class Sessions:
    """Issues and checks tokens; they live in the store, so they survive a restart with `--db`.

    `token_ttl` (seconds) and `single_session` start from the options and may be changed while running.
    """

    def __init__(self, store: Store, clock: SimulatedClock, options: SandboxOptions) -> None:
        self._store = store
        self._clock = clock
        self.token_ttl = options.token_ttl
        self.single_session = options.single_session
        store.execute(_SCHEMA)

    def log_in(self, authorization: str) -> Session:
        """A session for `Basic <service key>`, the key sent raw or base64-encoded (contract 1).

        Refuses with 401: an empty body without Basic credentials, AUTH_002 for an unknown key.
        """
        scheme, _, presented = authorization.strip().partition(" ")
        if scheme.lower() != "basic" or not presented.strip():
            raise unauthenticated()
        key = self._service_key(presented.strip())
        if key is None:
            raise Refusal(401, "Service key is invalid or revoked", code="AUTH_002")
        return self._issue(key["id"], key["user_id"], key["org_id"])

    def refresh(self, authorization: str) -> Session:
        """A new session in place of the one presented, which ends."""
        token = _bearer(authorization)
        self.authenticate(authorization)
        row = self._store.execute("SELECT service_key_id, user_id, org_id FROM sessions WHERE token = ?", (token,))[0]
        with self._store.transaction():
            self.revoke(token)
            return self._issue(*row)

    def authenticate(self, authorization: str) -> Principal:
        """Whom `Bearer <token>` speaks for; 401 with an empty body, or AUTH_003 for an expired token."""
        token = _bearer(authorization)
        rows = self._store.execute(
            "SELECT user_id, org_id, expires_ms FROM sessions WHERE token = ? AND revoked = 0", (token,)
        )
        if not rows:
            raise unauthenticated()
        user_id, org_id, expires_ms = rows[0]
        if self._clock.now_ms() >= expires_ms:
            raise Refusal(401, "Token expired", code="AUTH_003")
        return Principal(user_id, org_id, self._is_org_admin(user_id, org_id))

    def log_out(self, authorization: str) -> None:
        self.authenticate(authorization)
        self.revoke(_bearer(authorization))

    def revoke(self, token: str) -> None:
        self._store.execute("UPDATE sessions SET revoked = 1 WHERE token = ?", (token,))

    def expire(self, authorization: str) -> None:
        """Ends the presented token's lifetime now, as if its time had come."""
        self._store.execute(
            "UPDATE sessions SET expires_ms = MIN(expires_ms, ?) WHERE token = ?",
            (self._clock.now_ms(), authorization.partition(" ")[2].strip()),
        )

    def expire_all(self) -> None:
        self._store.execute("UPDATE sessions SET expires_ms = MIN(expires_ms, ?)", (self._clock.now_ms(),))

    def service_keys(self) -> dict[str, str]:
        """Service key by its user's email, in the order in which the seed made them."""
        keys: dict[str, str] = {}
        for document in self._store.all("service_keys"):
            user = self._store.get("users", document["user_id"])
            keys[user["email"] if user else str(document["user_id"])] = document["key"]
        return keys

    def _issue(self, service_key_id: int, user_id: int, org_id: int) -> Session:
        token = secrets.token_urlsafe(32)
        with self._store.transaction():
            if self.single_session:
                self._store.execute("UPDATE sessions SET revoked = 1 WHERE service_key_id = ?", (service_key_id,))
            self._store.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, 0)",
                (token, service_key_id, user_id, org_id, self._clock.now_ms() + self.token_ttl * 1000),
            )
        return Session(token, user_id, org_id, self.token_ttl)

    def _service_key(self, presented: str) -> Document | None:
        candidates = {presented, _decoded(presented)}
        keys = self._store.all("service_keys")
        return next((key for key in keys if key["key"] in candidates), None)

    def _is_org_admin(self, user_id: int, org_id: int) -> bool:
        user = self._store.get("users", user_id) or {}
        memberships = user.get("org_memberships") or []
        return any(item.get("id") == org_id and bool(item.get("is_admin?")) for item in memberships)


def unauthenticated() -> Refusal:
    """The live platform's 401: an empty body (contract 1)."""
    return Refusal(401, "", body=b"")


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated()
    return token.strip()


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
