"""Pages of a list and the headers that describe them (contract 2.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from nexla_mcp.sandbox.errors import invalid

DEFAULT_PER_PAGE = 20
"""Used when only `page` is given; the platform publishes no default."""


@dataclass(frozen=True)
class PagingRules:
    """How a list is cut. A fault may cap `per_page` silently, or ignore what was asked."""

    per_page_cap: int | None = None
    ignored: bool = False


def page_of(
    items: Sequence[Any], url: str, query: Mapping[str, str], rules: PagingRules
) -> tuple[list[Any], dict[str, str]]:
    """The asked page and its headers. Without page parameters: everything; past the end: nothing."""
    page, per_page = _asked(query, len(items), rules)
    if rules.per_page_cap is not None:
        per_page = min(per_page, rules.per_page_cap)
    pages = max(1, -(-len(items) // per_page))
    headers = {
        "X-Total-Count": str(len(items)),
        "X-Current-Page": str(page),
        "X-Page-Count": str(pages),
    }
    links = [(page - 1, "Previous")] if 1 < page <= pages else []
    links += [(page + 1, "Next")] if page < pages else []
    if links:
        headers["Link"] = ", ".join(
            f'<{url}?{urlencode({**query, "page": number, "per_page": per_page})}>; rel="{relation}"'
            for number, relation in links
        )
    start = (page - 1) * per_page
    return list(items[start : start + per_page]), headers


def _asked(query: Mapping[str, str], total: int, rules: PagingRules) -> tuple[int, int]:
    if rules.ignored or not ("page" in query or "per_page" in query):
        return 1, max(1, total)
    return _positive(query, "page", 1), _positive(query, "per_page", DEFAULT_PER_PAGE)


def _positive(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:  # noqa: PLR2004
        raise invalid(f"{name} must be a positive integer", field=name)
    return int(text)
