"""Who changed what (contract 22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.family import Family, only_parameter
from nexla_mcp.adapter.families.waiting import wait_for
from nexla_mcp.adapter.models import AuditEntry
from nexla_mcp.adapter.paging import MAX_ROWS, PER_PAGE, Page, read_pages, totals_in
from nexla_mcp.adapter.rows import Rows, list_in
from nexla_mcp.adapter.units import to_day
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType

WAIT_SECONDS = 45.0
_WORDS = {
    ResourceType.SOURCE: "source",
    ResourceType.DESTINATION: "destination",
    ResourceType.NEXSET: "nexset",
    ResourceType.CREDENTIAL: "credential",
    ResourceType.LOOKUP: "lookup",
    ResourceType.TRANSFORM: "code_container",
    ResourceType.ATTRIBUTE_TRANSFORM: "code_container",
    ResourceType.PROJECT: "project",
    ResourceType.USER: "user",
    ResourceType.ORG: "org",
    ResourceType.TEAM: "team",
}


class Audit(Family):
    async def entries(
        self,
        kind: ResourceType,
        resource_id: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        max_rows: int = MAX_ROWS,
    ) -> Rows[AuditEntry]:
        """What was changed on a resource between two instants, `until` not included.

        The API filters by whole days, so days are asked for and instants filtered here. A report that the
        platform makes in the background is waited for.

        Raises:
            Failure: `unsupported` for a flow, which has no log of its own; `timeout` when the report is not made
                in time; `upstream_error` when making it failed.
        """
        if kind not in _WORDS:
            raise Failure.of(
                ErrorCode.UNSUPPORTED,
                f"The platform keeps no audit log of a {kind.value} as such.",
                hint="Ask for its source, nexsets and destinations.",
            )
        return await self._between(f"get_{_WORDS[kind]}_audit_log", resource_id, since, until, max_rows)

    async def of_type(
        self,
        kind: ResourceType,
        org_id: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        max_rows: int = MAX_ROWS,
    ) -> Rows[AuditEntry]:
        """What was changed on all resources of a type in an org. Only the SDK shows this operation (contract 22)."""
        name = "get_org_resource_audit_log"
        ids: dict[str, int | str] = {"org_id": org_id, "resource_type": kind.collection}
        return await self._between(name, ids, since, until, max_rows)

    async def _between(
        self,
        name: str,
        target: int | Mapping[str, int | str],
        since: datetime | None,
        until: datetime | None,
        max_rows: int,
    ) -> Rows[AuditEntry]:
        endpoint = ENDPOINTS[name]
        ids = {only_parameter(endpoint): target} if isinstance(target, int) else target
        asked = {
            "from": to_day(since) if since else None,
            # The day after, as it is not published whether the last day is included.
            "to": to_day(until + timedelta(days=1)) if until else None,
            "per_page": PER_PAGE,
        }

        async def fetch(page: int) -> Page:
            query = {**asked, "page": page}

            async def ask_again(request_id: str) -> Any:
                again = {**query, "async": True, "request_id": request_id}
                return (await self._nexla.call(endpoint, ids=ids, query=again)).data

            answer = await self._nexla.call(endpoint, ids=ids, query=query)
            data, still = await wait_for(answer.data, ask_again, self._nexla.clock, WAIT_SECONDS)
            if still is not None:
                raise _not_made(still.finished)
            return Page(list_in(data), *totals_in(answer.headers))

        rows = (await read_pages(fetch, max_rows=max_rows)).read_as(AuditEntry)
        return replace(rows, items=tuple(row for row in rows if _within(row.created_at, since, until)))


def _within(moment: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    if moment is None:
        return True
    return (since is None or moment >= since) and (until is None or moment < until)


def _not_made(finished: bool) -> Failure:
    if finished:
        return Failure.of(
            ErrorCode.UPSTREAM_ERROR,
            "The platform could not make the audit report.",
            hint="Ask for fewer days, or again in a minute.",
            retryable=True,
        )
    return Failure.of(
        ErrorCode.TIMEOUT,
        f"The platform is still making the audit report after {WAIT_SECONDS:g} seconds.",
        hint="Ask for fewer days, or again in a minute.",
        retryable=True,
    )
