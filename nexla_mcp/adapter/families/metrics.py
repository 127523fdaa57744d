"""Records, sizes and errors (contract 24). Days and instants are UTC; sizes are bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from nexla_mcp.adapter.families.family import EVERYTHING_I_SEE
from nexla_mcp.adapter.families.reports import Reports, page_with_meta
from nexla_mcp.adapter.models import AccountMetric, DailyMetric, Dashboard, FlowRun, ResourceMetric, RunMetric
from nexla_mcp.adapter.paging import MAX_ROWS, PER_PAGE, Page, read_pages
from nexla_mcp.adapter.rows import Rows, list_in, read_or_none, read_rows, unreadable
from nexla_mcp.adapter.units import check_inner_status, run_started_at, to_day
from nexla_mcp.domain.resources import ResourceType

_TYPES = {
    "data_sources": "source",
    "sources": "source",
    "data_sets": "nexset",
    "datasets": "nexset",
    "data_sinks": "destination",
    "sinks": "destination",
}


class Metrics(Reports):
    async def daily(self, kind: ResourceType, resource_id: int, since: date, until: date) -> Sequence[DailyMetric]:
        """One row a day, both days included. Days without data may be absent."""
        query = {"from": to_day(since), "to": to_day(until), "aggregate": 1}
        what = f"the daily metrics of {kind.value} {resource_id}"
        report = check_inner_status(await self._report("get_daily_metrics", kind, resource_id, query), what)
        return read_rows(report.get("metrics") or [], DailyMetric)[0]

    async def runs(
        self, kind: ResourceType, resource_id: int, *, last_written_first: bool = False, max_rows: int = MAX_ROWS
    ) -> Rows[RunMetric]:
        """The runs of one resource with what each moved. `last_written_first` is for destinations only."""
        order = "lastWritten" if last_written_first else "runId"
        what = f"the runs of {kind.value} {resource_id}"

        async def fetch(page: int) -> Page:
            query = {"groupby": order, "orderby": order, "page": page, "size": PER_PAGE}
            report = check_inner_status(await self._report("get_run_metrics", kind, resource_id, query), what)
            inner = report.get("metrics")
            if isinstance(inner, dict):
                return page_with_meta(list_in(inner.get("data") or []), inner.get("meta"), page)
            return Page(list_in(inner or []))

        return (await read_pages(fetch, max_rows=max_rows)).read_as(RunMetric)

    async def flow_runs(
        self,
        kind: ResourceType,
        resource_id: int,
        *,
        since: datetime,
        until: datetime | None = None,
        max_rows: int = MAX_ROWS,
    ) -> Rows[FlowRun]:
        """The runs of the whole flow over a resource, with what each resource in it moved.

        The API takes days, so runs of the first and last day outside the instants come too.
        """
        what = f"the runs of the flow of {kind.value} {resource_id}"
        ends = to_day(until + timedelta(days=1)) if until else None

        async def fetch(page: int) -> Page:
            query = {
                "from": to_day(since),
                "to": ends,
                "groupby": "runId",
                "orderby": "runId",
                "page": page,
                "per_page": PER_PAGE,
            }
            report = await self._report_either_way("get_flow_metrics", kind, resource_id, query)
            inner = check_inner_status(report, what).get("metrics")
            if inner is None or inner == []:
                return Page([])
            if not isinstance(inner, dict):
                raise unreadable(what, inner)
            runs = inner.get("data", {})
            if not runs:
                return page_with_meta([], inner.get("meta"), page)
            if not isinstance(runs, dict):
                raise unreadable(what, runs)
            rows = [_run(run_id, moved) for run_id, moved in runs.items()]
            return page_with_meta(rows, inner.get("meta"), page)

        return (await read_pages(fetch, max_rows=max_rows)).read_as(FlowRun)

    async def account(
        self, *, org_id: int | None = None, user_id: int | None = None, since: date, until: date | None = None
    ) -> Sequence[AccountMetric]:
        """What an organisation moved, or one user (in one organisation, if both are given)."""
        query = {"from": to_day(since), "to": to_day(until) if until else None}
        if user_id is not None:
            data = (await self._call("get_user_account_metrics", user_id, query={**query, "org_id": org_id})).data
        else:
            data = (await self._call("get_org_account_metrics", org_id, query=query)).data
        rows = list_in(check_inner_status(data, "the account's metrics").get("metrics") or [])
        flat = [{**row, **(row.get("data") or {})} for row in rows if isinstance(row, dict)]
        return read_rows(flat, AccountMetric)[0]

    async def dashboard(self, user_id: int, *, access_role: str = EVERYTHING_I_SEE) -> Dashboard:
        """The last 24 hours of a user's sources, nexsets and destinations."""
        query = {"access_role": access_role}
        data = (await self._call("get_user_dashboard", user_id, query=query)).data
        inner = check_inner_status(data, "the dashboard").get("metrics")
        if not isinstance(inner, dict):
            raise unreadable("the dashboard", inner)
        dashboard = read_or_none({**inner, "resources": _by_resource(inner)}, Dashboard)
        if dashboard is None:
            raise unreadable("the dashboard", inner)
        return dashboard

    async def user_daily(
        self, user_id: int, resource_type: str, since: date, until: date, *, org_id: int | None = None
    ) -> Sequence[DailyMetric]:
        """One row a day over all of a user's resources; `resource_type` is SOURCE or SINK."""
        query = {
            "resource_type": resource_type,
            "from": to_day(since),
            "to": to_day(until),
            "aggregate": 1,
            "org_id": org_id,
        }
        report = check_inner_status(
            (await self._call("get_user_daily_metrics", user_id, query=query)).data, "the user's metrics"
        )
        return read_rows(report.get("metrics") or [], DailyMetric)[0]


def _run(run_id: str, moved: Any) -> dict[str, Any]:
    number = int(run_id) if run_id.isascii() and run_id.isdigit() else None
    resources = [
        {"resource_type": word, "id": row.get("id"), **_metric(row)}
        for name, word in _TYPES.items()
        for row in (moved.get(name) or () if isinstance(moved, dict) else ())
        if isinstance(row, dict)
    ]
    started = run_started_at(number) if number is not None else None
    return {"run_id": number, "started_at": started, "resources": resources}


def _metric(row: Mapping[str, Any]) -> dict[str, Any]:
    inner = row.get("metric")
    return inner if isinstance(inner, dict) else dict(row)


def _by_resource(inner: Mapping[str, Any]) -> list[ResourceMetric]:
    found = [
        read_or_none({**row, "resource_type": word, "id": identifier}, ResourceMetric)
        for name, word in _TYPES.items()
        for identifier, row in (inner[name].items() if isinstance(inner.get(name), dict) else ())
        if isinstance(row, dict)
    ]
    return [row for row in found if row is not None]
