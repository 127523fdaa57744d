"""What a look through a credential or at a nexset's records found (contract 5, 7; trap T19)."""

from __future__ import annotations

from enum import Enum
from typing import Any

from nexla_mcp.adapter.models.row import OptionalId, Row, Time


class ProbeState(str, Enum):
    """How a probe ended. Only `ok` means that the third party let us in."""

    OK = "ok"
    REFUSED = "refused"
    PENDING = "pending"
    UNCLEAR = "unclear"


class ProbeResult(Row):
    """The outcome of a probe.

    `pending` carries the `request_id` to ask again with; `unclear` means that the answer has none of the
    documented shapes, so nothing was learnt. `details` is the platform's output, secrets masked.
    """

    state: ProbeState
    message: str | None = None
    details: dict[str, Any] | None = None
    request_id: str | None = None


class SampleRecord(Row):
    """One sample of a nexset: the record, and where and when it came from if metadata was asked for."""

    record: Any = None
    ingested_at: Time = None
    run_id: OptionalId = None
    source_key: str | None = None
    source_offset: OptionalId = None
    resource_type: str | None = None
    resource_id: OptionalId = None
