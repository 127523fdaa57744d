"""The platform's own view of its flows, and the status of a run (contract 25, 9; only the SDK shows them)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.errors import Refusal, forbidden, invalid
from nexla_mcp.sandbox.routes.reading import cut, flow_of, page_bounds, visible_sources, window
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.simulation.condition import GREEN, RED, YELLOW, condition_of
from nexla_mcp.sandbox.simulation.notices import RESOURCE_TYPES

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.condition import Condition

_STATUSES = (GREEN, YELLOW, RED)
_ORDERS = {"run_id": "latestRunId", "updated_at": "updatedAtEpoch"}


def summary(call: Call) -> dict[str, Any]:
    """How many of the flows that the caller sees are in which condition."""
    entries = _entries(call)
    counts = {status: sum(entry["healthStatus"] == status for entry in entries) for status in _STATUSES}
    return {"status": 200, "message": "Ok", "data": {**counts, "total": len(entries)}}


def flows(call: Call) -> dict[str, Any]:
    """One entry a flow that ran within the window. A flow that stopped running keeps its last condition."""
    entries = _entries(call)
    wanted = call.query.get("health_status", "").upper()
    if wanted and wanted not in _STATUSES:
        raise invalid("health_status must be GREEN, YELLOW or RED", field="health_status")
    order = _ORDERS.get(call.query.get("sort_by", "updated_at"))
    if order is None:
        raise invalid("sort_by must be run_id or updated_at", field="sort_by")
    newest_first = call.query.get("sort_order", "desc").lower() != "asc"
    entries = [entry for entry in entries if wanted in {"", entry["healthStatus"]}]
    entries.sort(key=lambda entry: entry[order], reverse=newest_first)
    data, meta = cut(entries, *page_bounds(call, "size"))
    return {"status": 200, "message": "Ok", "data": data, "meta": meta}


def flow(call: Call) -> dict[str, Any]:
    origin, source_id = flow_of(call)
    found = None if source_id is None else condition_of(call.world.simulation.series, source_id)
    if found is None:
        raise Refusal(404, f"Flow {origin['id']} never ran")
    return {"status": 200, "message": "Ok", "data": _entry(origin["id"], found)}


def run_status(call: Call) -> dict[str, Any]:
    """Untyped in public. A run in the sandbox is always over; how well it went stands in its counts."""
    origin, source_id = flow_of(call)
    run_id = call.id("run_id")
    rows = [] if source_id is None or run_id >= 2**63 else call.world.simulation.series.of_run(source_id, run_id)
    if not rows:
        raise Refusal(404, f"Run {run_id} of flow {origin['id']} not found")
    resources = [
        {
            "resource_type": RESOURCE_TYPES[row.kind],
            "resource_id": row.resource_id,
            "records": row.records,
            "size": row.size,
            "errors": row.errors,
        }
        for row in rows
    ]
    return {"flow_id": origin["id"], "run_id": run_id, "status": "COMPLETED", "resources": resources}


def _entries(call: Call) -> list[dict[str, Any]]:
    org_id = call.integer("org_id", call.principal.org_id)
    if org_id != call.principal.org_id:
        raise forbidden()
    owner_id = call.integer("owner_id")
    bounds = window(call, required=False, default_days=90)
    series = call.world.simulation.series
    entries = []
    for source in visible_sources(call):
        if owner_id not in {None, source["owner_id"]}:
            continue
        found = condition_of(series, source["id"], bounds.to_ms)
        if found is not None and found.run_id >= bounds.from_ms:
            entries.append(_entry(source["flow_node_id"], found))
    return entries


def _entry(origin_id: int, found: Condition) -> dict[str, Any]:
    return {
        "originNodeId": origin_id,
        "healthStatus": found.status,
        "latestErrorCount": found.errors,
        "latestRecordCount": found.records,
        "latestRunId": found.run_id,
        "errorSummary": found.summary,
        "updatedAtEpoch": found.run_id,
    }


ROUTES: tuple[Route, ...] = (
    Route("GET", "/health/org/all", summary),
    Route("GET", "/health/org/flows", flows),
    Route("GET", "/health/flow/{flow_id}", flow),
    Route("GET", "/flows/{flow_id}/run_status/{run_id}", run_status),
)
