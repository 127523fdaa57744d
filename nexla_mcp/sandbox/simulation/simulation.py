"""Lazy time: everything that was due since the last look happens when somebody looks."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.simulation.behaviour import Behaviours
from nexla_mcp.sandbox.simulation.detection import detect, show_repaired
from nexla_mcp.sandbox.simulation.events import Event
from nexla_mcp.sandbox.simulation.graph import NEXSETS, SOURCES, Lineage
from nexla_mcp.sandbox.simulation.ingestion import ingest
from nexla_mcp.sandbox.simulation.notices import Alerts, notify
from nexla_mcp.sandbox.simulation.runs import RUN_MS, Run
from nexla_mcp.sandbox.simulation.schedule import beat_of, fires_between, next_fire
from nexla_mcp.sandbox.simulation.series import Series
from nexla_mcp.sandbox.simulation.transforming import show_transformed
from nexla_mcp.sandbox.webhook_keys import WEBHOOK

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

DETECTION_MS = 15_000
"""Simulated time between the activation of a source and what its first run leaves behind."""
RUNS_PER_ADVANCE = 400
"""However far the clock is pushed, no source makes more runs at once; the oldest are the ones left out."""
RUNS_KEPT = 1_000
"""Older runs of a source are forgotten."""
NEVER = 2**62

_SCHEMA = """CREATE TABLE IF NOT EXISTS schedules (
  source_id INTEGER PRIMARY KEY, active_since INTEGER, done_until INTEGER NOT NULL, alerts TEXT NOT NULL
) WITHOUT ROWID"""


@dataclass
class _Schedule:
    """How far a source's runs were worked out. `active_since` is None while it does not run."""

    active_since: int | None
    done_until: int
    alerts: dict[str, int]


