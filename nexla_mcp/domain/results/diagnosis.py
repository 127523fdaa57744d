"""The answer of `diagnose_flow`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row
from nexla_mcp.domain.results.health import Verdict
from nexla_mcp.domain.results.logs import LogLine
from nexla_mcp.domain.troubles import Trouble


class Likelihood(str, Enum):
    """How sure a cause is: seen directly, fits what was seen, or only one of several that would."""

    SEEN = "seen"
    LIKELY = "likely"
    POSSIBLE = "possible"


class NextCall(Row):
    """A tool call that would confirm, narrow or mend."""

    tool: str
    arguments: dict[str, Any]
    why: str


class Cause(Row):
    """A probable cause at one node, with everything that speaks for it."""

    trouble: Trouble
    likelihood: Likelihood
    type: ResourceType | None = None
    id: int | None = None
    name: str | None = None
    because: tuple[str, ...]
    """What was seen, in our words; text from outside stands in `said`."""
    said: tuple[str, ...] = ()
    """What Nexla, the third party or a log line said, as it came."""
    next: tuple[NextCall, ...] = ()


class NodeState(Row):
    """One node: its status, and what it did in the run looked at and in the last good one."""

    depth: int
    type: ResourceType
    id: int
    name: str | None = None
    status: str | None = None
    records: int | None = None
    errors: int | None = None
    good_records: int | None = None
    good_errors: int | None = None


class RunRow(Row):
    """One run: records that entered, records that reached destinations, errors of all nodes."""

    run_id: int | None = None
    started: datetime | None = None
    entered: int | None = None
    delivered: int | None = None
    errors: int


class ChangeRow(Row):
    """One change from the audit log."""

    at: datetime | None = None
    who: str | None = None
    type: ResourceType
    id: int
    event: str | None = None
    what: tuple[str, ...] = ()
    """Names of the changed properties, with old and new value where they are short."""


class Diagnosis(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("changes", "runs", "log_lines", "nodes", "causes")
    narrow_with: ClassVar[str] = "since"

    flow_id: int
    name: str | None = None
    verdict: Verdict
    causes: list[Cause]
    """The most probable first."""
    nodes: list[NodeState]
    run_id: int | None = None
    """The run looked at: the last in which more than stray records failed, else the last."""
    good_run_id: int | None = None
    """The last run before it that moved about as much as usual and lost no more than stray records."""
    runs: list[RunRow]
    """The newest first."""
    log_lines: list[LogLine]
    """Warnings and errors of the run looked at, those that say the same folded."""
    changes: list[ChangeRow]
    """What people changed on the flow's resources and credentials, the newest first."""
    rerun: str
    """What can be done about a run that failed."""
    next_scheduled_run: datetime | None = None
    not_checked: list[str] | None = None
