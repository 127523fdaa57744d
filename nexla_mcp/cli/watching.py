"""Jobs that watch: whether an answer is a good one, and what an alert says of a bad one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nexla_mcp.domain.alerts import Severity
from nexla_mcp.domain.results.base import Result
from nexla_mcp.domain.results.health import HealthReport, Verdict
from nexla_mcp.domain.results.quality import Quality, QualityReport
from nexla_mcp.domain.results.readiness import Readiness
from nexla_mcp.domain.results.sla import Kept, SlaReport

if TYPE_CHECKING:
    from nexla_mcp.tools.toolbox import Outcome


@dataclass(frozen=True)
class Alert:
    """A message to people."""

    title: str
    text: str
    severity: Severity


def is_well(result: Result | None) -> bool:
    """Whether an answer that judges something judges it to be well; what could not be told is not well."""
    if isinstance(result, HealthReport):
        return result.verdict not in {Verdict.SICK, Verdict.UNKNOWN}
    if isinstance(result, SlaReport):
        return result.verdict is Kept.MET
    if isinstance(result, QualityReport):
        return result.verdict in {Quality.PASSED, Quality.SUGGESTED}
    return result.ready if isinstance(result, Readiness) else True


def alert_of(tool: str, outcome: Outcome) -> Alert | None:
    """What to tell; None when all is well. That a check could not be made is told, too."""
    if outcome.error is not None:
        return Alert(f"{tool} failed", outcome.text, Severity.CRITICAL)
    if is_well(outcome.result):
        return None
    title, _, rest = outcome.text.partition("\n")
    return Alert(f"{tool}: {title}", rest or title, Severity.CRITICAL)
