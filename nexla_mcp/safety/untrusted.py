"""Text that strangers wrote (names, descriptions, log lines, samples), shown so that it stays data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nexla_mcp.domain.text import clean_text

NAME_LIMIT = 80
CELL_LIMIT = 2_000

_MARK = re.compile(r"[<＜﹤](?=\s*[/／]?\s*data)", re.IGNORECASE)
"""The beginning of one of our marks, however it is spaced, cased or widened: readers are lenient."""


def quoted(text: str | None, limit: int = NAME_LIMIT) -> str:
    """A name on one line in quotes; a dash where there is none."""
    if text is None:
        return "-"
    return '"' + unmarked(clean_text(text, limit).replace("\n", " ").replace('"', "'")) + '"'


def unmarked(text: str) -> str:
    """The text with nothing in it that could be taken for one of our marks."""
    return _MARK.sub("‹", text)


def fenced(source: str, lines: Iterable[str]) -> str:
    """Lines from outside between marks that their content cannot forge.

    `source` is our own word for where the lines come from, e.g. `logs`.
    """
    body = unmarked("\n".join(clean_text(line, CELL_LIMIT) for line in lines))
    return f'<data from="{source}">\n{body}\n</data>'


def cleaned(value: Any) -> Any:
    """The same JSON value with every text in it (keys too) free of control, bidi and invisible characters."""
    if isinstance(value, str):
        return clean_text(value, limit=None)
    if isinstance(value, dict):
        return {clean_text(str(key), limit=None): cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return value
