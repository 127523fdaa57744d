"""The one shape in which anything that went wrong reaches a reader."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict


class ErrorCode(str, Enum):
    """What kind of thing went wrong. Stable: clients and exit codes branch on it."""

    BAD_INPUT = "bad_input"
    NOT_CONFIGURED = "not_configured"
    AUTH_FAILED = "auth_failed"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate_limited"
    UPSTREAM_ERROR = "upstream_error"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNREADABLE_ANSWER = "unreadable_answer"
    MAYBE_APPLIED = "maybe_applied"
    NOT_VERIFIED = "not_verified"
    NOT_ALLOWED = "not_allowed"
    UNSUPPORTED = "unsupported"
    INTERNAL = "internal"


class ErrorInfo(BaseModel):
    """An error for its reader: what happened, whether anything was changed, what to do next.

    Nothing in it may hold a secret, a URL with a query, or a stack trace.
    """

    model_config = ConfigDict(frozen=True)

    code: ErrorCode
    message: str
    hint: str | None = None
    retryable: bool = False
    next_tool: str | None = None
    resource: str | None = None
    request_id: str | None = None
    maybe_applied: bool = False


class Failure(Exception):  # noqa: N818 - what is raised is a failure that carries its ErrorInfo
    """Raised by every layer for an anticipated failure; `info` is what the reader sees."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(f"{info.code.value}: {info.message}")
        self.info = info

    @classmethod
    def of(cls, code: ErrorCode, message: str, **details: Any) -> Failure:
        """Shorthand for `Failure(ErrorInfo(code=..., message=..., **details))`."""
        return cls(ErrorInfo(code=code, message=message, **details))
