"""Transforms, attribute transforms and code containers: views of one thing, one id space (contract 10 to 12)."""

from __future__ import annotations

from typing import Any

from nexla_mcp.adapter.models.resources import Config
from nexla_mcp.adapter.models.row import Id, Many, OptionalId, Reference, Resource


class CodeContainer(Resource):
    """Code that runs on records, attributes, sources or destinations. `code` is text or a list of Jolt operations."""

    resource_type: str | None = None
    output_type: str | None = None
    code_type: str | None = None
    code_encoding: str | None = None
    code: str | list[Any] | dict[str, Any] | None = None
    code_config: Config = None
    custom_config: Config = None
    ai_function_type: str | None = None
    reusable: bool | None = None
    public: bool | None = None
    managed: bool | None = None
    data_credentials_id: OptionalId = None
    data_credentials: Reference | None = None
    runtime_data_credentials: Reference | None = None
    data_sets: Many[Reference] = ()

    @property
    def used_by(self) -> tuple[Id, ...]:
        """Ids of the nexsets that use it."""
        return tuple(nexset.id for nexset in self.data_sets)


class Transform(CodeContainer):
    """A reusable transform of whole records."""


class AttributeTransform(CodeContainer):
    """A reusable transform of one attribute."""
