"""Sources, nexsets and destinations (contract 6 to 8)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.shapes import credentials
from nexla_mcp.sandbox.shapes.common import Shape, brief, connector, flat, head, schema, tail, tail_of_number
from nexla_mcp.sandbox.webhook_keys import api_keys

if TYPE_CHECKING:
    from nexla_mcp.sandbox.access import Access
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World


RUNS_SHOWN = 10
"""The newest runs that a source names; the contract gives no number."""


def source_row(world: World, access: Access, document: Document) -> Shape:
    shape = source(world, access, document)
    for name in ("source_config", "api_keys", "data_credentials", "poll_schedule", "data_credentials_id"):
        shape.pop(name, None)
    return shape | {"has_template": False}


def source(world: World, access: Access, document: Document) -> Shape:
    credential = access.store.get(kinds.CREDENTIALS, document.get("data_credentials_id") or 0)
    shape = {
        **head(world, access, kinds.SOURCES, document),
        "status": document["status"],
        "data_sets": [
            {**brief(item), "version": item.get("version", 1)}
            for item in access.store.all(kinds.NEXSETS, data_source_id=document["id"])
        ],
        "ingest_method": document["ingest_method"],
        "source_format": document["source_format"],
        "source_config": document["source_config"],
        "poll_schedule": None,
        "managed": False,
        "auto_generated": False,
        "code_container_id": document.get("code_container_id"),
        "source_type": document["source_type"],
        "connector_type": document["source_type"],
        "connector": connector(document["source_type"]),
        "api_keys": api_keys(world, document),
        "run_ids": _run_ids(world, document),
        "flow_type": document["flow_type"],
        "ingestion_mode": document["ingestion_mode"],
        **tail(document),
    }
    if credential is not None:
        shape["data_credentials"] = credentials.full(world, access, credential)
        shape["data_credentials_id"] = credential["id"]
    return shape


def _run_ids(world: World, document: Document) -> list[dict[str, Any]]:
    return [
        {"id": run_id, "created_at": iso(datetime.fromtimestamp(run_id / 1000, timezone.utc))}
        for run_id in world.simulation.run_ids(document["id"])[:RUNS_SHOWN]
    ]


def source_expanded(world: World, access: Access, document: Document) -> Shape:
    shape = source(world, access, document)
    nexsets = access.store.all(kinds.NEXSETS, data_source_id=document["id"])
    shape["data_sets"] = [
        {
            **item,
            "sample_service_id": None,
            "source_schema": schema(nexset),
            "transform": {"version": 1, "data_maps": [], "transforms": [], "custom_config": {}},
            "output_schema": schema(nexset),
        }
        for item, nexset in zip(shape["data_sets"], nexsets, strict=True)
    ]
    return shape


def nexset(world: World, access: Access, document: Document) -> Shape:
    source_document = access.store.get(kinds.SOURCES, document.get("data_source_id") or 0)
    parent = access.store.get(kinds.NEXSETS, document.get("parent_data_set_id") or 0)
    shape = {
        **head(world, access, kinds.NEXSETS, document),
        "description": document.get("description") or "",
        "status": document["status"],
        "data_source_id": document.get("data_source_id"),
        "parent_data_sets": [brief(parent)] if parent else [],
        "data_sinks": [
            {name: sink[name] for name in ("id", "owner_id", "org_id", "name", "status", "sink_type")}
            for sink in access.store.all(kinds.DESTINATIONS, data_set_id=document["id"])
        ],
        "transform_id": document.get("transform_id"),
        "output_schema": schema(document),
        "flow_type": document["flow_type"],
        **tail_of_number(document),
    }
    if source_document is not None:
        shape["data_source"] = {
            **{name: source_document[name] for name in ("id", "owner_id", "org_id", "name", "status", "source_type")},
            "description": source_document.get("description") or "",
            "connector": connector(source_document["source_type"]),
        }
    return shape


def nexset_expanded(world: World, access: Access, document: Document) -> Shape:
    names = ("transform", "custom_config", "output_schema_annotations", "output_schema_validation_enabled")
    shown = {name: document[name] for name in names if document.get(name) is not None}
    return nexset(world, access, document) | shown


def destination_row(world: World, access: Access, document: Document) -> Shape:
    shape = destination(world, access, document)
    for name in ("sink_config", "data_credentials", "data_credentials_id"):
        shape.pop(name, None)
    nexset_document = access.store.get(kinds.NEXSETS, document.get("data_set_id") or 0)
    lookup = access.store.get(kinds.LOOKUPS, document.get("data_map_id") or 0)
    shape["data_set"] = (
        {
            **brief(nexset_document),
            "status": nexset_document["status"],
            "copied_from_id": nexset_document.get("copied_from_id"),
        }
        if nexset_document
        else None
    )
    shape["data_map"] = {**brief(lookup), "public": False} if lookup else None
    return shape | {"has_template": False}


def destination(world: World, access: Access, document: Document) -> Shape:
    credential = access.store.get(kinds.CREDENTIALS, document.get("data_credentials_id") or 0)
    nexset_document = access.store.get(kinds.NEXSETS, document.get("data_set_id") or 0)
    shape = {
        **head(world, access, kinds.DESTINATIONS, document),
        "status": document["status"],
        "data_set_id": document.get("data_set_id"),
        "data_map_id": document.get("data_map_id"),
        "data_source_id": document.get("data_source_id"),
        "sink_format": document.get("sink_format"),
        "sink_config": document["sink_config"],
        "sink_schedule": None,
        "in_memory": False,
        "managed": False,
        "sink_type": document["sink_type"],
        "connector_type": document["sink_type"],
        "connector": connector(document["sink_type"]),
        "flow_type": document["flow_type"],
        **tail(document),
    }
    if nexset_document is not None:
        shape["data_set"] = {"id": nexset_document["id"], "name": nexset_document["name"]}
    if credential is not None:
        shape["data_credentials"] = credentials.full(world, access, credential)
        shape["data_credentials_id"] = credential["id"]
    return shape


def destination_expanded(world: World, access: Access, document: Document) -> Shape:
    shape = destination(world, access, document)
    nexset_document = access.store.get(kinds.NEXSETS, document.get("data_set_id") or 0)
    if nexset_document is not None:
        names = ("id", "name", "description", "status", "updated_at", "created_at")
        shape["data_set"] = {name: nexset_document[name] for name in names}
        shape["data_set"] |= {"version": nexset_document.get("version", 1), "output_schema": schema(nexset_document)}
    return shape


def source_in_flow(access: Access, document: Document) -> Shape:
    return {
        **flat(access, kinds.SOURCES, document),
        "status": document["status"],
        "data_credentials_id": document.get("data_credentials_id"),
        "data_sink_id": document.get("data_sink_id"),
        "auto_generated": False,
        "managed": False,
        "source_type": document["source_type"],
        "connector_type": document["source_type"],
        "connection_type": document["source_type"],
        "vendor": None,
    }


def nexset_in_flow(access: Access, document: Document, sink_ids: list[int]) -> Shape:
    return {
        **flat(access, kinds.NEXSETS, document),
        "description": document.get("description") or "",
        "status": document["status"],
        "data_source_id": document.get("data_source_id"),
        "parent_data_set_id": document.get("parent_data_set_id"),
        "code_container_id": document.get("code_container_id"),
        "data_sink_ids": sink_ids,
        "public": False,
        "managed": False,
    }


def destination_in_flow(access: Access, document: Document) -> Shape:
    return {
        **flat(access, kinds.DESTINATIONS, document),
        "status": document["status"],
        "data_credentials_id": document.get("data_credentials_id") or 0,
        "data_set_id": document.get("data_set_id"),
        "data_source_id": document.get("data_source_id"),
        "managed": False,
        "sink_type": document["sink_type"],
        "connector_type": document["sink_type"],
        "connection_type": document["sink_type"],
        "vendor": None,
    }
