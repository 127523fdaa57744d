"""A pipeline as it should be: what a flow spec says, and what a snapshot of a deleted flow kept."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Row

SOURCE = "source"
DETECTED = "detected"
"""The key of the nexset that Nexla detects in the source."""

PARENT_FIELD = {ResourceType.NEXSET: "parent_data_set_id", ResourceType.DESTINATION: "data_set_id"}


class AccessRule(Row):
    """A grant on every part: whom (`{type, email | id}`), how answers name them, and the role."""

    accessor: dict[str, Any]
    who: str
    roles: tuple[str, ...]
    on: tuple[str, ...] = ()
    """Keys of the parts it holds for; empty means all."""


class Part(Row):
    """One resource to be. Parents stand before their children."""

    key: str
    type: ResourceType
    name: str
    body: dict[str, Any] = Field(default_factory=dict)
    """What creates it, without its parent."""
    parent: str | None = None
    """The key of the part it hangs under; `detected` for the source's own nexset."""
    parent_id: int | None = None
    """Or the id of a nexset that exists and is no part."""
    credential: int | None = None
    active: bool | None = None
    """Whether it is to run when the whole does; None for as the whole."""


class Blueprint(Row):
    parts: tuple[Part, ...]
    access: tuple[AccessRule, ...] = ()
    active: bool = True
    """Whether the whole is to run in the end."""
    verify: bool = True

    @property
    def source(self) -> Part | None:
        return next((part for part in self.parts if part.type is ResourceType.SOURCE), None)

    @property
    def credentials(self) -> tuple[int, ...]:
        """Each login once, in the order of the parts."""
        return tuple(dict.fromkeys(part.credential for part in self.parts if part.credential is not None))

    @property
    def can_be_built(self) -> bool:
        """Whether every part hangs under something: a detected nexset alone is only ever made by Nexla."""
        keys = {part.key for part in self.parts} | ({DETECTED} if self.source else set())
        rest = (part for part in self.parts if part.type is not ResourceType.SOURCE)
        return bool(self.parts) and all(part.parent_id is not None or part.parent in keys for part in rest)
