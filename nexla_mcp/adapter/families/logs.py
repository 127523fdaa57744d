"""Log lines of runs (contract 23). Instants in, each path's own unit out (trap T18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.reports import Reports, page_with_meta
from nexla_mcp.adapter.models import LogEntry
from nexla_mcp.adapter.paging import PER_PAGE, Page, read_pages
from nexla_mcp.adapter.rows import Rows, unreadable
from nexla_mcp.adapter.units import (
    EPOCH,
    check_inner_status,
    check_window,
    run_started_at,
    to_milliseconds,
    to_seconds,
    to_seconds_up,
)
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType

MAX_LINES = 5_000
EARLY = timedelta(hours=1)
"""How long before a run's id its first line may lie, where no start is given."""


class Logs(Reports):
    async def by_resource(
        self,
        kind: ResourceType,
        resource_id: int,
        run_id: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        max_rows: int = MAX_LINES,
    ) -> Rows[LogEntry]:
        """The lines of one run of a source, nexset or destination.

        `since` defaults to an hour before the run's start, which its id tells (contract 2.5).
        """
        started = run_started_at(run_id)
        start = since or (EPOCH if started is None else started - EARLY)
        if until is not None:
            check_window(start, until)
        asked = {
            "run_id": run_id,
            "from": to_milliseconds(start),
            "to": to_milliseconds(until) if until else None,
            "per_page": PER_PAGE,
        }
        what = f"the logs of {kind.value} {resource_id}"

        async def fetch(page: int) -> Page:
            query = {**asked, "page": page}
            return _lines(await self._report_either_way("get_resource_logs", kind, resource_id, query), page, what)

        return (await read_pages(fetch, max_rows=max_rows)).read_as(LogEntry)

    async def by_flow(
        self,
        flow_id: int,
        *,
        since: datetime,
        until: datetime,
        severity: str | None = None,
        run_id: int | None = None,
        max_rows: int = MAX_LINES,
    ) -> Rows[LogEntry]:
        """The lines of a whole flow between two instants, of all its runs or one."""
        check_window(since, until)
        asked = {
            "from": to_seconds(since),
            "to": to_seconds_up(until),
            "severity": severity,
            "run_id": run_id,
            "per_page": PER_PAGE,
        }
        what = f"the logs of flow {flow_id}"

        async def fetch(page: int) -> Page:
            return _lines((await self._call("get_flow_logs", flow_id, query={**asked, "page": page})).data, page, what)

        return (await read_pages(fetch, max_rows=max_rows)).read_as(LogEntry)

    async def search(
        self,
        flow_id: int,
        *,
        since: datetime,
        until: datetime,
        text: str | None = None,
        run_ids: Sequence[int] = (),
        severities: Sequence[str] = (),
        log_types: Sequence[str] = (),
        newest_first: bool = True,
        size: int = 200,
    ) -> Rows[LogEntry]:
        """Up to `size` lines that match; there is no second page, so a full answer says it is not complete."""
        check_window(since, until)
        query = {
            "from": to_seconds(since),
            "to": to_seconds_up(until),
            "size": size,
            "sort": "desc" if newest_first else "asc",
        }
        given: Mapping[str, Any] = {
            "run_ids": list(run_ids),
            "severity": list(severities),
            "log_type": list(log_types),
            "search_string": text,
        }
        body = {name: value for name, value in given.items() if value}
        endpoint = ENDPOINTS["search_flow_logs"]
        answer = await self._nexla.call(endpoint, ids={"flow_id": flow_id}, query=query, body=body)
        page = _lines(answer.data, 1, f"the logs of flow {flow_id}")

        async def once(number: int) -> Page:
            return page if number == 1 else Page([])

        pages = await read_pages(once)
        total = page.total
        if pages.rows and (len(pages.rows) >= size if total is None else total > len(pages.rows)):
            pages.complete, pages.next_page = False, None
            pages.stopped_because = f"one search gives at most {size} lines"
        return pages.read_as(LogEntry)

    async def of_run(
        self,
        flow_id: int,
        kind: ResourceType,
        resource_id: int,
        run_id: int,
        *,
        until: datetime,
        max_rows: int = MAX_LINES,
    ) -> Rows[LogEntry]:
        """The lines of one run of a flow: from the flow's own log, else from its origin resource's."""
        started = run_started_at(run_id)
        if started is not None and started < until:
            try:
                return await self.by_flow(flow_id, since=started - EARLY, until=until, run_id=run_id, max_rows=max_rows)
            except Failure as failure:
                if failure.info.code not in {ErrorCode.NOT_FOUND, ErrorCode.UNSUPPORTED, ErrorCode.UPSTREAM_ERROR}:
                    raise
        return await self.by_resource(kind, resource_id, run_id, until=until, max_rows=max_rows)


def _lines(data: Any, number: int, what: str) -> Page:
    """The lines in a report: `{status, logs: {data, meta}}`, or the looser forms that are not published."""
    if isinstance(data, list):
        return Page(data)
    if isinstance(data, dict) and "status" in data:
        check_inner_status(data, what)
    inner = data.get("logs", data) if isinstance(data, dict) else data
    if isinstance(inner, list):
        return page_with_meta(inner, data.get("meta"), number)
    if isinstance(inner, dict) and isinstance(inner.get("data"), list):
        return page_with_meta(inner["data"], inner.get("meta"), number)
    if inner is None and data is not None:
        return Page([])
    raise unreadable(what, data)
