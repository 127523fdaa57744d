"""One run of a source: what every node downstream of it reports."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.simulation.behaviour import DEFAULT_ROW_BYTES, DEFAULT_ROWS, DEFAULT_SPREAD
from nexla_mcp.sandbox.simulation.events import Event
from nexla_mcp.sandbox.simulation.graph import DESTINATIONS, NEXSETS, SOURCES, behaviour_of
from nexla_mcp.sandbox.simulation.series import DAY_MS, LogLine, Metric

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.behaviour import Behaviours
    from nexla_mcp.sandbox.store import Document

RUN_MS = 9_000
"""A run's last entry is written this long after its start; before that nothing of it shows."""

DRIFT_TOLD_MS = 3 * DAY_MS
"""Runs speak of a new schema for this long; then it is the schema."""

INFO, WARNING, ERROR = "INFO", "WARNING", "ERROR"


@dataclass
class Run:
    """A run being worked out. Metrics, log lines and events in the order in which they happen."""

    source: Document
    run_id: int
    behaviours: Behaviours
    rng: random.Random
    metrics: list[Metric] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def perform(self) -> None:
        records, size = self._read()
        if records == 0:
            return
        for nexset in self.behaviours.lineage.detected(self.source["id"]):
            self._pass(nexset, records, size, 2)

    def _read(self) -> tuple[int, int]:
        behaviour = behaviour_of(self.source)
        failure = self.behaviours.failure(self.source, self.run_id) or {}
        kind, identifier = SOURCES, self.source["id"]
        if failure.get("kind") == "refused":
            self._log(kind, identifier, 1, f"Failed to read from source: {failure['text']}", ERROR)
            self._event(kind, identifier, "ERROR", "ERROR", f"Read error: {failure['text']}")
            self._report(kind, identifier, 2, (0, 0, 1), None)
            return 0, 0
        if failure.get("kind") == "empty":
            self._log(kind, identifier, 1, failure["text"], WARNING)
            self._event(kind, identifier, "EMPTY_DATA", "WARN", failure["text"])
            self._report(kind, identifier, 2, (0, 0, 0), None)
            return 0, 0
        found = self._volume(behaviour, failure)
        errors, text = self._unreadable(behaviour, failure, found)
        records = found - errors
        size = int(records * behaviour.get("row_bytes", DEFAULT_ROW_BYTES) * self.rng.uniform(0.97, 1.03))
        if errors:
            self._log(kind, identifier, 1, text, ERROR if errors * 20 > found else WARNING)
            if errors * 20 > found:
                self._event(kind, identifier, "ERROR", "ERROR", text)
        self._report(kind, identifier, 2, (records, size, errors), None)
        return records, size

    def _volume(self, behaviour: dict[str, Any], failure: dict[str, Any]) -> int:
        rows = float(behaviour.get("rows", DEFAULT_ROWS))
        spread = float(behaviour.get("spread", DEFAULT_SPREAD))
        found = rows * self.rng.uniform(1 - spread, 1 + spread)
        if failure.get("kind") == "volume_drop":
            found *= float(failure["factor"])
        return max(1, round(found))

    def _unreadable(self, behaviour: dict[str, Any], failure: dict[str, Any], found: int) -> tuple[int, str]:
        if failure.get("kind") == "quarantine_growth":
            span = max(1, failure["until"] - failure["since"])
            progress = min(1.0, (self.run_id - failure["since"]) / span)
            rate = failure["from"] + (failure["to"] - failure["from"]) * progress
            errors = round(found * rate)
            return errors, f"{errors} records quarantined: {failure['text']}"
        errors = int(found * behaviour.get("error_rate", 0.0) * self.rng.uniform(0.7, 1.3))
        return errors, f"{errors} records quarantined: not valid in the source's format"

    def _pass(self, nexset: Document, records: int, size: int, second: int) -> None:
        if not self.behaviours.runs(nexset, self.run_id):
            return
        behaviour = behaviour_of(nexset)
        failure = self.behaviours.failure(nexset, self.run_id) or {}
        kind, identifier = NEXSETS, nexset["id"]
        errors = 0
        if failure.get("kind") == "transform_error":
            errors = records
            text = f"transform error: {failure['text']}; {records} records passed through unchanged"
            self._log(kind, identifier, second, text, ERROR)
            self._event(kind, identifier, "ERROR", "ERROR", f"Transform error: {failure['text']}")
        else:
            if failure.get("kind") == "schema_drift" and self.run_id < failure["since"] + DRIFT_TOLD_MS:
                text = f"schema change detected: {failure['text']}"
                self._log(kind, identifier, second, text, WARNING)
                self._event(kind, identifier, "UPDATE", "WARN", f"Schema change: {failure['text']}")
            records, size = self._filtered(behaviour, records, size)
            errors = int(records * behaviour.get("error_rate", 0.0) * self.rng.uniform(0.7, 1.3))
            if errors:
                text = f"{errors} records quarantined: output does not match the validation schema"
                self._log(kind, identifier, second, text, WARNING)
                records -= errors
        self._report(kind, identifier, second, (records, size, errors), identifier)
        for derived in self.behaviours.lineage.derived(identifier):
            self._pass(derived, records, size, second + 1)
        for destination in self.behaviours.lineage.outputs(identifier):
            self._write(destination, records, size, second + 1)

    @staticmethod
    def _filtered(behaviour: dict[str, Any], records: int, size: int) -> tuple[int, int]:
        keep = float(behaviour.get("keep", 1.0))
        return round(records * keep), int(size * keep * float(behaviour.get("widen", 1.0)))

    def _write(self, destination: Document, records: int, size: int, second: int) -> None:
        if not self.behaviours.runs(destination, self.run_id):
            return
        behaviour = behaviour_of(destination)
        failure = self.behaviours.failure(destination, self.run_id) or {}
        kind, identifier = DESTINATIONS, destination["id"]
        if failure:
            rejected = round(records * float(failure.get("share", 1.0)))
            text = f"Failed to write {rejected} records: {failure['text']}"
            self._log(kind, identifier, second, text, ERROR)
            self._event(kind, identifier, "ERROR", "ERROR", f"Write error: {failure['text']}")
        else:
            rejected = int(records * behaviour.get("error_rate", 0.0) * self.rng.uniform(0.7, 1.3))
            if rejected:
                text = f"{rejected} records rejected by the destination: value out of range"
                self._log(kind, identifier, second, text, WARNING)
        written = records - rejected
        bytes_written = size * written // records if records else 0
        data_set_id = destination.get("data_set_id")
        self._report(kind, identifier, second, (written, bytes_written, rejected), data_set_id)

    def _report(
        self, kind: str, identifier: int, second: int, counts: tuple[int, int, int], data_set_id: int | None
    ) -> None:
        written_at = self._moment(second) + 400
        self.metrics.append(Metric(kind, identifier, self.run_id, self.source["id"], data_set_id, *counts, written_at))
        records, size, errors = counts
        text = f"Processed records={records}, errors={errors}, size={size}"
        severity = INFO if errors == 0 else WARNING if errors * 20 <= records + errors else ERROR
        self.lines.append(
            LogLine(self.source["id"], self.run_id, written_at, kind, identifier, text, "SUMMARY", severity)
        )

    def _log(self, kind: str, identifier: int, second: int, text: str, severity: str) -> None:
        moment = self._moment(second)
        self.lines.append(LogLine(self.source["id"], self.run_id, moment, kind, identifier, text, "LOG", severity))

    def _event(self, kind: str, identifier: int, name: str, level: str, text: str) -> None:
        self.events.append(Event(kind, identifier, name, level, text))

    def _moment(self, second: int) -> int:
        return min(self.run_id + second * 1000, self.run_id + RUN_MS - 500)
