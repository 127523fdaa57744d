"""The platform's own view of a flow's health (contract 25; not in the published contract)."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from nexla_mcp.adapter.models.row import OptionalId, Row, Time


class FlowHealth(Row):
    """GREEN, YELLOW or RED, with the counts of the latest run."""

    flow_id: OptionalId = Field(
        default=None, validation_alias=AliasChoices("originNodeId", "origin_node_id", "flowId", "flow_id")
    )
    status: str | None = Field(default=None, validation_alias=AliasChoices("healthStatus", "health_status", "status"))
    error_count: OptionalId = Field(
        default=None, validation_alias=AliasChoices("latestErrorCount", "latest_error_count")
    )
    record_count: OptionalId = Field(
        default=None, validation_alias=AliasChoices("latestRecordCount", "latest_record_count")
    )
    run_id: OptionalId = Field(default=None, validation_alias=AliasChoices("latestRunId", "latest_run_id"))
    error_summary: str | None = Field(default=None, validation_alias=AliasChoices("errorSummary", "error_summary"))
    updated_at: Time = Field(default=None, validation_alias=AliasChoices("updatedAtEpoch", "updated_at"))
