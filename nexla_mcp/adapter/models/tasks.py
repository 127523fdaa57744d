"""Asynchronous answers, tasks and limits (contract 2.7, 19, 20)."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from nexla_mcp.adapter.models.row import OptionalId, Row, Time

FINISHED = frozenset({"completed", "failed", "cancelled"})


class AsyncAnswer(Row):
    """Work the platform goes on with after answering: ask again with `request_id` until `finished`."""

    request_id: str
    status: str = "pending"
    progress: OptionalId = None
    result: Any = None
    request_started_at: Time = None
    request_completed_at: Time = None

    @property
    def finished(self) -> bool:
        return self.status.lower() in FINISHED


class AsyncTask(Row):
    """A background task. Its id is text (contract 19)."""

    id: str
    type: str | None = None
    status: str | None = None
    progress: OptionalId = None
    priority: OptionalId = None
    result: Any = None
    result_url: str | None = None
    error: dict[str, Any] | None = None
    created_at: Time = None
    stopped_at: Time = None

    @field_validator("error", mode="before")
    @classmethod
    def _error_object(cls, value: Any) -> Any:
        return {"message": value} if isinstance(value, str) else value


class Limit(Row):
    """One rate limit: at most `limit` requests of `category` in a `window` (second or day)."""

    window: str
    category: str
    limit: OptionalId = None
    count: OptionalId = None
