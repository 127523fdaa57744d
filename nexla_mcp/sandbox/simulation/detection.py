"""What a source's first run finds: a nexset with a schema and sample records (contract 6, 28)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import creation
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.routing import Principal
from nexla_mcp.sandbox.simulation.events import Event
from nexla_mcp.sandbox.simulation.graph import NEXSETS, SOURCES
from nexla_mcp.sandbox.simulation.notices import notify

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.behaviour import Behaviours
    from nexla_mcp.sandbox.simulation.graph import Lineage
    from nexla_mcp.sandbox.store import Document, Store
    from nexla_mcp.sandbox.world import World

SAMPLES_KEPT = 10
_JSON_TYPES: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def detect(world: World, source: Document, moment_ms: int) -> Document:
    """Makes the nexset of a source that has none; its owner is told."""
    moment = datetime.fromtimestamp(moment_ms / 1000, timezone.utc)
    records = _records(world, source, moment)
    nexset = creation.create_nexset(
        world,
        Principal(source["owner_id"], source["org_id"]),
        {
            "name": f"1 - {source['name']}",
            "description": f"DataSet #1 detected from {source['name']}",
            "data_source_id": source["id"],
            "status": "ACTIVE",
            "output_schema": schema_of(records),
            "created_at": iso(moment),
            "_sandbox": {"records": records},
        },
    )
    text = f"New dataset detected from source {source['id']}"
    notify(world.store, nexset, Event(NEXSETS, nexset["id"], "CREATE", "INFO", text), moment_ms)
    return nexset


def show_repaired(store: Store, lineage: Lineage, behaviours: Behaviours, source_id: int, run_ms: int) -> None:
    """The first run after a failing transform was repaired gives the nexset the records it should have had."""
    for kind, identifier in lineage.below(SOURCES, source_id):
        nexset = lineage.nexsets[identifier] if kind == NEXSETS else {}
        repaired = (nexset.get("_sandbox") or {}).get("records_when_repaired")
        if repaired and behaviours.failure(nexset, run_ms) is None:
            facts = {**nexset["_sandbox"], "records": repaired}
            del facts["records_when_repaired"]
            store.put(NEXSETS, {**nexset, "output_schema": schema_of(repaired), "_sandbox": facts})


def schema_of(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The JSON schema that fits all of the records."""
    properties: dict[str, Any] = {}
    for record in records:
        for name, value in record.items():
            found = _type_of(value)
            known = properties.setdefault(name, found)
            if known["type"] == "null" or (known["type"] == "integer" and found["type"] == "number"):
                properties[name] = found
    return {"type": "object", "properties": properties}


def _type_of(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return schema_of([value])
    return {"type": _JSON_TYPES.get(type(value), "null")}


def _records(world: World, source: Document, moment: datetime) -> list[dict[str, Any]]:
    """What the system behind the source holds: its own sample, the credential's, or plain rows."""
    sample = (source.get("_sandbox") or {}).get("sample")
    if not sample:
        credential = world.store.get("data_credentials", source.get("data_credentials_id") or 0) or {}
        sample = (credential.get("_sandbox") or {}).get("sample")
    if isinstance(sample, list) and sample and all(isinstance(row, dict) for row in sample):
        return sample[:SAMPLES_KEPT]
    rng = random.Random(f"{world.options.random_seed}:{SOURCES}:{source['id']}")
    return [
        {
            "id": 1000 + number,
            "name": rng.choice(("alder", "birch", "cedar", "maple", "rowan")),
            "amount": round(rng.uniform(5, 500), 2),
            "updated_at": iso(moment - timedelta(minutes=7 * number)),
        }
        for number in range(SAMPLES_KEPT)
    ]
