"""The samples of derived nexsets are their parents', transformed (contract 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexla_mcp.sandbox.simulation.detection import SAMPLES_KEPT, schema_of
from nexla_mcp.sandbox.simulation.graph import NEXSETS, SOURCES, behaviour_of, digest
from nexla_mcp.sandbox.simulation.transforms import code_of, transformed

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.behaviour import Behaviours
    from nexla_mcp.sandbox.simulation.graph import Lineage
    from nexla_mcp.sandbox.store import Store


def show_transformed(store: Store, lineage: Lineage, behaviours: Behaviours, source_id: int, run_ms: int) -> None:
    """After a run: nexsets that have no records yet, or whose transform has changed, show their parents' transformed.

    What has an ailment of the seed, or `fixed` records, shows what was planted.
    """
    for kind, identifier in lineage.below(SOURCES, source_id):
        nexset = store.get(NEXSETS, identifier) if kind == NEXSETS else None
        if nexset is None or not nexset.get("parent_data_set_id") or not behaviours.runs(nexset, run_ms):
            continue
        facts = nexset.get("_sandbox") or {}
        code = code_of(store, nexset)
        if (
            "failure" in behaviour_of(nexset)
            or facts.get("fixed")
            or (facts.get("records") and facts.get("made_by") == digest(code))
        ):
            continue
        parent = store.get(NEXSETS, nexset["parent_data_set_id"]) or {}
        records = (parent.get("_sandbox") or {}).get("records") or []
        if records:
            made = transformed(code, records[:SAMPLES_KEPT]).records
            kept = [record for record in made if isinstance(record, dict)]
            facts = {**facts, "records": kept, "made_by": digest(code)}
            store.put(NEXSETS, {**nexset, "output_schema": schema_of(kept), "_sandbox": facts})
