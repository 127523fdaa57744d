"""Records that are sent to a source: its nexset, and a run of everything downstream (contract 27)."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.simulation.behaviour import Behaviours
from nexla_mcp.sandbox.simulation.detection import SAMPLES_KEPT, detect, schema_of
from nexla_mcp.sandbox.simulation.graph import NEXSETS, Lineage
from nexla_mcp.sandbox.simulation.runs import RUN_MS, Run
from nexla_mcp.sandbox.simulation.transforming import show_transformed

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.series import Series
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World


def ingest(world: World, series: Series, source: Document, records: list[dict[str, Any]], *, anew: bool) -> Document:
    """The nexset that holds the records: the source's first, made when there is none.

    Its schema is that of the first records, unless it is looked at `anew`.
    """
    found = world.store.all(NEXSETS, data_source_id=source["id"])
    if not found:
        sampled = {**source, "_sandbox": {**(source.get("_sandbox") or {}), "sample": records}}
        nexset = detect(world, sampled, world.clock.now_ms())
    else:
        nexset = _fed(world, found[0], records, anew=anew)
    latest = series.latest_run(source["id"]) or 0
    run_id = max(world.clock.now_ms() - RUN_MS, latest + 1)
    facts = {"behaviour": {"rows": len(records), "spread": 0.0, "error_rate": 0.0}}
    lineage = Lineage(world.store)
    behaviours = Behaviours(world.store, lineage)
    run = Run({**source, "_sandbox": facts}, run_id, behaviours, random.Random(run_id))
    run.perform()
    series.append(run.metrics, run.lines)
    show_transformed(world.store, lineage, behaviours, source["id"], run_id)
    return nexset


def _fed(world: World, nexset: Document, records: list[dict[str, Any]], *, anew: bool) -> Document:
    facts = nexset.get("_sandbox") or {}
    kept = [*reversed(records), *(facts.get("records") or [])][:SAMPLES_KEPT]
    moment = datetime.fromtimestamp(world.clock.now_ms() / 1000, timezone.utc)
    fields = {"_sandbox": {**facts, "records": kept}, "updated_at": iso(moment)}
    return world.store.put(NEXSETS, {**nexset, **fields, **({"output_schema": schema_of(kept)} if anew else {})})
