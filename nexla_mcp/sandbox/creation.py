"""Makes resources, for the routes and for the seed alike: documents, flow nodes and audit entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, kinds, lineage
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.founding import create_org, create_team, create_user, team_members
from nexla_mcp.sandbox.payloads import Payload, check_reference, object_of, required, stored, text
from nexla_mcp.sandbox.simulation.graph import digest
from nexla_mcp.sandbox.simulation.transforms import code_of

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Principal
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

__all__ = [
    "DESTINATIONS_WITHOUT_CREDENTIAL",
    "SOURCES_WITHOUT_CREDENTIAL",
    "attach_destination",
    "check_reference",
    "create_credential",
    "create_destination",
    "create_lookup",
    "create_nexset",
    "create_org",
    "create_project",
    "create_source",
    "create_team",
    "create_transform",
    "create_user",
    "grant",
    "required",
    "team_members",
]

SOURCES_WITHOUT_CREDENTIAL = frozenset({"file_upload", "nexla_rest", "email"})
"""Source types that log in nowhere (contract 6)."""
DESTINATIONS_WITHOUT_CREDENTIAL = frozenset({"data_map", "email"})


def create_credential(world: World, principal: Principal, payload: Payload) -> Document:
    """A credential; its secrets stay under `_sandbox` and leave by no route (contract 5)."""
    required(payload, "name", "credentials_type")
    credentials = object_of(payload, "credentials")
    now = iso(world.clock.now())
    document = stored(
        world,
        principal,
        kinds.CREDENTIALS,
        payload,
        {
            "credentials_type": text(payload, "credentials_type"),
            "credentials_version": "1",
            "managed": False,
            "credentials_non_secure_data": dict(payload.get("credentials_non_secure_data") or {}),
            "verified_status": payload.get("verified_status", "VERIFIED"),
            "verified_at": payload.get("verified_at") or payload.get("created_at") or now,
        },
    )
    document["_sandbox"] = {"probe": "ok", **document["_sandbox"]}
    document["_sandbox"].setdefault("secrets", credentials)
    return world.store.put(kinds.CREDENTIALS, document)


def create_source(world: World, principal: Principal, payload: Payload) -> Document:
    """A source and the origin node of its flow (contract 6)."""
    required(payload, "name", "source_type")
    source_type = text(payload, "source_type")
    credential = check_reference(world, payload, "data_credentials_id", kinds.CREDENTIALS)
    if credential is None and source_type not in SOURCES_WITHOUT_CREDENTIAL:
        raise invalid("data_credentials_id is required", fields=["data_credentials_id"])
    document = stored(
        world,
        principal,
        kinds.SOURCES,
        payload,
        {
            "status": payload.get("status", "INIT"),
            "source_type": source_type,
            "source_config": object_of(payload, "source_config"),
            "data_credentials_id": credential,
            "data_sink_id": payload.get("data_sink_id"),
            "ingest_method": payload.get("ingest_method", "POLL"),
            "source_format": payload.get("source_format", "JSON"),
            "flow_type": payload.get("flow_type", "streaming"),
            "ingestion_mode": payload.get("ingestion_mode", "BATCH"),
            "code_container_id": payload.get("code_container_id"),
            "managed": False,
            "auto_generated": False,
        },
    )
    return _with_node(world, kinds.SOURCES, document, parent=None)


def create_nexset(world: World, principal: Principal, payload: Payload) -> Document:
    """A nexset: detected (`data_source_id`) or derived (`parent_data_set_id`), with its node (contract 7)."""
    source = check_reference(world, payload, "data_source_id", kinds.SOURCES)
    required(payload, "name", *([] if source else ["parent_data_set_id"]))
    parent = None if source else check_reference(world, payload, "parent_data_set_id", kinds.NEXSETS)
    transform = check_reference(world, payload, "transform_id", kinds.CODE)
    above = (kinds.SOURCES, source) if source else (kinds.NEXSETS, parent)
    document = stored(
        world,
        principal,
        kinds.NEXSETS,
        payload,
        {
            "status": payload.get("status", "INIT"),
            "data_source_id": source,
            "parent_data_set_id": parent,
            "transform_id": transform,
            "code_container_id": transform,
            "transform": object_of(payload, "transform"),
            "has_custom_transform": bool(payload.get("has_custom_transform", False)),
            "custom_config": object_of(payload, "custom_config"),
            "output_schema": object_of(payload, "output_schema"),
            "output_schema_annotations": object_of(payload, "output_schema_annotations"),
            "output_schema_validation_enabled": bool(payload.get("output_schema_validation_enabled", False)),
            "output_validation_schema": object_of(payload, "output_validation_schema"),
            "flow_type": payload.get("flow_type") or _flow_type(world, *above),
            "public": False,
            "managed": False,
            "version": 1,
        },
    )
    if parent and document["_sandbox"].get("records"):
        document["_sandbox"]["made_by"] = digest(code_of(world.store, document))
    document = _with_node(world, kinds.NEXSETS, document, parent=above)
    for sink in payload.get("data_sinks") or []:
        attach_destination(world, principal, document, sink)
    return document


def attach_destination(world: World, principal: Principal, nexset: Document, sink: Any) -> None:
    """A destination given with a nexset: its id, or a payload to make one of."""
    if isinstance(sink, dict):
        create_destination(world, principal, {**sink, "data_set_id": nexset["id"]})
        return
    identifier = check_reference(world, {"data_sinks": sink}, "data_sinks", kinds.DESTINATIONS)
    existing = world.store.get(kinds.DESTINATIONS, identifier or 0)
    if existing is None:
        raise invalid("data_sinks must be ids or objects", field="data_sinks")
    lineage.move(world, principal, kinds.DESTINATIONS, existing, nexset["id"])


def create_destination(world: World, principal: Principal, payload: Payload) -> Document:
    """A destination under its nexset's node (contract 8)."""
    required(payload, "name", "sink_type", "data_set_id")
    sink_type = text(payload, "sink_type")
    nexset = check_reference(world, payload, "data_set_id", kinds.NEXSETS)
    credential = check_reference(world, payload, "data_credentials_id", kinds.CREDENTIALS)
    if credential is None and sink_type not in DESTINATIONS_WITHOUT_CREDENTIAL:
        raise invalid("data_credentials_id is required", fields=["data_credentials_id"])
    document = stored(
        world,
        principal,
        kinds.DESTINATIONS,
        payload,
        {
            "status": payload.get("status", "INIT"),
            "sink_type": sink_type,
            "sink_config": object_of(payload, "sink_config"),
            "sink_format": payload.get("sink_format"),
            "data_set_id": nexset,
            "data_credentials_id": credential,
            "data_map_id": payload.get("data_map_id"),
            "data_source_id": payload.get("data_source_id"),
            "in_memory": False,
            "managed": False,
            "flow_type": payload.get("flow_type") or _flow_type(world, kinds.NEXSETS, nexset),
        },
    )
    if sink_type == "data_map" and document["data_map_id"] is None:
        lookup = create_lookup(
            world, principal, {"name": document["name"], "data_type": "string", "data_sink_id": document["id"]}
        )
        document["data_map_id"] = lookup["id"]
    return _with_node(world, kinds.DESTINATIONS, document, parent=(kinds.NEXSETS, nexset))


