"""The documented error envelope (contract 2.2) and an answer before it becomes bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from nexla_mcp.sandbox.errors import Refusal

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Payload Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_CODES = {401: "AUTH_001", 403: "AUTH_004", 429: "RATE_001"}


@dataclass
class Answer:
    """`body` is a JSON value, or bytes that go out as they are."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, separators=(",", ":"), allow_nan=False).encode()


def envelope(
    status: int, message: str, *, code: str | None, details: Any, timestamp: str, request_id: str
) -> dict[str, Any]:
    """`error`, `error_description`, `error_code`, `timestamp`, `request_id`, `details`."""
    body = {
        "error": title(status),
        "error_description": message,
        "message": message,
        "timestamp": timestamp,
        "request_id": request_id,
    }
    code = code or _CODES.get(status)
    if code:
        body["error_code"] = code
    if details is not None:
        body["details"] = details
    return body


def title(status: int) -> str:
    return _TITLES.get(status, "Error")


def refused(refusal: Refusal, *, timestamp: str, request_id: str) -> Answer:
    """The answer of a refusal: its own body where the contract types one, else the envelope."""
    if refusal.body is not None:
        return Answer(refusal.body, refusal.status)
    body = envelope(
        refusal.status,
        refusal.message,
        code=refusal.code,
        details=refusal.details,
        timestamp=timestamp,
        request_id=request_id,
    )
    return Answer(body, refusal.status)
