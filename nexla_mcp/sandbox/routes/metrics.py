"""Metrics of resources and flows, by day and by run (contract 24.3 to 24.8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.errors import Refusal, invalid
from nexla_mcp.sandbox.routes.reading import (
    Node,
    Window,
    cut,
    iso_day,
    node_of,
    page_bounds,
    user_of,
    window,
)
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.simulation.graph import NODE_KINDS, Lineage

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.series import Metric

_USER_KINDS = {"SOURCE": kinds.SOURCES, "SINK": kinds.DESTINATIONS}
_COUNTS = ("records", "size", "errors")


def daily(call: Call) -> dict[str, Any]:
    """24.4: one row a day, zeros where nothing ran."""
    node = node_of(call)
    return {"status": 200, "metrics": _by_day(call, [node], _aggregated(call))}


def of_user(call: Call) -> dict[str, Any]:
    """24.3: all sources or all destinations that a user owns, by day."""
    user = user_of(call)
    kind = _USER_KINDS.get(call.query.get("resource_type", ""))
    if kind is None:
        raise invalid("resource_type must be SOURCE or SINK", field="resource_type")
    nodes = [(kind, item["id"]) for item in call.world.store.all(kind, owner_id=user["id"])]
    return {"status": 200, "metrics": _by_day(call, nodes, _aggregated(call))}


def run_summary(call: Call) -> dict[str, Any]:
    """24.5: one row a run, the newest first; camelCase."""
    kind, identifier = node_of(call)
    for name in ("groupby", "orderby"):
        if call.query.get(name, "runId") not in {"runId", "lastWritten"}:
            raise invalid(f"{name} must be runId or lastWritten", field=name)
    page, size = page_bounds(call, "size")
    rows = call.world.simulation.series.of_node(kind, identifier)
    if call.query.get("orderby") == "lastWritten" and kind == kinds.DESTINATIONS:
        rows.sort(key=lambda row: -row.written_at)
    data, meta = cut([_summary(row) for row in rows], page, size)
    return {"status": 200, "metrics": {"data": data, "meta": meta}}


def _summary(row: Metric) -> dict[str, Any]:
    shown: dict[str, Any] = {"runId": row.run_id}
    if row.kind == kinds.DESTINATIONS:
        shown["lastWritten"] = row.written_at
    if row.data_set_id is not None:
        shown["dataSetId"] = row.data_set_id
    return {**shown, "records": row.records, "size": row.size, "errors": row.errors}


def of_flow(call: Call) -> dict[str, Any]:
    """24.6 and 24.7: every node of the flow that the resource belongs to, summed up or by run."""
    kind, identifier = node_of(call)
    bounds = window(call)
    by_run = call.query.get("groupby")
    if by_run not in {None, "", "runId"}:
        raise invalid("groupby must be runId", field="groupby")
    if call.query.get("orderby", "runId") not in {"", "runId", "created_at"}:
        raise invalid("orderby must be runId or created_at", field="orderby")
    page, size = page_bounds(call, "per_page")
    lineage = Lineage(call.world.store)
    source_id = lineage.source_of(kind, identifier)
    data: dict[str, Any]
    if by_run:
        runs: dict[int, list[Metric]] = {}
        if source_id is not None:
            for row in call.world.simulation.series.of_source(source_id, bounds.from_ms, bounds.to_ms):
                runs.setdefault(row.run_id, []).append(row)
        chosen, meta = cut(sorted(runs, reverse=True), page, size)
        data = {
            str(run_id): _grouped((row.kind, row.resource_id, row[5:8]) for row in runs[run_id]) for run_id in chosen
        }
    else:
        top = (kind, identifier) if source_id is None else (kinds.SOURCES, source_id)
        data, meta = _summed(call, lineage.below(*top), bounds), {"currentPage": 1, "pageCount": 1, "totalCount": 1}
    return {"status": 200, "message": "Ok", "metrics": {"data": data, "meta": meta}}


def _summed(call: Call, nodes: list[Node], bounds: Window) -> dict[str, Any]:
    totals = call.world.simulation.series.totals(nodes, bounds.from_ms, bounds.to_ms)
    return _grouped((*node, totals.get(node, (0, 0, 0))) for node in nodes)


def _grouped(rows: Iterable[tuple[str, int, Any]]) -> dict[str, Any]:
    groups: dict[str, Any] = {kind: [] for kind in NODE_KINDS}
    for kind, identifier, counts in rows:
        groups[kind].append({"id": identifier, "metric": dict(zip(_COUNTS, counts, strict=True))})
    return groups


def of_type(call: Call) -> dict[str, Any]:
    """24.8, untyped: one count of the resource over the last 30 days."""
    node = node_of(call)
    name = call.path["metric_type"]
    if name not in _COUNTS:
        raise Refusal(404, f"{name[:40]} is no metric")
    bounds = window(call, required=False)
    totals = call.world.simulation.series.totals([node], bounds.from_ms, bounds.to_ms)
    return {"status": 200, "message": "Ok", "metrics": {name: totals.get(node, [0, 0, 0])[_COUNTS.index(name)]}}


def _aggregated(call: Call) -> Window:
    if call.integer("aggregate") is None:
        raise invalid("aggregate is required", fields=["aggregate"])
    return window(call)


def _by_day(call: Call, nodes: list[Node], bounds: Window) -> list[dict[str, Any]]:
    found = call.world.simulation.series.daily(nodes, bounds.from_ms, bounds.to_ms)
    rows = []
    for day in bounds.days():
        counts = dict(zip(_COUNTS, found.get(day, (0, 0, 0)), strict=True))
        rows.append({"time": iso_day(day), **counts})
    return rows


_NODE = "/{resource_type}/{resource_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/users/{user_id}/metrics", of_user),
    Route("GET", f"{_NODE}/metrics", daily),
    Route("GET", f"{_NODE}/metrics/run_summary", run_summary),
    Route("GET", f"/data_flows{_NODE}/metrics", of_flow),
    Route("GET", f"{_NODE}/flow/metrics", of_flow),
    Route("GET", f"{_NODE}/flow/{{metric_type}}", of_type),
)
