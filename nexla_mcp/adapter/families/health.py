"""The platform's own verdict on flows (contract 25). Not in the published contract: it may be missing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nexla_mcp.adapter.families.family import Family
from nexla_mcp.adapter.families.reports import page_with_meta
from nexla_mcp.adapter.models import FlowHealth
from nexla_mcp.adapter.paging import MAX_ROWS, PER_PAGE, Page, read_pages
from nexla_mcp.adapter.rows import Rows, read_one, unreadable
from nexla_mcp.adapter.units import check_inner_status

_WRAPPERS = ("data", "flows", "content", "items", "results", "health", "metrics")


class Health(Family):
    async def flow(self, flow_id: int) -> FlowHealth:
        """One flow's colour and latest counts."""
        what = f"the health of flow {flow_id}"
        data = _checked((await self._call("get_flow_health", flow_id)).data, what)
        for name in _WRAPPERS:
            if isinstance(data, dict) and isinstance(data.get(name), dict):
                data = data[name]
        health = read_one(data, FlowHealth, what)
        return health if health.flow_id is not None else health.model_copy(update={"flow_id": flow_id})

    async def flows(
        self,
        *,
        org_id: int | None = None,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        max_rows: int = MAX_ROWS,
    ) -> Rows[FlowHealth]:
        """All flows of the organisation, or those of one colour (GREEN, YELLOW, RED)."""
        asked = {
            "org_id": org_id,
            "health_status": status,
            "from": since.isoformat() if since else None,
            "to": until.isoformat() if until else None,
            "size": PER_PAGE,
        }

        async def fetch(page: int) -> Page:
            return _page((await self._call("list_flow_health", query={**asked, "page": page})).data, page)

        return (await read_pages(fetch, max_rows=max_rows)).read_as(FlowHealth)


def _page(data: Any, number: int) -> Page:
    data = _checked(data, "the health of flows")
    meta = data.get("meta", data) if isinstance(data, dict) else None
    while isinstance(data, dict):
        inner = next((data[name] for name in _WRAPPERS if isinstance(data.get(name), (dict, list))), None)
        if inner is None:
            raise unreadable("the health of flows", data)
        if isinstance(inner, dict) and isinstance(inner.get("meta"), dict):
            meta = inner["meta"]
        data = inner
    if not isinstance(data, list):
        raise unreadable("the health of flows", data)
    return page_with_meta(data, meta, number)


def _checked(data: Any, what: str) -> Any:
    """The report, once its inner status is well. A colour in `status` is no status of the report."""
    if isinstance(data, dict) and str(data.get("status", "")).upper() not in {"", "GREEN", "YELLOW", "RED"}:
        check_inner_status(data, what)
    return data
