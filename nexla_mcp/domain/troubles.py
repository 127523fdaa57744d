"""The kinds of trouble a pipeline can be in. Health checks find them, diagnosis ranks them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Trouble(str, Enum):
    """Causes before what follows from them: a refused login also makes the source err and grow stale.

    Of two that say the same of a node, the one that says more: a rise tells more than that records fail.
    """

    REFUSED_CREDENTIAL = "refused_credential"
    RATE_LIMITED = "rate_limited"
    HALF_PAUSED = "half_paused"
    SCHEMA_DRIFT = "schema_drift"
    QUARANTINE_GROWTH = "quarantine_growth"
    SOURCE_ERROR = "source_error"
    TRANSFORM_ERROR = "transform_error"
    DESTINATION_ERROR = "destination_error"
    EMPTY_SOURCE = "empty_source"
    VOLUME_DROP = "volume_drop"
    STALE_SOURCE = "stale_source"
    ERROR_RATE = "error_rate"
    NOT_RUNNING = "not_running"
    OLD_VERIFICATION = "old_verification"
    NAME_TWIN = "name_twin"

    @property
    def rank(self) -> int:
        """0 for what is most likely the cause of the others."""
        return tuple(Trouble).index(self)

    @property
    def meaning(self) -> str:
        """What it says of a flow, in a sentence without its full stop."""
        return _MEANINGS[self]


_MEANINGS: Mapping[Trouble, str] = MappingProxyType(
    {
        Trouble.REFUSED_CREDENTIAL: "the third party refuses the login",
        Trouble.RATE_LIMITED: "Nexla holds the resource back",
        Trouble.HALF_PAUSED: "part of the tree stands still while the rest is active",
        Trouble.SCHEMA_DRIFT: "records no longer look as they did",
        Trouble.SOURCE_ERROR: "reading from the source fails",
        Trouble.TRANSFORM_ERROR: "a transform fails on records",
        Trouble.DESTINATION_ERROR: "writing to the destination fails",
        Trouble.QUARANTINE_GROWTH: "more records fail from run to run",
        Trouble.EMPTY_SOURCE: "runs bring no records",
        Trouble.VOLUME_DROP: "far fewer records than usual arrive",
        Trouble.STALE_SOURCE: "runs that should have happened did not",
        Trouble.ERROR_RATE: "records fail, the cause is not told",
        Trouble.NOT_RUNNING: "the flow is paused or was never activated",
        Trouble.OLD_VERIFICATION: "nobody has tested the login for long",
        Trouble.NAME_TWIN: "another flow has the same name",
    }
)
