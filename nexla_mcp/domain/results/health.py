"""The answer of `run_health_check`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row
from nexla_mcp.domain.troubles import Trouble


class Verdict(str, Enum):
    """Worst first. `healthy` is said only of what was looked at; `unknown` means it could not be."""

    SICK = "sick"
    UNKNOWN = "unknown"
    WARNING = "warning"
    NOT_RUNNING = "not_running"
    HEALTHY = "healthy"


class Finding(Row):
    """One thing wrong, at one node, with what was seen."""

    trouble: Trouble
    severity: Verdict
    """`sick` or `warning`."""
    type: ResourceType | None = None
    id: int | None = None
    name: str | None = None
    evidence: str


class FlowHealth(Row):
    flow_id: int
    name: str | None = None
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()
    """What could not be looked at, and why."""
    last_run: datetime | None = None


class HealthReport(Result):
    """Verdicts on flows, worst first. `verdict` is the worst of all."""

    cut_first: ClassVar[tuple[str, ...]] = ("flows",)
    narrow_with: ClassVar[str] = "flows, tag, project or only_problems=true"

    verdict: Verdict
    checked_at: datetime
    counts: dict[str, int]
    """How many flows got each verdict."""
    checks: list[str]
    """What was looked at on each flow."""
    flows: list[FlowHealth]
    unreadable: int | None = None
    """Rows of Nexla's lists that could not be read and are missing here."""
