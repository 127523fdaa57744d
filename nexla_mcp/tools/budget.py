"""Fits an answer into its byte budget, cutting at a row and saying so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from nexla_mcp.domain.results.base import Result
from nexla_mcp.domain.results.shortening import LEAST
from nexla_mcp.safety.untrusted import cleaned
from nexla_mcp.views.text import text_of

DEFAULT_BUDGET = 24_000
"""Bytes of an answer: its text and its structured content together, since some hosts charge for both."""
SHARE = 4
"""A single value may take this part of the budget: it stands in the text and in the structured content."""


@dataclass(frozen=True)
class Rendered:
    """An answer as it goes out."""

    text: str
    structured: dict[str, Any]

    @property
    def size(self) -> int:
        return len(self.text.encode()) + len(compact_json(self.structured).encode())


def compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def render(result: Result) -> Rendered:
    return Rendered(text=cleaned(text_of(result)), structured=cleaned(result.structured()))


def fit(result: Result, budget: int = DEFAULT_BUDGET) -> Rendered:
    """The answer within `budget` bytes: long single values are shortened, then lists lose rows from their end."""
    rendered = render(result)
    room = budget // SHARE
    while rendered.size > budget:
        shorter = result.shortened(room)
        rendered = _with_fewer_rows(shorter, budget)
        if shorter is result or room <= LEAST:
            break
        room //= 2
    return rendered


def _with_fewer_rows(result: Result, budget: int) -> Rendered:
    rendered = render(result)
    for field in result.cut_first:
        if rendered.size <= budget:
            break
        result, rendered = _cut_to_fit(result, field, budget)
    return rendered


def _cut_to_fit(result: Result, field: str, budget: int) -> tuple[Result, Rendered]:
    fits, too_many = 0, len(getattr(result, field) or ())
    if not too_many:
        return result, render(result)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if render(result.cut(field, middle)).size <= budget:
            fits = middle
        else:
            too_many = middle
    shortened = result.cut(field, fits)
    return shortened, render(shortened)
