"""The answer of `get_flow`."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row


class FlowNodeRow(Row):
    """One node; `depth` is its distance from the origin, 0 for the origin itself."""

    depth: int
    node_id: int
    type: ResourceType
    id: int
    name: str | None = None
    status: str | None = None
    connector: str | None = None
    credential_id: int | None = None
    credential: str | None = None
    last_run: datetime | None = None
    """Start of the last run in which the node moved or refused anything."""
    records: int | None = None
    errors: int | None = None
    """In that run."""


class FlowView(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("nodes",)

    flow_id: int
    name: str | None = None
    project_id: int | None = None
    schedule: str | None = None
    """Quartz cron in UTC."""
    next_scheduled_run: datetime | None = None
    last_run_id: int | None = None
    last_run: datetime | None = None
    nodes: list[FlowNodeRow]
    """The tree in order: each node stands after its parent."""
    diagram: bool = Field(default=False, exclude=True)
    """Whether the text shows it as a Mermaid chart, too."""
    not_read: list[str] | None = None
