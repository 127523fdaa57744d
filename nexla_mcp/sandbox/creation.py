"""Makes resources, for the routes and for the seed alike: documents, flow nodes and audit entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Principal
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

WITHOUT_CREDENTIAL = frozenset({"file_upload", "nexla_rest", "email"})
"""Source types that log in nowhere (contract 6)."""

Payload = dict[str, Any]


def required(payload: Payload, *names: str) -> None:
    missing = [name for name in names if payload.get(name) in (None, "")]
    if missing:
        raise invalid(f"{', '.join(missing)} is required", fields=missing)


def _stored(world: World, principal: Principal, kind: str, payload: Payload, fields: Payload) -> Document:
    """A document with what every resource has. `created_at` and `updated_at` in the payload are taken over."""
    now = iso(world.clock.now())
    created = payload.get("created_at") or now
    document = world.store.insert(
        kind,
        {
            "owner_id": payload.get("owner_id") or principal.user_id,
            "org_id": payload.get("org_id") or principal.org_id,
            "name": _text(payload, "name"),
            "description": payload.get("description"),
            "tags": list(payload.get("tags") or []),
            "copied_from_id": payload.get("copied_from_id"),
            "created_at": created,
            "updated_at": payload.get("updated_at") or created,
            "_sandbox": dict(payload.get("_sandbox") or {}),
            **fields,
        },
    )
    audit.record(world, principal, "create", kind, document, at=created)
    return document


def _text(payload: Payload, name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string", field=name)
    return value


def _object(payload: Payload, name: str) -> dict[str, Any]:
    value = payload.get(name)
    if value is not None and not isinstance(value, dict):
        raise invalid(f"{name} must be an object", field=name)
    return dict(value or {})


def check_reference(world: World, payload: Payload, name: str, kind: str) -> int | None:
    """An id in a payload that must exist when it is given."""
    value = payload.get(name)
    if value is None:
        return None
    identifier = int(value) if isinstance(value, str) and value.isdigit() and value.isascii() else value
    if isinstance(identifier, bool) or not isinstance(identifier, int):
        raise invalid(f"{name} must be an id", field=name)
    if not 0 <= identifier < 2**63 or world.store.get(kind, identifier) is None:
        raise invalid(f"{name} {identifier} does not exist", field=name)
    return identifier


def create_credential(world: World, principal: Principal, payload: Payload) -> Document:
    """A credential; its secrets stay under `_sandbox` and leave by no route (contract 5)."""
    required(payload, "name", "credentials_type")
    credentials = _object(payload, "credentials")
    now = iso(world.clock.now())
    document = _stored(
        world,
        principal,
        kinds.CREDENTIALS,
        payload,
        {
            "credentials_type": _text(payload, "credentials_type"),
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
    source_type = _text(payload, "source_type")
    credential = check_reference(world, payload, "data_credentials_id", kinds.CREDENTIALS)
    if credential is None and source_type not in WITHOUT_CREDENTIAL:
        raise invalid("data_credentials_id is required", fields=["data_credentials_id"])
    document = _stored(
        world,
        principal,
        kinds.SOURCES,
        payload,
        {
            "status": payload.get("status", "INIT"),
            "source_type": source_type,
            "source_config": _object(payload, "source_config"),
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
    document = _stored(
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
            "transform": _object(payload, "transform"),
            "has_custom_transform": bool(payload.get("has_custom_transform", False)),
            "custom_config": _object(payload, "custom_config"),
            "output_schema": _object(payload, "output_schema"),
            "output_schema_annotations": _object(payload, "output_schema_annotations"),
            "output_schema_validation_enabled": bool(payload.get("output_schema_validation_enabled", False)),
            "output_validation_schema": _object(payload, "output_validation_schema"),
            "flow_type": payload.get("flow_type", "streaming"),
            "public": False,
            "managed": False,
            "version": 1,
        },
    )
    above = (kinds.SOURCES, source) if source else (kinds.NEXSETS, parent)
    document = _with_node(world, kinds.NEXSETS, document, parent=above)
    for sink in payload.get("data_sinks") or []:
        _attach_sink(world, principal, document, sink)
    return document


def _attach_sink(world: World, principal: Principal, nexset: Document, sink: Any) -> None:
    """A destination given with a nexset: its id, or a payload to make one of."""
    if isinstance(sink, dict):
        create_destination(world, principal, {**sink, "data_set_id": nexset["id"]})
        return
    identifier = check_reference(world, {"data_sinks": sink}, "data_sinks", kinds.DESTINATIONS)
    existing = world.store.get(kinds.DESTINATIONS, identifier or 0)
    if existing is None:
        raise invalid("data_sinks must be ids or objects", field="data_sinks")
    moved = world.store.put(kinds.DESTINATIONS, {**existing, "data_set_id": nexset["id"]})
    audit.record(world, principal, "update", kinds.DESTINATIONS, moved, before=existing)
    node = world.store.get(kinds.FLOW_NODES, existing["flow_node_id"])
    if node:
        world.store.put(
            kinds.FLOW_NODES,
            {**node, "parent_node_id": nexset["flow_node_id"], "origin_node_id": nexset["origin_node_id"]},
        )


def create_destination(world: World, principal: Principal, payload: Payload) -> Document:
    """A destination under its nexset's node (contract 8)."""
    required(payload, "name", "sink_type", "data_set_id")
    sink_type = _text(payload, "sink_type")
    nexset = check_reference(world, payload, "data_set_id", kinds.NEXSETS)
    credential = check_reference(world, payload, "data_credentials_id", kinds.CREDENTIALS)
    if credential is None and sink_type not in {"data_map", "email"}:
        raise invalid("data_credentials_id is required", fields=["data_credentials_id"])
    document = _stored(
        world,
        principal,
        kinds.DESTINATIONS,
        payload,
        {
            "status": payload.get("status", "INIT"),
            "sink_type": sink_type,
            "sink_config": _object(payload, "sink_config"),
            "sink_format": payload.get("sink_format"),
            "data_set_id": nexset,
            "data_credentials_id": credential,
            "data_map_id": payload.get("data_map_id"),
            "data_source_id": payload.get("data_source_id"),
            "in_memory": False,
            "managed": False,
            "flow_type": payload.get("flow_type", "streaming"),
        },
    )
    if sink_type == "data_map" and document["data_map_id"] is None:
        lookup = create_lookup(
            world, principal, {"name": document["name"], "data_type": "string", "data_sink_id": document["id"]}
        )
        document["data_map_id"] = lookup["id"]
    return _with_node(world, kinds.DESTINATIONS, document, parent=(kinds.NEXSETS, nexset))


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
    return _stored(
        world,
        principal,
        kinds.CODE,
        payload,
        {
            "resource_type": payload.get("resource_type", "transform"),
            "output_type": _text(payload, "output_type"),
            "code_type": _text(payload, "code_type"),
            "code_encoding": payload.get("code_encoding", "none"),
            "code": payload["code"],
            "code_config": _object(payload, "code_config"),
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
    return _stored(
        world,
        principal,
        kinds.LOOKUPS,
        payload,
        {
            "data_type": _text(payload, "data_type"),
            "data_format": payload.get("data_format"),
            "map_primary_key": payload.get("map_primary_key") or "key",
            "data_defaults": _object(payload, "data_defaults"),
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
    return _stored(world, principal, kinds.PROJECTS, payload, {"client_identifier": None, "client_url": None})


def create_team(world: World, principal: Principal, payload: Payload) -> Document:
    """A team; `members` as `[{id|email, admin}]` (contract 15)."""
    required(payload, "name")
    members = team_members(world, payload.get("members") or [])
    return _stored(world, principal, kinds.TEAMS, payload, {"members": members})


def team_members(world: World, given: Any) -> list[dict[str, Any]]:
    """Members with id and email; a 400 for somebody who does not exist."""
    if not isinstance(given, list):
        raise invalid("members must be a list", field="members")
    users = world.store.all(kinds.USERS)
    members = []
    for item in given:
        wanted = item if isinstance(item, dict) else {}
        user = next(
            (user for user in users if user["id"] == wanted.get("id") or user["email"] == wanted.get("email")), None
        )
        if user is None:
            raise invalid("a member must be an existing user, by id or email", field="members")
        members.append({"id": user["id"], "email": user["email"], "admin": bool(wanted.get("admin", False))})
    return members


def create_user(world: World, principal: Principal, payload: Payload) -> Document:
    """A user in the caller's org, or in `default_org_id` (contract 17)."""
    required(payload, "full_name", "email")
    email = _text(payload, "email")
    if any(user["email"] == email for user in world.store.all(kinds.USERS)):
        raise invalid("email is already taken", field="email")
    org = world.store.get(kinds.ORGS, payload.get("default_org_id") or principal.org_id)
    if org is None:
        raise invalid("default_org_id does not exist", field="default_org_id")
    admin = payload.get("admin") in (True, "*")
    now = payload.get("created_at") or iso(world.clock.now())
    document = world.store.insert(
        kinds.USERS,
        {
            "email": email,
            "full_name": _text(payload, "full_name"),
            "super_user": False,
            "impersonated": False,
            "default_org": {"id": org["id"], "name": org["name"]},
            "user_tier": payload.get("user_tier"),
            "status": payload.get("status", "ACTIVE"),
            "account_locked": False,
            "org_memberships": [
                {"id": org["id"], "name": org["name"], "is_admin?": admin, "org_membership_status": "ACTIVE"}
            ],
            "email_verified_at": now,
            "tos_signed_at": payload.get("tos_signed_at"),
            "org_id": org["id"],
            "created_at": now,
            "updated_at": now,
            "_sandbox": dict(payload.get("_sandbox") or {}),
        },
    )
    audit.record(world, principal, "create", kinds.USERS, document, at=now)
    return document


def create_org(world: World, payload: Payload) -> Document:
    """An org. Only the seed makes them; the owner is set once there are users (contract 16)."""
    required(payload, "name", "email_domain")
    now = payload.get("created_at") or iso(world.clock.now())
    return world.store.insert(
        kinds.ORGS,
        {
            "name": _text(payload, "name"),
            "description": payload.get("description"),
            "email_domain": _text(payload, "email_domain"),
            "email": payload.get("email"),
            "client_identifier": None,
            "org_webhook_host": payload.get("org_webhook_host", "api-webhook.nexla.example"),
            "cluster_id": 1,
            "status": "ACTIVE",
            "owner_id": payload.get("owner_id"),
            "members_default_access_role": "collaborator",
            "enable_nexla_password_login": False,
            "custodians": [],
            "created_at": now,
            "updated_at": now,
        },
    )


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
    if existing:
        merged = sorted({*existing[0]["access_roles"], *roles})
        return world.store.put(kinds.ACCESSORS, {**existing[0], "access_roles": merged, "updated_at": now})
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
        changes = {"access_roles": [None, list(roles)]}
        audit.record(world, principal, "association_added", kind, document, changes=changes, association=who, at=now)
    return rule
