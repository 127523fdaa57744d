"""How a node behaves: the simulation facts under `_sandbox["behaviour"]`, and whether a failure is in force.

Keys of a behaviour, all optional:

- sources: `rows` (median records of a run), `row_bytes`, `spread` (share by which runs differ),
  `error_rate` (share of records that cannot be read), `interval_seconds` (streams only);
- nexsets: `keep` (share of the parent's records that pass), `widen` (bytes out per byte in), `error_rate`;
- destinations: `error_rate`;
- any: `failure` (below), `paused_at` (unix ms; history before it counts the node as active).

A failure: `kind`, `since` (unix ms), `text` (what the log says), and `watch`: a list of
{kind, id, field, digest}; as soon as one of those fields no longer has that digest, somebody repaired it and
the failure is over. Kinds: `refused` and `stalled`, `volume_drop` (`factor`), `empty`, `quarantine_growth`
(`from`, `to`, `until`) at sources; `schema_drift` (`from_attribute`, `to_attribute`) at detected nexsets;
`transform_error` at derived nexsets; `rejected` (`share`) at destinations.
A credential whose `probe` is not `ok` fails its sources and destinations from `refused_since` (unix ms) on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.simulation.graph import behaviour_of, digest
from nexla_mcp.sandbox.simulation.transforms import throws

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.graph import Lineage
    from nexla_mcp.sandbox.store import Document, Store

DEFAULT_ROWS = 480
DEFAULT_ROW_BYTES = 220
DEFAULT_SPREAD = 0.08


@dataclass(frozen=True)
class Behaviours:
    """Reads behaviours against the current state of the store."""

    store: Store
    lineage: Lineage
    _throws: dict[int, str | None] = field(default_factory=dict)

    def failure(self, document: Document, run_ms: int) -> dict[str, Any] | None:
        """The failure in force at a node when a run starts, or None."""
        refusal = self._refusal(document, run_ms)
        if refusal:
            return refusal
        failure = behaviour_of(document).get("failure") or self._thrown(document)
        if not failure or run_ms < failure.get("since", 0) or self._repaired(failure):
            return None
        return dict(failure)

    def runs(self, document: Document, run_ms: int) -> bool:
        """Whether a nexset or destination takes part in a run: it is active, or was at the time."""
        return document.get("status") == "ACTIVE" or run_ms < behaviour_of(document).get("paused_at", 0)

    def _thrown(self, document: Document) -> dict[str, Any] | None:
        """That of a derived nexset whose transform throws on everything; looked at once, since runs change no code."""
        if not document.get("parent_data_set_id"):
            return None
        key = document["id"]
        if key not in self._throws:
            self._throws[key] = throws(self.store, document)
        text = self._throws[key]
        return {"kind": "transform_error", "text": text} if text is not None else None

    def _refusal(self, document: Document, run_ms: int) -> dict[str, Any] | None:
        credential = self.lineage.credential(document)
        facts = (credential or {}).get("_sandbox") or {}
        if facts.get("probe", "ok") == "ok" or run_ms < facts.get("refused_since", 0):
            return None
        reason = "connection timed out" if facts["probe"] == "timeout" else "authentication failed"
        return {"kind": "refused", "since": facts.get("refused_since", 0), "text": facts.get("refusal") or reason}

    def _repaired(self, failure: dict[str, Any]) -> bool:
        return any(
            digest((self.store.get(watch["kind"], watch["id"]) or {}).get(watch["field"])) != watch["digest"]
            for watch in failure.get("watch", ())
        )


def watch(document: Document, kind: str, field: str) -> dict[str, Any]:
    """What to look at to see that somebody repaired a failure."""
    return {"kind": kind, "id": document["id"], "field": field, "digest": digest(document.get(field))}
