"""The answer of `export_flow`."""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import Self

from nexla_mcp.domain.results.base import Result


class FileFormat(str, Enum):
    YAML = "yaml"
    JSON = "json"


class FlowExport(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("not_held", "notes")

    flow_id: int
    name: str | None = None
    spec: dict[str, Any]
    """The arguments of `create_flow`."""
    not_held: list[str] | None = None
    """What the flow has and a spec cannot hold."""
    notes: list[str] | None = None
    """What `create_flow` would make of it as things are now, where that is not simply nothing."""
    format: FileFormat = Field(default=FileFormat.YAML, exclude=True)
    in_text: bool = Field(default=True, exclude=True)
    """Whether the text shows the file, too."""

    def shortened(self, room: int) -> Self:
        """Half a spec is none: it stays whole in the structured content, and leaves the text."""
        del room
        return self.model_copy(update={"in_text": False}) if self.in_text else self
