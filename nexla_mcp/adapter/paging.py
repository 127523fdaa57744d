"""Lists read to their end, or to a stated stop (contract 2.1, trap T15).

A short page is no end: servers cap `per_page`. A full page is no promise of another: servers ignore `page`.
The end is what the headers or the report say, an empty page, or rows that come again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from nexla_mcp.adapter.endpoint import Endpoint
from nexla_mcp.adapter.rows import Rows, list_in, read_rows
from nexla_mcp.domain.errors import ErrorCode, Failure

if TYPE_CHECKING:
    from nexla_mcp.adapter.nexla import Answer, Nexla

M = TypeVar("M", bound=BaseModel)

PER_PAGE = 100
MAX_ROWS = 10_000
MAX_PAGES = 1_000
NO_CONTENT = 204

# After these, what was read before is worth more than nothing; after others the caller must know at once.
_PASSING = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.UPSTREAM_ERROR,
        ErrorCode.UNREACHABLE,
        ErrorCode.TIMEOUT,
        ErrorCode.UNREADABLE_ANSWER,
    }
)
_NEXT = re.compile(r"rel\s*=\s*\"?next\"?", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """One page: its rows, and what the answer tells of the whole. None where it tells nothing."""

    rows: list[Any]
    total: int | None = None
    pages: int | None = None
    has_next: bool | None = None


@dataclass
class Pages:
    """Raw rows of all pages read, and how far the reading got. See `Rows` for the words."""

    rows: list[Any] = field(default_factory=list)
    total: int | None = None
    complete: bool = False
    stopped_because: str | None = None
    next_page: int | None = None

    def read_as(self, model: type[M]) -> Rows[M]:
        """The rows as models, those that cannot be read counted."""
        items, lost = read_rows(self.rows, model)
        return Rows(items, lost, self.total, self.complete, self.stopped_because, self.next_page)


Fetch = Callable[[int], Awaitable["Page"]]


async def all_rows(
    nexla: Nexla,
    endpoint: Endpoint,
    model: type[M],
    *,
    ids: Mapping[str, int | str] | None = None,
    query: Mapping[str, Any] | None = None,
    per_page: int = PER_PAGE,
    max_rows: int = MAX_ROWS,
    start_page: int = 1,
) -> Rows[M]:
    """Every row of a list.

    Args:
        nexla: The adapter.
        endpoint: A list operation whose answer is an array.
        model: How to read one row.
        ids: Path parameters.
        query: Query parameters besides the paging ones.
        per_page: Rows to ask for in one request; the server may give fewer.
        max_rows: Stop after the page that reaches this.
        start_page: Where to go on, from `Rows.next_page`.

    Raises:
        Failure: when the first page cannot be read, or a later one is refused. A passing fault on a later page
            ends the reading with what there is, and `stopped_because` says so.
    """

    async def fetch(page: int) -> Page:
        asked = {**(query or {}), "page": page, "per_page": per_page}
        return page_of(await nexla.call(endpoint, ids=ids or {}, query=asked))

    return (await read_pages(fetch, max_rows=max_rows, start_page=start_page)).read_as(model)


def page_of(answer: Answer) -> Page:
    """A page whose rows are the answer's array, and whose totals are in the headers (contract 2.1)."""
    rows = [] if answer.status == NO_CONTENT else list_in(answer.data)
    return Page(rows, *totals_in(answer.headers))


def totals_in(headers: Mapping[str, str]) -> tuple[int | None, int | None, bool | None]:
    """Total rows, number of pages and whether a next page is linked, as far as the headers say."""
    link = headers.get("link")
    return (
        whole_number(headers.get("x-total-count")),
        whole_number(headers.get("x-page-count")),
        None if link is None else bool(_NEXT.search(link)),
    )


def whole_number(value: Any) -> int | None:
    """A count from JSON or a header; None when it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and value.isdecimal() and value.isascii() else None


async def read_pages(fetch: Fetch, *, max_rows: int = MAX_ROWS, start_page: int = 1) -> Pages:
    """Fetch page after page until the end or a stop. `fetch` gets the 1-based page number."""
    read = Pages()
    seen_ids: set[Any] = set()
    seen_pages: set[str] = set()
    for number in range(start_page, start_page + MAX_PAGES):
        try:
            page = await fetch(number)
        except Failure as failure:
            if number == start_page or failure.info.code not in _PASSING:
                raise
            return _stop(read, f"page {number} could not be read: {failure.info.message}", number)
        read.total = page.total if page.total is not None else read.total
        fingerprint = json.dumps(page.rows, sort_keys=True, default=str)
        fresh = [] if fingerprint in seen_pages else _not_seen(page.rows, seen_ids)
        seen_pages.add(fingerprint)
        read.rows.extend(fresh)
        missing = read.total is not None and start_page == 1 and len(read.rows) < read.total
        if not fresh:
            if missing:
                why = "is empty" if not page.rows else "repeats earlier rows"
                return _stop(read, f"the platform counts {read.total} rows, but page {number} {why}", next_page=None)
            read.complete = True
            return read
        if _is_last(page, number, read):
            read.complete = True
            return read
        if len(read.rows) >= max_rows:
            return _stop(read, f"the limit of {max_rows} rows was reached", number + 1)
    return _stop(read, f"{MAX_PAGES} pages were read", start_page + MAX_PAGES)


def _not_seen(rows: list[Any], seen: set[Any]) -> list[Any]:
    """Rows whose id was not on an earlier page; rows without an id (log lines) are all kept."""
    fresh = []
    for row in rows:
        key = row.get("id") if isinstance(row, dict) else None
        if not isinstance(key, (int, str)):
            fresh.append(row)
        elif key not in seen:
            seen.add(key)
            fresh.append(row)
    return fresh


def _is_last(page: Page, number: int, read: Pages) -> bool:
    if page.has_next is not None:
        return not page.has_next
    if page.pages is not None and page.pages > 0:
        return number >= page.pages
    # A total below what has come is no total at all, but some other count.
    return page.total is not None and page.total == len(read.rows)


def _stop(read: Pages, because: str, next_page: int | None) -> Pages:
    read.complete = False
    read.stopped_because = because
    read.next_page = next_page
    return read
