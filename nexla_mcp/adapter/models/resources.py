"""Credentials, sources, nexsets and destinations (contract 5 to 8), from lists, single reads and flows alike."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from nexla_mcp.adapter.models.row import (
    Connector,
    Id,
    Many,
    OptionalId,
    Reference,
    Resource,
    Row,
    Time,
    Vendor,
)
from nexla_mcp.domain.secrets import mask_secrets


def _read_config(value: Any) -> Any:
    """A configuration object, also from JSON text (trap T12)."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return mask_secrets(value) if isinstance(value, dict) else None


Config = Annotated[dict[str, Any] | None, BeforeValidator(_read_config)]
"""A configuration whose secrets are masked while it is read; None where the answer carries none."""


class _Connected(Resource):
    """What credentials, sources and destinations share: a connector, perhaps a vendor template."""

    connector: Connector | None = None
    connector_type: str | None = None
    connection_type: str | None = None
    vendor: Vendor | None = None
    template_config: Config = None
    managed: bool | None = None


class Credential(_Connected):
    """How to log in to a system. Its contents are never in an answer, and are dropped if they are."""

    credentials_type: str | None = None
    credentials_version: str | None = None
    credentials_non_secure_data: Config = None
    verified_status: str | None = None
    verified_at: Time = None
    referenced_resource_ids: dict[str, Many[OptionalId]] = Field(default_factory=dict)


class _InFlow(Row):
    """Where a resource stands in its flow; given only inside flow answers."""

    flow_node_id: OptionalId = None
    origin_node_id: OptionalId = None


def _read_run(value: Any) -> Any:
    return {"id": value} if isinstance(value, (int, str)) and not isinstance(value, bool) else value


class RunId(Row):
    """One run of a source. Run ids are unix milliseconds of the cycle's start (contract 2.5)."""

    id: Id
    created_at: Time = None

    @model_validator(mode="before")
    @classmethod
    def _from_bare_id(cls, value: Any) -> Any:
        return _read_run(value)


class _CredentialUser(_Connected, _InFlow):
    data_credentials: Credential | None = None
    data_credentials_id: OptionalId = None
    flow_type: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _flat_credential(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.get("data_credentials_id") is not None:
            return value
        credential = value.get("data_credentials")
        return {**value, "data_credentials_id": credential.get("id")} if isinstance(credential, dict) else value


class Source(_CredentialUser):
    """Reads a system with a credential. List rows carry no `source_config` and no credential (contract 6)."""

    source_type: str | None = None
    source_format: str | None = None
    source_config: Config = None
    poll_schedule: str | None = None
    ingest_method: str | None = None
    ingestion_mode: str | None = None
    auto_generated: bool | None = None
    has_template: bool | None = None
    code_container_id: OptionalId = None
    data_sink_id: OptionalId = None
    data_sets: Many[Reference] = ()
    run_ids: Many[RunId] = ()


class Nexset(Resource, _InFlow):
    """A data set: detected from a source (`data_source_id`) or derived from a parent nexset (contract 7)."""

    data_source_id: OptionalId = None
    data_source: Reference | None = None
    parent_data_set_id: OptionalId = None
    parent_data_sets: Many[Reference] = ()
    data_sinks: Many[Reference] = ()
    data_sink_ids: Many[Id] = ()
    transform_id: OptionalId = None
    transform: dict[str, Any] | None = None
    has_custom_transform: bool | None = None
    code_container_id: OptionalId = None
    custom_config: Config = None
    source_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    output_schema_annotations: dict[str, Any] | None = None
    output_schema_validation_enabled: bool | None = None
    output_validation_schema: dict[str, Any] | None = None
    flow_type: str | None = None
    version: OptionalId = None
    public: bool | None = None
    managed: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _flat_relations(cls, value: Any) -> Any:
        """Parent, source and destinations as ids, whichever of the two forms the answer used."""
        if not isinstance(value, dict):
            return value
        found: dict[str, Any] = {}
        parents = value.get("parent_data_sets")
        if value.get("parent_data_set_id") is None and isinstance(parents, list) and parents:
            found["parent_data_set_id"] = _id_of(parents[0])
        if value.get("data_source_id") is None and not parents:
            found["data_source_id"] = _id_of(value.get("data_source"))
        sinks = value.get("data_sinks")
        if value.get("data_sink_ids") is None and isinstance(sinks, list):
            found["data_sink_ids"] = [_id_of(sink) for sink in sinks]
        return {**value, **found}


def _id_of(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


class Destination(_CredentialUser):
    """Writes one nexset out with a credential. List rows carry no `sink_config` and no credential (contract 8)."""

    sink_type: str | None = None
    sink_format: str | None = None
    sink_config: Config = None
    sink_schedule: str | None = None
    in_memory: bool | None = None
    has_template: bool | None = None
    data_set_id: OptionalId = None
    data_set: Reference | None = None
    data_map_id: OptionalId = None
    data_map: Reference | None = None
    data_source_id: OptionalId = None

    @model_validator(mode="before")
    @classmethod
    def _flat_nexset(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("data_set_id") is None:
            return {**value, "data_set_id": _id_of(value.get("data_set"))}
        return value


class Doc(Resource):
    """A document attached to a nexset (contract 7)."""

    doc_type: str | None = None
    repo_type: str | None = None
    public: bool | None = None
    text: str | None = None
