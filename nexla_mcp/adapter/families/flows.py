"""Flows (contract 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.family import EVERYTHING_I_SEE, Acted, Family, flag
from nexla_mcp.adapter.families.flow_answers import has_flows, read_flow, read_flows
from nexla_mcp.adapter.families.resources import recommendation
from nexla_mcp.adapter.families.waiting import async_answer, wait_for
from nexla_mcp.adapter.models import Flow
from nexla_mcp.adapter.paging import MAX_ROWS, NO_CONTENT, PER_PAGE, Page, read_pages, totals_in
from nexla_mcp.adapter.rows import Rows, unreadable
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType

IN_FLOWS = frozenset({ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION})


class Flows(Family):
    async def list(
        self,
        *,
        flows_only: bool = False,
        with_run_metrics: bool = False,
        access_role: str = EVERYTHING_I_SEE,
        max_rows: int = MAX_ROWS,
    ) -> Rows[Flow]:
        """All flows. `flows_only` leaves out the rows of their resources; run metrics are of the latest run."""
        asked = {
            "flows_only": flag(flows_only),
            "include_run_metrics": flag(with_run_metrics),
            "access_role": access_role,
            "per_page": PER_PAGE,
        }
        whole: dict[str, list[Any]] = {}

        async def fetch(page: int) -> Page:
            answer = await self._call("list_flows", query={**asked, "page": page})
            if answer.status == NO_CONTENT or answer.data == []:
                return Page([], *totals_in(answer.headers))
            if not has_flows(answer.data):
                raise unreadable("the list of flows", answer.data)
            for name, rows in answer.data.items():
                if name != "flows" and isinstance(rows, list):
                    whole.setdefault(name, []).extend(rows)
            return Page(answer.data["flows"], *totals_in(answer.headers))

        pages = await read_pages(fetch, max_rows=max_rows)
        flows, lost = read_flows({**_once(whole), "flows": pages.rows})
        return Rows(flows, lost, pages.total, pages.complete, pages.stopped_because, pages.next_page)

    async def get(self, flow_id: int, *, flows_only: bool = False, with_run_metrics: bool = False) -> Flow:
        """The flow that a node stands in, by any node id; its tree starts at the node the platform gives."""
        query = {"flows_only": flag(flows_only), "include_run_metrics": flag(with_run_metrics)}
        return read_flow((await self._call("get_flow", flow_id, query=query)).data, f"flow {flow_id}")

    async def by_resource(self, kind: ResourceType, resource_id: int) -> Flow:
        """The flow that a source, nexset or destination stands in.

        Raises:
            Failure: `bad_input` for other types: they stand in no flow.
        """
        data = (await self._nexla.call(ENDPOINTS["get_resource_flow"], ids=_ids(kind, resource_id))).data
        return read_flow(data, f"the flow of {kind.value} {resource_id}")

    async def activate(self, flow_id: int, *, whole_flow: bool = False) -> Acted[Flow]:
        """Start a node and everything downstream; the whole tree with `whole_flow` (contract 9.3)."""
        data = await self._change("activate_flow", flow_id, read="get_flow", query={"all": flag(whole_flow)})
        return _acted(data, flow_id)

    async def pause(self, flow_id: int, *, whole_flow: bool = False, wait_seconds: float = 30.0) -> Acted[Flow]:
        """Stop a node and everything downstream. Work the platform goes on with is waited for, then reported."""
        data = await self._change("pause_flow", flow_id, read="get_flow", query={"all": flag(whole_flow)})

        async def ask_again(request_id: str) -> Any:
            query = {"all": flag(whole_flow), "async": True, "request_id": request_id}
            return (await self._call("pause_flow", flow_id, query=query)).data

        data, still = await wait_for(data, ask_again, self._nexla.clock, wait_seconds)
        return Acted(pending=still) if still is not None else _acted(data, flow_id)

    async def copy(self, flow_id: int, options: Mapping[str, Any] | None = None) -> Flow:
        """Copy the tree; every copied resource carries `copied_from_id`. Options as in contract 9.4."""
        data = (await self._call("copy_flow", flow_id, body=dict(options or {}))).data
        try:
            return read_flow(data, f"the copy of flow {flow_id}")
        except Failure:
            raise Failure.of(
                ErrorCode.MAYBE_APPLIED,
                f"The platform copied flow {flow_id}, but its answer cannot be read.",
                hint=f"Look for flows with copied_from_id of flow {flow_id} before copying again.",
                maybe_applied=True,
            ) from None

    async def delete(self, flow_id: int) -> None:
        """Delete a flow with its nodes, for ever."""
        await self._change("delete_flow", flow_id, read="get_flow")

    async def recommend_docs(self, flow_id: int) -> str:
        """A description written by the platform's language model, as Markdown."""
        return recommendation((await self._call("recommend_flow_docs", flow_id)).data)

    async def run_status(self, flow_id: int, run_id: int) -> Mapping[str, Any]:
        """What the platform says of one run. Its form is not published; it comes as it is."""
        ids = {"flow_id": flow_id, "run_id": run_id}
        data = (await self._nexla.call(ENDPOINTS["get_flow_run_status"], ids=ids)).data
        if not isinstance(data, dict):
            raise unreadable(f"the status of run {run_id}", data)
        return data


def _acted(data: Any, flow_id: int) -> Acted[Flow]:
    pending = async_answer(data)
    if pending is not None:
        return Acted(pending=pending)
    if not has_flows(data):
        return Acted()
    flow = read_flow(data, f"flow {flow_id}")
    return Acted(resource=flow, flow=flow)


def _ids(kind: ResourceType, resource_id: int) -> dict[str, int | str]:
    if kind not in IN_FLOWS:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"A {kind.value} stands in no flow.",
            hint="Ask for a source, nexset or destination.",
        )
    return {"resource_type": kind.collection, "resource_id": resource_id}


def _once(lists: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Every row once, though pages repeat the resources that their flows share."""
    return {name: list(_by_id(rows).values()) for name, rows in lists.items()}


def _by_id(rows: list[Any]) -> dict[Any, Any]:
    keyed: dict[Any, Any] = {}
    for index, row in enumerate(rows):
        identifier = row.get("id") if isinstance(row, dict) else None
        keyed.setdefault(("row", index) if identifier is None else identifier, row)
    return keyed
