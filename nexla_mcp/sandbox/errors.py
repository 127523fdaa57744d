"""Refusals as the platform words them: the documented envelope (contract 2.2)."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - the platform refuses; nothing went wrong in the sandbox
    """An answer other than 200. `code` is the documented error_code, e.g. VAL_001."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, details: Any = None, body: Any = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.details = details
        self.body = body
        """A complete body instead of the envelope, where the contract types one (probe 403)."""


def not_found(what: str, identifier: object) -> Refusal:
    return Refusal(404, f"{what} {identifier} not found")


def forbidden(message: str = "Insufficient permissions") -> Refusal:
    return Refusal(403, message, code="AUTH_004")


def invalid(message: str, **details: Any) -> Refusal:
    return Refusal(400, message, code="VAL_001", details=details or None)
