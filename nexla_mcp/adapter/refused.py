"""A failure that remembers the answer behind it, for the few callers that must look inside."""

from __future__ import annotations

from typing import Any

from nexla_mcp.domain.errors import ErrorInfo, Failure


class Refused(Failure):
    """Raised for an answer that is no success.

    `body` is the JSON of that answer. It is unscrubbed: read facts from it, never show it.
    """

    def __init__(self, info: ErrorInfo, status: int | None, body: Any) -> None:
        super().__init__(info)
        self.status = status
        self.body = body
