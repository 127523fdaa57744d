"""Reads any operation of the contract: the answer as it comes, secrets hidden."""

from __future__ import annotations

from typing import Any

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.contract.operations import Operation, Request
from nexla_mcp.domain.results.contract import OperationRead
from nexla_mcp.domain.secrets import MASK, mask_secrets
from nexla_mcp.operations.planning.checked_config import refuse_markers

ROWS = 100
"""Of a list that is asked for without a page size: most people want to see a few."""


async def read_operation(nexla: Nexla, operation: Operation, request: Request) -> OperationRead:
    """One call, one page.

    Raises:
        Failure: as for every read.
    """
    query = dict(request.query)
    if "per_page" in operation.query and operation.name.startswith("list_"):
        query.setdefault("per_page", ROWS)
    # A read needs nobody's agreement: no reference to a secret is followed in it.
    refuse_markers(request.body, "body")
    answer = await nexla.call(operation.endpoint, ids=request.ids, query=query, body=request.body)
    data = without_keys(mask_secrets(answer.data))
    path = f"{operation.endpoint.method} {operation.endpoint.path(request.ids)}"
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        total = answer.headers.get("x-total-count", "")
        return OperationRead(
            operation=operation.name,
            path=path,
            rows=[_without_nulls(row) for row in data],
            total=int(total) if total.isdigit() else len(data),
            more=_more(answer.headers, query),
        )
    return OperationRead(operation=operation.name, path=path, answer=_without_nulls(data))


def _more(headers: Any, query: dict[str, Any]) -> str | None:
    page, pages = headers.get("x-current-page", ""), headers.get("x-page-count", "")
    if page.isdigit() and pages.isdigit() and int(page) < int(pages):
        return f"Page {page} of {pages}; arguments.page={int(page) + 1} gives the next."
    del query
    return None


def without_keys(value: Any) -> Any:
    """The same without any `api_keys`: what an entry of them holds is published nowhere, so none of it is shown."""
    if isinstance(value, dict):
        return {key: MASK if key == "api_keys" and item else without_keys(item) for key, item in value.items()}
    return [without_keys(item) for item in value] if isinstance(value, list) else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item not in (None, "", [], {})}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
