"""What the metrics and logs services have in common: an inner status, a `meta`, and two paths for one report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.family import Family
from nexla_mcp.adapter.paging import Page, whole_number
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType

WITH_METRICS = frozenset({ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION})


class Reports(Family):
    """Reports on one resource, by the published path or, where that is not served, by the SDK's."""

    async def _report(self, name: str, kind: ResourceType, resource_id: int, query: Mapping[str, Any]) -> Any:
        if kind not in WITH_METRICS:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"The platform reports no runs of a {kind.value}.",
                hint="Ask for the source, nexset or destination in the flow.",
            )
        ids: dict[str, int | str] = {"resource_type": kind.collection, "resource_id": resource_id}
        return (await self._nexla.call(ENDPOINTS[name], ids=ids, query=query)).data

    async def _report_either_way(
        self, name: str, kind: ResourceType, resource_id: int, query: Mapping[str, Any]
    ) -> Any:
        """From `name`, or from its alternative where the first is unknown (contract 30, question 10).

        A 404 may also mean that the resource is unknown: when both say so, the first one's words stand.
        """
        try:
            return await self._report(name, kind, resource_id, query)
        except Failure as first:
            if first.info.code not in {ErrorCode.NOT_FOUND, ErrorCode.UNSUPPORTED}:
                raise
            try:
                return await self._report(f"{name}_alternative", kind, resource_id, query)
            except Failure as second:
                if second.info.code in {ErrorCode.NOT_FOUND, ErrorCode.UNSUPPORTED}:
                    raise first from None
                raise


def page_with_meta(rows: list[Any], meta: Any, number: int) -> Page:
    """A page whose totals stand in `meta`, in either spelling (contract 23, 24)."""
    told: Mapping[str, Any] = meta if isinstance(meta, dict) else {}

    def count(*names: str) -> int | None:
        return next((found for name in names if (found := whole_number(told.get(name))) is not None), None)

    pages = count("pageCount", "pages_count", "page_count")
    total = count("totalCount", "total_count")
    return Page(rows, total, pages, None if pages is None else number < pages)
