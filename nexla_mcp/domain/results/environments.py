"""The answer of `compare_environments`."""

from __future__ import annotations

from typing import Any, ClassVar

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row


class OneSided(Row):
    """A flow that only one side has."""

    id: int
    name: str | None = None


class FieldDifference(Row):
    """One field, or one part, in which a flow differs from its counterpart. Values are text from outside."""

    flow: str
    """Its name, without the words for the environments."""
    type: ResourceType
    left_id: int | None = None
    right_id: int | None = None
    """The part on each side; one of them absent when the other side has no such part."""
    field: str
    left: Any = None
    right: Any = None
    environment_only: bool | None = None
    """Whether both say the same but for the words for the environments."""


class SpecOfFlow(Row):
    """What `create_flow` takes to make on the right what is on the left."""

    flow_id: int
    """On the left."""
    spec: dict[str, Any]
    not_held: tuple[str, ...] = ()
    """What the flow has and a spec cannot hold."""


class EnvironmentComparison(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("specs", "differences", "only_left", "only_right")
    narrow_with: ClassVar[str] = "smaller environments"

    left: str
    right: str
    same: int
    """Flows that are alike."""
    differing: int
    only_left: list[OneSided]
    only_right: list[OneSided]
    differences: list[FieldDifference]
    specs: list[SpecOfFlow] | None = None
    matched_without: list[str] | None = None
    """Words that were left out of names when flows were matched."""
    not_compared: list[str] | None = None
    """What could not be read, and secrets, which are hidden on both sides."""
