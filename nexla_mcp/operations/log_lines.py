"""Log lines as a reader wants them: with names, and those that say the same folded into one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nexla_mcp.adapter.models import LogEntry
from nexla_mcp.domain.results.lineage import Lineage
from nexla_mcp.domain.results.logs import LogLine, Severity
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.evidence import key_told

LONGEST_LINE = 600
"""Characters: stack traces say what matters at their beginning."""

_VARIABLE = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?"), "<time>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
)


def severity_of(entry: LogEntry) -> str:
    """In the published words; WARN and DEBUG are seen as well (contract 4)."""
    word = (entry.severity or "INFO").upper()
    return {"WARN": "WARNING", "FATAL": "ERROR", "DEBUG": "INFO"}.get(word, word)


def at_least(entry: LogEntry, severity: Severity | None) -> bool:
    """Whether a line is of that severity or worse; words that are not known count as the worst."""
    ranks = [item.value for item in Severity]
    word = severity_of(entry)
    return severity is None or word not in ranks or ranks.index(word) >= ranks.index(severity.value)


def gist(text: str) -> str:
    """The text with what differs from line to line (numbers, ids, times) replaced."""
    for pattern, word in _VARIABLE:
        text = pattern.sub(word, text)
    return text


def fold(entries: Iterable[LogEntry], lineage: Lineage) -> list[LogLine]:
    """One row for lines of the same node that say the same, the newest first.

    Warnings and errors say the same when only numbers, ids and times differ; other lines when they are equal,
    since their numbers are their news.
    """
    folded: dict[tuple[object, ...], LogLine] = {}
    for entry in entries:
        text = clean_text((entry.log or "").strip(), LONGEST_LINE)
        severity = severity_of(entry)
        key = key_told(entry.resource_type, entry.resource_id)
        same = (severity, key, text if severity == Severity.INFO.value else gist(text))
        before = folded.get(same)
        line = _line(entry, text, severity, lineage)
        folded[same] = _joined(before, line) if before else line
    return sorted(folded.values(), key=lambda line: line.last.timestamp() if line.last else 0.0, reverse=True)


def _line(entry: LogEntry, text: str, severity: str, lineage: Lineage) -> LogLine:
    key = key_told(entry.resource_type, entry.resource_id)
    node = lineage.node_of(key) if key else None
    return LogLine(
        severity=severity,
        type=key[0] if key else None,
        id=entry.resource_id,
        name=node.name if node else None,
        run_id=entry.run_id,
        first=entry.timestamp,
        last=entry.timestamp,
        text=text,
    )


def _joined(line: LogLine, other: LogLine) -> LogLine:
    """Both as one, in the words of the newer."""
    times = [moment for moment in (line.first, line.last, other.last) if moment]
    newer = other if other.last is not None and (line.last is None or other.last >= line.last) else line
    return newer.model_copy(
        update={
            "count": line.count + other.count,
            "first": min(times, default=None),
            "last": max(times, default=None),
            "run_id": newer.run_id if newer.run_id is not None else line.run_id,
        }
    )
