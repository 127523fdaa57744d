"""Log lines of flows (contract 23)."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from nexla_mcp.adapter.models.row import OptionalId, Row, Said, Time


class LogEntry(Row):
    """One line. `severity` is INFO, WARNING or ERROR (others are seen); `resource_type` SOURCE, DATASET or SINK."""

    timestamp: Time = None
    resource_id: OptionalId = None
    resource_type: str | None = None
    run_id: OptionalId = Field(default=None, validation_alias=AliasChoices("run_id", "runId"))
    severity: str | None = None
    log_type: str | None = None
    log: Said = Field(default=None, validation_alias=AliasChoices("log", "message"))
