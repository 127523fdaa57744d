"""Lookups, which the API calls data maps (contract 13)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from nexla_mcp.adapter.models.row import Many, OptionalId, Resource


class Lookup(Resource):
    """A table of keys and values. Dynamic ones are filled by a destination (`data_sink_id`)."""

    public: bool | None = None
    managed: bool | None = None
    data_type: str | None = None
    data_format: str | None = None
    data_sink_id: OptionalId = None
    data_set_id: OptionalId = None
    emit_data_default: bool | None = None
    use_versioning: bool | None = None
    map_primary_key: str | None = None
    data_defaults: dict[str, Any] = Field(default_factory=dict)
    map_entry_count: OptionalId = None
    map_entry_schema: dict[str, Any] | None = None
    data_map: Many[dict[str, Any]] = ()
