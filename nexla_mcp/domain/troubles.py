"""The kinds of trouble a pipeline can be in. Health checks find them, diagnosis ranks them."""

from __future__ import annotations

from enum import Enum


class Trouble(str, Enum):
    REFUSED_CREDENTIAL = "refused_credential"
    SOURCE_ERROR = "source_error"
    EMPTY_SOURCE = "empty_source"
    RATE_LIMITED = "rate_limited"
    STALE_SOURCE = "stale_source"
    VOLUME_DROP = "volume_drop"
    SCHEMA_DRIFT = "schema_drift"
    TRANSFORM_ERROR = "transform_error"
    QUARANTINE_GROWTH = "quarantine_growth"
    DESTINATION_ERROR = "destination_error"
    ERROR_RATE = "error_rate"
    HALF_PAUSED = "half_paused"
    NOT_RUNNING = "not_running"
    OLD_VERIFICATION = "old_verification"
    NAME_TWIN = "name_twin"