class Simulation:
    """The platform's own doing. State is in the store, so that a restart goes on where it stopped.

    The outcome of a run depends on `options.random_seed`, the source's id and the run's time, on nothing else.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.series = Series(world.store)
        world.store.execute(_SCHEMA)
        self._due_ms = 0
        self._seen_changes = -1

    def advance_to_now(self) -> None:
        """Works out every run that ended by now. Costs one query when nothing was written and nothing is due."""
        now = self.world.clock.now_ms()
        if now < self._due_ms and self._changes() == self._seen_changes:
            return
        with self.world.store.transaction():
            self._due_ms = self._advance(now)
        self._seen_changes = self._changes()

    def backfill(self, source: Document, from_ms: int, to_ms: int, lineage: Lineage) -> None:
        """A history for a source between two moments, for the seed; live runs go on after it.

        `lineage` is the state of the store, which must hold the whole flow.
        """
        schedule = _Schedule(from_ms, from_ms, {})
        self._run(source, schedule, fires_between(beat_of(source), from_ms, to_ms, RUNS_PER_ADVANCE), lineage)
        schedule.done_until = to_ms
        if source["status"] != "ACTIVE":
            schedule.active_since = None
        self._keep(source["id"], schedule)

    def activated(self, kind: str, identifier: int) -> None:
        """Tells the owner. The runs themselves follow from the status."""
        self._status_changed(kind, identifier, "ACTIVATE", "activated")

    def paused(self, kind: str, identifier: int) -> None:
        self._status_changed(kind, identifier, "PAUSE", "paused")

    def ingest(self, source: Document, records: list[dict[str, Any]], *, anew: bool) -> Document:
        """Takes records that were sent to a source; gives the nexset that holds them."""
        return ingest(self.world, self.series, source, records, anew=anew)

    def live_samples(self, data_set_id: int, count: int) -> list[dict[str, Any]]:
        """Records as they stand in a nexset now; one without its own shows its parent's, unchanged."""
        nexset = self.world.store.get(NEXSETS, data_set_id)
        while nexset is not None:
            records = (nexset.get("_sandbox") or {}).get("records")
            if records:
                return list(records[: max(0, count)])
            nexset = self.world.store.get(NEXSETS, nexset.get("parent_data_set_id") or 0)
        return []

    def run_ids(self, source_id: int) -> list[int]:
        """The runs of a source, the newest first."""
        return self.series.runs(source_id)

    def last_run_metrics(self, origin_node_id: int) -> dict[str, Any] | None:
        """The flow list's row for a flow's newest run: what its source read, and all errors (contract 9.1)."""
        node = self.world.store.get("flow_nodes", origin_node_id) or {}
        source_id = node.get("data_source_id")
        run_id = self.series.latest_run(source_id) if source_id else None
        if source_id is None or run_id is None:
            return None
        rows = self.series.of_run(source_id, run_id)
        read = [row for row in rows if row.kind == SOURCES]
        return {
            "origin_node_id": origin_node_id,
            "records": sum(row.records for row in read),
            "size": sum(row.size for row in read),
            "errors": sum(row.errors for row in rows),
            "reporting_date": iso(datetime.fromtimestamp(run_id / 1000, timezone.utc)),
            "run_id": run_id,
        }

    def next_run_ms(self, source: Document) -> int | None:
        """When an active source runs next, by its schedule."""
        if source["status"] != "ACTIVE":
            return None
        return next_fire(beat_of(source), self.world.clock.now_ms())

    def _advance(self, now: int) -> int:
        lineage = Lineage(self.world.store)
        due = NEVER
        for source in lineage.sources.values():
            if source["source_type"] == WEBHOOK:
                # It runs when it is sent something.
                continue
            schedule = self._schedule(source["id"])
            if source["status"] != "ACTIVE":
                if schedule and schedule.active_since is not None:
                    schedule.active_since = None
                    self._keep(source["id"], schedule)
                continue
            if schedule is None or schedule.active_since is None:
                alerts = schedule.alerts if schedule else {}
                schedule = _Schedule(now, now, alerts)
                self._keep(source["id"], schedule)
            due = min(due, self._catch_up(source, schedule, now, lineage))
        return due

    def _catch_up(self, source: Document, schedule: _Schedule, now: int, lineage: Lineage) -> int:
        """Makes a source's runs that ended by now; answers when its next one will have ended."""
        since = schedule.active_since or now
        horizon = now - RUN_MS
        beat = beat_of(source)
        first = since + DETECTION_MS - RUN_MS
        fires = fires_between(beat, max(schedule.done_until, first), horizon, RUNS_PER_ADVANCE)
        if schedule.done_until < first <= horizon:
            fires = (first, *fires)[-RUNS_PER_ADVANCE:]
        if fires:
            self._run(source, schedule, fires, lineage)
        if horizon > schedule.done_until:
            schedule.done_until = horizon
            self._keep(source["id"], schedule)
        if horizon < first:
            return first + RUN_MS
        following = next_fire(beat, horizon)
        return NEVER if following is None else following + RUN_MS

    def _run(self, source: Document, schedule: _Schedule, fires: Sequence[int], lineage: Lineage) -> None:
        behaviours = Behaviours(self.world.store, lineage)
        alerts = Alerts(self.world.store, schedule.alerts)
        metrics, lines = [], []
        for fire in fires:
            if self._stalled(source, schedule, fire, behaviours):
                continue
            if not lineage.detected(source["id"]) and not behaviours.failure(source, fire):
                detect(self.world, source, fire + DETECTION_MS)
                lineage = Lineage(self.world.store)
                behaviours = Behaviours(self.world.store, lineage)
            run_id, rng = self._start(source, fire)
            run = Run(source, run_id, behaviours, rng)
            run.perform()
            metrics += run.metrics
            lines += run.lines
            took_part = [(metric.kind, metric.resource_id) for metric in run.metrics]
            alerts.take(run.events, took_part, self._document(lineage), run.run_id)
        if fires:
            show_repaired(self.world.store, lineage, behaviours, source["id"], fires[-1])
            show_transformed(self.world.store, lineage, behaviours, source["id"], fires[-1])
        self.series.append(metrics, lines)
        self.series.prune(source["id"], RUNS_KEPT)
        schedule.alerts = alerts.open

    def _start(self, source: Document, fire: int) -> tuple[int, random.Random]:
        """The run's id, its start in milliseconds (a scheduler is never quite punctual), and its chance."""
        rng = random.Random(f"{self.world.options.random_seed}:{source['id']}:{fire}")
        return fire + rng.randrange(120, 900), rng

    @staticmethod
    def _stalled(source: Document, schedule: _Schedule, fire: int, behaviours: Behaviours) -> bool:
        """A source that the scheduler forgot runs again once somebody activated it anew."""
        failure = behaviours.failure(source, fire)
        if not failure or failure["kind"] != "stalled":
            return False
        return (schedule.active_since or 0) <= int(failure["since"])

    @staticmethod
    def _document(lineage: Lineage) -> Callable[[str, int], Document]:
        by_kind = {SOURCES: lineage.sources, NEXSETS: lineage.nexsets, "data_sinks": lineage.destinations}
        return lambda kind, identifier: by_kind[kind][identifier]

    def _status_changed(self, kind: str, identifier: int, name: str, verb: str) -> None:
        document = self.world.store.get(kind, identifier)
        if document is not None:
            text = f"{document.get('name')} was {verb}"
            event = Event(kind, identifier, name, "INFO", text)
            notify(self.world.store, document, event, self.world.clock.now_ms())

    def _schedule(self, source_id: int) -> _Schedule | None:
        rows = self.world.store.execute(
            "SELECT active_since, done_until, alerts FROM schedules WHERE source_id = ?", (source_id,)
        )
        return _Schedule(rows[0][0], rows[0][1], json.loads(rows[0][2])) if rows else None

    def _keep(self, source_id: int, schedule: _Schedule) -> None:
        self.world.store.execute(
            "INSERT OR REPLACE INTO schedules VALUES (?, ?, ?, ?)",
            (source_id, schedule.active_since, schedule.done_until, json.dumps(schedule.alerts)),
        )

    def _changes(self) -> int:
        """How many rows this connection ever wrote: unequal to before means that something changed."""
        return int(self.world.store.execute("SELECT total_changes()")[0][0])
