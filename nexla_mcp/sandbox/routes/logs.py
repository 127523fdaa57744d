"""Flow logs in all their families and units (contract 23)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routes.reading import epoch, flow_of, node_of, page_bounds
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.simulation.graph import Lineage
from nexla_mcp.sandbox.simulation.notices import RESOURCE_TYPES
from nexla_mcp.sandbox.simulation.series import LogFilter

if TYPE_CHECKING:
    from nexla_mcp.sandbox.simulation.series import LogLine


def of_resource(call: Call) -> dict[str, Any]:
    """One run of the flow that the resource belongs to; `from` and `to` are unix milliseconds."""
    kind, identifier = node_of(call)
    run_id, start = call.integer("run_id"), call.integer("from")
    missing = [name for name, value in (("run_id", run_id), ("from", start)) if value is None]
    if missing:
        raise invalid(f"{' and '.join(missing)} must be given", fields=missing)
    source_id = Lineage(call.world.store).source_of(kind, identifier)
    wanted = LogFilter(
        source_ids=[] if source_id is None else [source_id],
        run_ids=[run_id],  # type: ignore[list-item]
        from_ms=epoch(call, "from"),
        to_ms=epoch(call, "to"),
    )
    return _paged(call, wanted, "per_page", run_id)


def of_flow(call: Call) -> dict[str, Any]:
    """All runs of a flow; `from` and `to` are unix SECONDS, and a date is read as its leading digits."""
    _, source_id = flow_of(call)
    run_id = call.integer("run_id")
    severity = call.query.get("severity")
    wanted = _in_seconds(call, source_id)
    if run_id is not None:
        wanted = replace(wanted, run_ids=[run_id])
    if severity:
        wanted = replace(wanted, severities=[item.strip().upper() for item in severity.split(",")])
    return _paged(call, wanted, "per_page", run_id)


def search(call: Call) -> dict[str, Any]:
    """logs_v2: the filters stand in the body, window and size in the query; the newest entry first."""
    _, source_id = flow_of(call)
    body = {} if call.body is None else call.fields()
    wanted = replace(
        _in_seconds(call, source_id),
        run_ids=_list(body, "run_ids", int),
        severities=_list(body, "severity", str),
        log_types=_list(body, "log_type", str),
        text=_text(body, "search_string"),
    )
    newest_first = "asc" not in call.query.get("sort", "desc").lower()
    answer = _paged(call, wanted, "size", None, newest_first=newest_first)
    if call.flag("facets"):
        lines = call.world.simulation.series.logs(wanted)
        answer["logs"]["facets"] = {
            "severity": dict(Counter(line.severity for line in lines)),
            "log_type": dict(Counter(line.log_type for line in lines)),
        }
    return answer


def _in_seconds(call: Call, source_id: int | None) -> LogFilter:
    start, end = epoch(call, "from"), epoch(call, "to")
    return LogFilter(
        source_ids=[] if source_id is None else [source_id],
        from_ms=None if start is None else start * 1000,
        to_ms=None if end is None else min(end, 2**43) * 1000 + 999,
    )


def _list(body: dict[str, Any], name: str, kind: type) -> list[Any] | None:
    value = body.get(name)
    if value is None or value == []:
        return None
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, kind) and not isinstance(item, bool) for item in values):
        raise invalid(f"{name} must be a list", field=name)
    return [item.upper() if isinstance(item, str) else item for item in values]


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name} must be a string", field=name)
    return value


def _paged(
    call: Call, wanted: LogFilter, size_name: str, run_id: int | None, *, newest_first: bool = False
) -> dict[str, Any]:
    page, size = page_bounds(call, size_name)
    series = call.world.simulation.series
    total = series.log_count(wanted)
    lines = series.logs(wanted, size, min((page - 1) * size, 2**62), newest_first=newest_first)
    meta: dict[str, Any] = {
        "current_page": page,
        "pages_count": max(1, -(-total // size)),
        "total_count": total,
        "org_id": call.principal.org_id,
    }
    if run_id is not None:
        meta["run_id"] = run_id
    return {"status": 200, "message": "Ok", "logs": {"data": [_entry(line) for line in lines], "meta": meta}}


def _entry(line: LogLine) -> dict[str, Any]:
    return {
        "timestamp": line.timestamp,
        "resource_id": line.resource_id,
        "resource_type": RESOURCE_TYPES[line.kind],
        "run_id": line.run_id,
        "log": line.log,
        "log_type": line.log_type,
        "severity": line.severity,
    }


_NODE = "/{resource_type}/{resource_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", f"/data_flows{_NODE}/logs", of_resource),
    Route("GET", f"{_NODE}/flow/logs", of_resource),
    Route("GET", "/flows/{flow_id}/logs", of_flow),
    Route("POST", "/flows/{flow_id}/logs_v2", search),
)