def _flow_type(world: World, kind: str, identifier: int | None) -> str:
    return str((world.store.get(kind, identifier or 0) or {}).get("flow_type", "streaming"))


def _with_node(world: World, kind: str, document: Document, parent: tuple[str, int | None] | None) -> Document:
    """The document with a flow node under its parent's, or an origin of its own without one (contract 9)."""
    above = world.store.get(parent[0], parent[1]) if parent and parent[1] else None
    node = world.store.insert(
        kinds.FLOW_NODES,
        {
            "parent_node_id": above["flow_node_id"] if above else None,
            "origin_node_id": above["origin_node_id"] if above else None,
            "shared_origin_node_id": None,
            "data_source_id": None,
            "data_set_id": None,
            "data_sink_id": None,
            "project_id": None,
            "owner_id": document["owner_id"],
            "org_id": document["org_id"],
            kinds.NODE_FIELD[kind]: document["id"],
        },
    )
    if node["origin_node_id"] is None:
        node = world.store.put(kinds.FLOW_NODES, {**node, "origin_node_id": node["id"]})
    return world.store.put(kind, {**document, "flow_node_id": node["id"], "origin_node_id": node["origin_node_id"]})


def create_transform(world: World, principal: Principal, payload: Payload) -> Document:
    """A record transform, attribute transform or code container: one kind, one id space (contract 10 to 12)."""
    required(payload, "name", "code_type", "output_type")
    if "code" not in payload:
        raise invalid("code is required", fields=["code"])
    return stored(
        world,
        principal,
        kinds.CODE,
        payload,
        {
            "resource_type": payload.get("resource_type", "transform"),
            "output_type": text(payload, "output_type"),
            "code_type": text(payload, "code_type"),
            "code_encoding": payload.get("code_encoding", "none"),
            "code": payload["code"],
            "code_config": object_of(payload, "code_config"),
            "custom_config": payload.get("custom_config"),
            "ai_function_type": payload.get("ai_function_type"),
            "reusable": bool(payload.get("reusable", True)),
            "public": bool(payload.get("public", False)),
            "managed": False,
            "data_credentials_id": payload.get("data_credentials_id"),
        },
    )


