"""Metrics of whole accounts: users and orgs (contract 24.1, 24.2, 24.9 to 24.11)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.access import Access, listed
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import Refusal, forbidden
from nexla_mcp.sandbox.routes.reading import (
    Node,
    Window,
    cut,
    iso_day,
    org_of,
    page_bounds,
    user_of,
    visible_sources,
    window,
)
from nexla_mcp.sandbox.routing import Call, Principal, Route
from nexla_mcp.sandbox.simulation.condition import color, condition_of
from nexla_mcp.sandbox.simulation.series import DAY_MS

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_DASHBOARD = {"sources": kinds.SOURCES, "sinks": kinds.DESTINATIONS, "datasets": kinds.NEXSETS}
_STATUS = {"GREEN": "OK", "YELLOW": "WARNING", "RED": "ERROR"}


def of_org(call: Call) -> dict[str, Any]:
    org = org_of(call)
    return _account(call, call.world.store.all(kinds.SOURCES, org_id=org["id"]))


def of_user(call: Call) -> dict[str, Any]:
    user = user_of(call)
    org_id = call.integer("org_id")
    owned = call.world.store.all(kinds.SOURCES, owner_id=user["id"])
    return _account(call, [item for item in owned if org_id in {None, item["org_id"]}])


def _account(call: Call, sources: list[Document]) -> dict[str, Any]:
    """What the sources read, by day."""
    bounds = window(call)
    nodes = [(kinds.SOURCES, item["id"]) for item in sources]
    found = call.world.simulation.series.daily(nodes, bounds.from_ms, bounds.to_ms)
    metrics = []
    for day in bounds.days():
        records, size, _ = found.get(day, (0, 0, 0))
        span = {"start_time": f"{iso_day(day)}T00:00:00.000Z", "end_time": f"{iso_day(day + 1)}T00:00:00.000Z"}
        metrics.append({"data": {"records": records, "size": size}, **span})
    return {"status": 200, "metrics": metrics}


def dashboard(call: Call) -> dict[str, Any]:
    """The last 24 hours of every resource; by default of those the user owns."""
    user = user_of(call)
    member = Principal(user["id"], call.principal.org_id, is_org_admin=_is_admin(user, call.principal.org_id))
    theirs = Call(**{**vars(call), "principal": member})
    access = Access(call.world, member)
    now = call.world.clock.now_ms()
    bounds = Window(now - DAY_MS, now)
    metrics: dict[str, Any] = {}
    for name, kind in _DASHBOARD.items():
        nodes: list[Node] = [(kind, item["id"]) for item in listed(theirs, kind, access)]
        totals = call.world.simulation.series.totals(nodes, bounds.from_ms, bounds.to_ms)
        metrics[name] = {str(node[1]): _cell(totals.get(node)) for node in nodes}
    return {"status": 200, "metrics": {**metrics, "start_time": _iso(bounds.from_ms), "end_time": _iso(bounds.to_ms)}}


def _cell(totals: list[int] | None) -> dict[str, Any]:
    if totals is None:
        return {"records": 0, "size": 0, "errors": 0, "status": "OK"}
    records, size, errors = totals
    return {"records": records, "size": size, "errors": errors, "status": _STATUS[color(records, errors)]}


def org_statuses(call: Call) -> dict[str, Any]:
    """24.11, untyped: the flows of an org. By default only those of the org's OWNER."""
    org = org_of(call)
    sources = call.world.store.all(kinds.SOURCES, org_id=org["id"])
    if call.query.get("access_role", "owner") == "owner":
        sources = [item for item in sources if item["owner_id"] == org.get("owner_id")]
    return _statuses(call, sources)


def user_statuses(call: Call) -> dict[str, Any]:
    user = user_of(call)
    return _statuses(call, call.world.store.all(kinds.SOURCES, owner_id=user["id"]))


def _statuses(call: Call, sources: list[Document]) -> dict[str, Any]:
    bounds = window(call, required=False)
    rows = []
    for source in sources:
        found = condition_of(call.world.simulation.series, source["id"])
        ran = found if found is not None and found.run_id >= bounds.from_ms else None
        rows.append(
            {
                "origin_node_id": source["flow_node_id"],
                "name": source["name"],
                "status": source["status"],
                "run_id": ran.run_id if ran else None,
                "records": ran.records if ran else 0,
                "errors": ran.errors if ran else 0,
            }
        )
    data, meta = cut(rows, *page_bounds(call, "per_page"))
    return {"status": 200, "message": "Ok", "metrics": data, "meta": meta}


def active_flows(call: Call) -> dict[str, Any]:
    """24.10, untyped: what the active flows that the caller sees read and lost."""
    if call.integer("org_id", call.principal.org_id) != call.principal.org_id:
        raise forbidden()
    active = [item for item in visible_sources(call) if item["status"] == "ACTIVE"]
    counts = _counts(call, active, window(call, required=False))
    return {"status": 200, "message": "Ok", "metrics": {"active_flows": len(active), **counts}}


def summary(call: Call) -> dict[str, Any]:
    """24.9, untyped: today, or everything that is remembered, of the flows that the caller owns."""
    period, now = call.path["period"], call.world.clock.now_ms()
    if period not in {"daily", "total"}:
        raise Refusal(404, f"{period[:40]} is no period; there are daily and total")
    start = now // DAY_MS * DAY_MS if period == "daily" else 0
    counts = _counts(call, visible_sources(call, "owner"), Window(start, now))
    return {"status": 200, "message": "Ok", "metrics": counts}


def _counts(call: Call, sources: list[Document], bounds: Window) -> dict[str, int]:
    nodes = [(kinds.SOURCES, item["id"]) for item in sources]
    totals = call.world.simulation.series.totals(nodes, bounds.from_ms, bounds.to_ms).values()
    return {name: sum(total[place] for total in totals) for place, name in enumerate(("records", "size", "errors"))}


def _is_admin(user: Document, org_id: int) -> bool:
    return any(item["id"] == org_id and item["is_admin?"] for item in user.get("org_memberships", ()))


def _iso(milliseconds: int) -> str:
    return iso(datetime.fromtimestamp(milliseconds / 1000, timezone.utc))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/orgs/{org_id}/flows/account_metrics", of_org),
    Route("GET", "/users/{user_id}/flows/account_metrics", of_user),
    Route("GET", "/users/{user_id}/flows/dashboard", dashboard),
    Route("GET", "/orgs/{org_id}/flows/status_metrics", org_statuses),
    Route("GET", "/users/{user_id}/flows/status_metrics", user_statuses),
    Route("GET", "/data_flows/metrics/active_flows_metrics", active_flows),
    Route("GET", "/data_flows/metrics/{period}", summary),
)
