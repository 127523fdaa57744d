"""Records, sizes in bytes and errors, per day, per run and per account (contract 24)."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from nexla_mcp.adapter.models.row import Many, OptionalId, Row, Time


class DailyMetric(Row):
    """One UTC day of one resource or user. `time` is the day as YYYY-MM-DD."""

    time: str | None = None
    records: OptionalId = None
    size: OptionalId = None
    errors: OptionalId = None


class RunMetric(Row):
    """One run of one resource (run_summary). There is no run state and no duration in the contract."""

    run_id: OptionalId = Field(default=None, validation_alias=AliasChoices("runId", "run_id"))
    data_set_id: OptionalId = Field(default=None, validation_alias=AliasChoices("dataSetId", "data_set_id"))
    last_written: Time = Field(default=None, validation_alias=AliasChoices("lastWritten", "last_written"))
    records: OptionalId = None
    size: OptionalId = None
    errors: OptionalId = None


class ResourceMetric(Row):
    """What one resource of a flow moved. `resource_type` is source, nexset or destination, in our words."""

    resource_type: str
    id: OptionalId = None
    records: OptionalId = None
    size: OptionalId = None
    errors: OptionalId = None
    status: str | None = None


class FlowRun(Row):
    """One run of a whole flow: its id (unix milliseconds of the start) and what each resource moved."""

    run_id: OptionalId = None
    started_at: Time = None
    resources: Many[ResourceMetric] = ()


class AccountMetric(Row):
    """What an organisation or user moved between two instants."""

    records: OptionalId = None
    size: OptionalId = None
    start_time: Time = None
    end_time: Time = None


class Dashboard(Row):
    """The last 24 hours of a user's resources; `status` of each is OK, WARNING or ERROR."""

    resources: Many[ResourceMetric] = ()
    start_time: Time = None
    end_time: Time = None
