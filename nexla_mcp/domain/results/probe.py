"""The answer of `probe_credential`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from nexla_mcp.domain.results.base import Result


class ProbeMode(str, Enum):
    """`test` logs in; `tree` lists what can be seen; `sample` reads a little of one thing."""

    TEST = "test"
    TREE = "tree"
    SAMPLE = "sample"


class ProbeAnswer(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("entries",)
    narrow_with: ClassVar[str] = "path, database, table or depth"

    credential_id: int
    name: str | None = None
    connector: str | None = None
    mode: ProbeMode
    state: str
    """`ok`; `refused` by the third party; `pending`, not known yet; `unclear`, an answer that says nothing."""
    message: str | None = None
    verified_status: str | None = None
    verified_at: datetime | None = None
    entries: list[Any] | None = None
    """With `tree` the paths or tables seen, with `sample` the rows or lines."""
