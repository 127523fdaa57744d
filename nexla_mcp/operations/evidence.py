"""What is known of one flow, as facts. Health checks judge it, diagnosis ranks causes by it.

Nothing here judges. What could not be read stands in `unread` with the reason, so that no reader takes silence for
health. `evidence_gathering` reads it from Nexla.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from statistics import median

from nexla_mcp.adapter.models import Flow, LogEntry, Notification, ProbeResult, Source
from nexla_mcp.adapter.models import FlowHealth as PlatformHealth
from nexla_mcp.adapter.units import run_started_at
from nexla_mcp.domain.errors import ErrorInfo
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key, Lineage
from nexla_mcp.domain.schedule import Schedule
from nexla_mcp.domain.times import Window

ACTIVE = frozenset({"ACTIVE", "PROCESSING"})
"""Statuses in which a node takes part in runs; PROCESSING is seen, not published (contract 4)."""
NEVER_ACTIVATED = frozenset({"INIT", "DRAFT"})


class Look(str, Enum):
    """One thing that is looked at, in words for a reader."""

    STATUS = "status of every node"
    RUNS = "runs (records, size, errors of each node)"
    SCHEDULE = "schedule of the source"
    CREDENTIALS = "verification of credentials"
    PROBE = "credentials probed now"
    NOTIFICATIONS = "notifications"
    LOGS = "log lines of the last run"
    PLATFORM = "Nexla's own monitor"
    NAMES = "names of other flows"


@dataclass(frozen=True)
class Counts:
    """What one resource did in one run. `size` is bytes."""

    records: int = 0
    size: int = 0
    errors: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.records + other.records, self.size + other.size, self.errors + other.errors)

    @property
    def error_rate(self) -> float:
        """Errors among all records seen, 0 to 1. Nexla does not say whether `records` counts the failed ones."""
        seen = self.records + self.errors
        return self.errors / seen if seen else 0.0


@dataclass(frozen=True)
class Run:
    """One run: there is no state and no duration in the contract, only what each resource moved (24.6)."""

    run_id: int | None
    started_at: datetime | None
    """Read from the run id, which is the start in unix milliseconds (contract 2.5)."""
    counts: Mapping[Key, Counts]

    def at(self, key: Key) -> Counts | None:
        return self.counts.get(key)

    @property
    def errors(self) -> int:
        return sum(counts.errors for counts in self.counts.values())


@dataclass(frozen=True)
class CredentialState:
    """A credential of the flow: what Nexla's record says, and what the third party says now."""

    id: int
    name: str | None = None
    connector: str | None = None
    verified_status: str | None = None
    verified_at: datetime | None = None
    probe: ProbeResult | ErrorInfo | None = None
    """The answer, the error that kept it from us, or None when it was not asked."""


@dataclass(frozen=True)
class FlowEvidence:
    """Everything read about one flow. Fields that were not read are empty and named in `unread`."""

    lineage: Lineage
    now: datetime
    """The platform's time when the reading began; every age is counted from it."""
    window: Window
    """From when to when runs were read."""
    flow: Flow | None = None
    source: Source | None = None
    """The source read by itself, with its configuration; lists and flows carry none."""
    schedule_text: str | None = None
    schedule: Schedule | None = None
    """None with a `schedule_text` means that the text cannot be understood."""
    runs: tuple[Run, ...] = ()
    """The newest first."""
    runs_cut: str | None = None
    """Why `runs` does not reach back to the window's start; None when it does."""
    credentials: tuple[CredentialState, ...] = ()
    notifications: tuple[Notification, ...] = ()
    """Those about the flow's resources, within the notification window, the newest first."""
    notified: bool = True
    """Whether the caller owns the flow: Nexla tells only owners, so that others must read the log lines."""
    log_lines: tuple[LogEntry, ...] = ()
    """Of the last run; for a health check only where something else shows trouble or nobody would tell."""
    platform: PlatformHealth | None = None
    twins: tuple[tuple[int, str | None], ...] = ()
    """Other flows of the very same name: id and owner's e-mail."""
    unread: Mapping[Look, str] = field(default_factory=dict)
    """Looks that failed, with why."""
    skipped: frozenset[Look] = frozenset()
    """Looks that were not asked for, or that nothing called for."""

    def but(self, **changes: object) -> FlowEvidence:
        """The same evidence with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def unable(self, look: Look, why: str) -> FlowEvidence:
        """The same evidence with one more look that failed."""
        return replace(self, unread={**self.unread, look: why})

    @property
    def statuses(self) -> tuple[str | None, ...]:
        return tuple(node.status.upper() if node.status else None for node in self.lineage.nodes)

    @property
    def runs_at_all(self) -> bool:
        """Whether the flow takes part in runs: its origin is not known to stand still."""
        first = self.statuses[0] if self.statuses else None
        return first is None or first in ACTIVE or first not in STANDING_STILL

    @property
    def last_run_at(self) -> datetime | None:
        """The start of the newest run known, from metrics or from the source's own list of runs."""
        starts = [run.started_at for run in self.runs if run.started_at]
        if self.source:
            starts += [item.created_at for item in self.source.run_ids if item.created_at]
        if self.platform and self.platform.run_id:
            starts += [moment] if (moment := started_at(self.platform.run_id)) else []
        return max((start for start in starts if start <= self.now), default=None)

    def settled(self, settle: timedelta) -> tuple[Run, ...]:
        """Runs that started at least `settle` ago, whose counts should stand still by now."""
        return tuple(run for run in self.runs if run.started_at is None or run.started_at <= self.now - settle)

    def totals(self, runs: tuple[Run, ...], key: Key) -> Counts:
        """What a resource did over several runs."""
        return sum((counts for run in runs if (counts := run.at(key))), Counts())

    def median_gap(self) -> timedelta | None:
        """The usual time between the starts of two runs; None with fewer than three runs."""
        gaps = self.gaps()
        return timedelta(seconds=median(gap.total_seconds() for gap in gaps)) if len(gaps) > 1 else None

    def gaps(self) -> list[timedelta]:
        """The times between the starts of runs that follow each other, the newest first."""
        starts = sorted((run.started_at for run in self.runs if run.started_at), reverse=True)
        return [later - earlier for later, earlier in pairwise(starts)]


STANDING_STILL = NEVER_ACTIVATED | {"PAUSED"}

PLATFORM_TYPES: Mapping[str, ResourceType] = {
    "SOURCE": ResourceType.SOURCE,
    "DATASET": ResourceType.NEXSET,
    "SINK": ResourceType.DESTINATION,
}
"""The words of notifications and log lines for our types (contract 4)."""


def key_told(resource_type: str | None, resource_id: int | None) -> Key | None:
    """The resource that a notification or a log line is about; None where it is another kind of thing."""
    kind = PLATFORM_TYPES.get((resource_type or "").upper())
    return (kind, resource_id) if kind and resource_id is not None else None


def started_at(run_id: int | None) -> datetime | None:
    """When a run began, by its id; None for an id that is no time."""
    return run_started_at(run_id) if run_id is not None else None