def create_lookup(world: World, principal: Principal, payload: Payload) -> Document:
    """A lookup with its rows (contract 13)."""
    required(payload, "name", "data_type")
    rows = payload.get("data_map") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise invalid("data_map must be a list of objects", field="data_map")
    return stored(
        world,
        principal,
        kinds.LOOKUPS,
        payload,
        {
            "data_type": text(payload, "data_type"),
            "data_format": payload.get("data_format"),
            "map_primary_key": payload.get("map_primary_key") or "key",
            "data_defaults": object_of(payload, "data_defaults"),
            "emit_data_default": bool(payload.get("emit_data_default", False)),
            "use_versioning": False,
            "public": False,
            "managed": False,
            "data_sink_id": payload.get("data_sink_id"),
            "data_set_id": payload.get("data_set_id"),
            "data_map": rows,
        },
    )


def create_project(world: World, principal: Principal, payload: Payload) -> Document:
    required(payload, "name")
    return stored(world, principal, kinds.PROJECTS, payload, {"client_identifier": None, "client_url": None})


def grant(
    world: World,
    principal: Principal,
    kind: str,
    identifier: int,
    *,
    subject: tuple[str, int],
    roles: list[str],
    at: str | None = None,
) -> Document:
    """Adds roles for one subject (`("USER"|"TEAM"|"ORG", id)`) to a resource, merged with what it has (contract 21)."""
    now = at or iso(world.clock.now())
    existing = world.store.all(
        kinds.ACCESSORS, resource_kind=kind, resource_id=identifier, type=subject[0], subject_id=subject[1]
    )
    held = existing[0]["access_roles"] if existing else None
    if existing and set(roles) <= set(existing[0]["access_roles"]):
        return existing[0]
    if existing:
        merged = sorted({*existing[0]["access_roles"], *roles})
        rule = world.store.put(kinds.ACCESSORS, {**existing[0], "access_roles": merged, "updated_at": now})
    else:
        rule = world.store.insert(
            kinds.ACCESSORS,
            {
                "resource_kind": kind,
                "resource_id": identifier,
                "type": subject[0],
                "subject_id": subject[1],
                "access_roles": list(roles),
                "created_at": now,
                "updated_at": now,
            },
        )
    document = world.store.get(kind, identifier)
    if document is not None:
        who = {"type": subject[0].title(), "id": subject[1]}
        changes = {"access_roles": [held, rule["access_roles"]]}
        audit.record(world, principal, "association_added", kind, document, changes=changes, association=who, at=now)
    return rule
