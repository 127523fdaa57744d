"""The checks of what Nexla writes: notifications, and the log lines of a run that shows errors."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nexla_mcp.adapter.models import LogEntry, Notification, ProbeResult, ProbeState
from nexla_mcp.domain.results.health import Verdict
from nexla_mcp.domain.results.lineage import Key, LineageNode
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.evidence import FlowEvidence, Look, key_told
from nexla_mcp.operations.health_checks_base import Judgements, could_not_read, finding
from nexla_mcp.operations.health_checks_runs import recent_errors
from nexla_mcp.operations.health_thresholds import Thresholds

_SCHEMA_CHANGES = r"schema.{0,80}(chang|drift|differ|mismatch|no longer)|(chang|drift)\w*.{0,40}schema"
# What the texts are about. The contract types no message, so its event catalogue (26) and common words of
# databases and clouds must do. The first that matches wins: a login refused by a transform's lookup is a login.
_SUBJECTS: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    (
        Trouble.REFUSED_CREDENTIAL,
        re.compile(
            r"\b(40[13]\b|unauthori[sz]ed|access ?denied|permission denied|authentication|log ?in failed"
            r"|bad credentials|(incorrect|invalid|wrong|expired) (username|password|credentials?|key|token|login))",
            re.IGNORECASE,
        ),
    ),
    (
        Trouble.SCHEMA_DRIFT,
        re.compile(
            rf"{_SCHEMA_CHANGES}"
            r"|\b(new|unknown|unexpected|missing|renamed|removed|unmapped) (field|column|attribute)s?\b"
            r"|(field|column|attribute)s? .{0,60}(not found|missing|does not exist|is new)|type mismatch"
            r"|type changed|changed (its )?type",
            re.IGNORECASE,
        ),
    ),
    (
        Trouble.TRANSFORM_ERROR,
        re.compile(
            r"transform|\bjolt\b|\bscript\b|traceback|\b(Key|Type|Value|Attribute|ZeroDivision|Name|Index)Error\b",
            re.IGNORECASE,
        ),
    ),
)
_OVER = frozenset({"RECOVERED", "RESOLVED"})
_BAD_LEVELS = frozenset({"WARN", "WARNING", "ERROR"})
_BAD_SEVERITIES = frozenset({"WARN", "WARNING", "ERROR", "CRITICAL", "FATAL"})
# The event catalogue's "schema change" is news, whatever its level; "schema detected" is the ordinary start.
_SCHEMA_CHANGE = re.compile(_SCHEMA_CHANGES, re.IGNORECASE)


def subject_of(text: str | None) -> Trouble | None:
    """What a message is about: a refused login, a changed schema, a failing transform, or not one of these."""
    return next((trouble for trouble, words in _SUBJECTS if text and words.search(text)), None)


def check_notifications(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """Schema changes that Nexla announced, and transform errors it warned of, that it has not called over."""
    yield from could_not_read(evidence, Look.NOTIFICATIONS)
    over: set[Key] = set()
    for item in evidence.notifications:
        key = key_told(item.resource_type, item.resource_id)
        node = evidence.lineage.node_of(key) if key else None
        if node is None or node.key in over:
            continue
        level = (item.level or "").upper()
        if level in _OVER:
            over.add(node.key)
            continue
        yield from _announced(evidence, item, node, level, limits)


def _announced(
    evidence: FlowEvidence, item: Notification, node: LineageNode, level: str, limits: Thresholds
) -> Judgements:
    when = f"{item.created_at:%Y-%m-%d %H:%MZ}" if item.created_at else "at an unknown time"
    if item.message and _SCHEMA_CHANGE.search(item.message):
        failing = any(_fails(evidence, below, limits) for below in evidence.lineage.downstream(node))
        seen = f"Nexla announced a schema change ({when})" + (", and records fail since" if failing else "")
        yield finding(Trouble.SCHEMA_DRIFT, Verdict.SICK if failing else Verdict.WARNING, node, seen, item.message)
    elif level in _BAD_LEVELS and subject_of(item.message) is Trouble.TRANSFORM_ERROR:
        seen = f"Nexla warned of transform errors ({when})"
        yield finding(Trouble.TRANSFORM_ERROR, Verdict.WARNING, node, seen, item.message)


def check_log_lines(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """What the bad lines of the last run are about, at each node, where they were read.

    To whom Nexla sends no notifications, they alone tell of a schema change: without them nobody knows.
    """
    yield from could_not_read(evidence, Look.LOGS, needed=not evidence.notified)
    for node in evidence.lineage.nodes:
        lines = bad_lines(evidence.log_lines, node.key)
        for trouble in (Trouble.REFUSED_CREDENTIAL, Trouble.SCHEMA_DRIFT, Trouble.TRANSFORM_ERROR):
            about = [line for line in lines if subject_of(line.log) is trouble]
            if not about or (trouble is Trouble.REFUSED_CREDENTIAL and not _may_be_refused(evidence, node)):
                continue
            seen = f"{len(about)} of its {len(lines)} warning and error lines of the last run speak of it"
            severity = Verdict.SICK if _failing(evidence, node, limits) else Verdict.WARNING
            yield finding(trouble, severity, node, seen, about[-1].log)


def bad_lines(lines: Iterable[LogEntry], key: Key) -> list[LogEntry]:
    """The warnings and errors about one resource, in their order."""
    return [
        line
        for line in lines
        if (line.severity or "").upper() in _BAD_SEVERITIES and key_told(line.resource_type, line.resource_id) == key
    ]


def _fails(evidence: FlowEvidence, node: LineageNode, limits: Thresholds) -> bool:
    rated = recent_errors(evidence, node, limits)
    return rated is not None and max(rated[1].error_rate, rated[2].error_rate) > limits.error_warning


def line_said(evidence: FlowEvidence, key: Key) -> str | None:
    """The last bad line that tells something of a resource, rather than only sums it up (contract 4, log_type)."""
    telling = [line.log for line in bad_lines(evidence.log_lines, key) if (line.log_type or "").upper() != "SUMMARY"]
    return telling[-1] if telling else None


def _failing(evidence: FlowEvidence, node: LineageNode, limits: Thresholds) -> bool:
    """Whether records fail from the node on, or it took no part in the last run at all."""
    took_part = bool(evidence.runs) and evidence.runs[0].at(node.key) is not None
    return not took_part or any(_is_sick(evidence, below, limits) for below in evidence.lineage.downstream(node))


def _is_sick(evidence: FlowEvidence, node: LineageNode, limits: Thresholds) -> bool:
    rated = recent_errors(evidence, node, limits)
    return rated is not None and rated[1].error_rate > limits.error_sick


def _may_be_refused(evidence: FlowEvidence, node: LineageNode) -> bool:
    """Whether the node logs in, and the login was not seen to work just now."""
    state = next((item for item in evidence.credentials if item.id == node.credential_id), None)
    works = state and isinstance(state.probe, ProbeResult) and state.probe.state is ProbeState.OK
    return node.credential_id is not None and not works
