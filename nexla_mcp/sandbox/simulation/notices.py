"""Notifications: what the platform tells the owner of a node when something happens to it (contract 26)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.simulation.events import Event
from nexla_mcp.sandbox.simulation.graph import DESTINATIONS, NEXSETS, SOURCES
from nexla_mcp.sandbox.simulation.series import DAY_MS

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document, Store

RESOURCE_TYPES = {SOURCES: "SOURCE", NEXSETS: "DATASET", DESTINATIONS: "SINK"}
NOTIFICATIONS = "notifications"


def notify(store: Store, document: Document, event: Event, moment_ms: int) -> Document:
    """Keeps one notification for the owner of a node."""
    created = iso(datetime.fromtimestamp(moment_ms / 1000, timezone.utc))
    what = RESOURCE_TYPES[event.kind]
    return store.insert(
        NOTIFICATIONS,
        {
            "owner_id": document["owner_id"],
            "org_id": document["org_id"],
            "level": event.level,
            "resource_id": event.resource_id,
            "resource_type": what,
            "message_id": moment_ms // 1000,
            "message": f"{event.text} ({document.get('name')}, {what.lower()} {event.resource_id})",
            "read_at": None,
            "created_at": created,
            "updated_at": created,
            "_sandbox": {"event_type": event.name},
        },
    )


@dataclass
class Alerts:
    """Tells of a lasting trouble once a day, of a new schema and of a trouble's end once.

    `open` maps "kind:id:event" to the day (since 1970) of the last telling; it is kept between advances.
    """

    store: Store
    open: dict[str, int] = field(default_factory=dict)

    def take(self, events: Iterable[Event], took_part: Iterable[tuple[str, int]], documents: Any, run_id: int) -> None:
        """`took_part` are the nodes that reported in the run; those without an event are well again."""
        day = run_id // DAY_MS
        told: set[str] = set()
        for event in events:
            key = f"{event.kind}:{event.resource_id}:{event.name}"
            told.add(key)
            known = self.open.get(key)
            if known is None or (known != day and event.name != "UPDATE"):
                self.open[key] = day
                notify(self.store, documents(event.kind, event.resource_id), event, run_id)
        well = {f"{kind}:{identifier}:" for kind, identifier in took_part}
        for key in [key for key in self.open if key not in told and key[: key.rindex(":") + 1] in well]:
            del self.open[key]
            kind, identifier, name = key.split(":")
            if name == "ERROR":
                self._recovered(documents(kind, int(identifier)), kind, run_id)

    def _recovered(self, document: Document, kind: str, run_id: int) -> None:
        notify(self.store, document, Event(kind, document["id"], "ERROR", "RECOVERED", "Recovered"), run_id)
