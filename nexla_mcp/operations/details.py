"""One resource in full: what it is, how it is set up, and what it hangs together with."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nexla_mcp.adapter.models import CodeContainer, Credential, Destination, Nexset, Reference, Source
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.details import Related, ResourceDetails
from nexla_mcp.domain.schedule import Schedule
from nexla_mcp.domain.secrets import mask_secrets, mask_text
from nexla_mcp.operations.evidence import ACTIVE
from nexla_mcp.operations.listing import connector_of, found
from nexla_mcp.operations.resolve import resolve
from nexla_mcp.operations.search import resources_in

Extra = dict[str, Any]


async def describe(nexla: Nexla, kind: ResourceType, reference: int | str) -> ResourceDetails:
    """Everything Nexla tells about one resource, secrets hidden.

    Raises:
        Failure: `not_found`, `forbidden`, `ambiguous` as for every read.
    """
    identifier = (await resolve(nexla, kind, reference)).id
    model, extra = await _READERS[kind](nexla, identifier)
    row = found(kind, model)
    described = {
        "description": getattr(model, "description", None) or None,
        "roles": list(row.roles) or None,
        "tags": list(row.tags) or None,
        "created_at": getattr(model, "created_at", None),
        **extra,
    }
    described["facts"] = {
        key: value for key, value in extra.get("facts", {}).items() if value not in (None, "", [], {})
    }
    return ResourceDetails(
        type=kind,
        id=identifier,
        name=row.name,
        status=row.status,
        owner=row.owner,
        updated_at=row.updated_at,
        **described,
    )


def _related(relation: str, kind: ResourceType, references: Iterable[Any]) -> list[Related]:
    return [
        Related(
            relation=relation,
            type=kind,
            id=item.id,
            name=getattr(item, "name", None),
            status=getattr(item, "status", None),
        )
        for item in references
        if item is not None
    ]


async def _credential(nexla: Nexla, identifier: int) -> tuple[Credential, Extra]:
    model = await nexla.credentials.get(identifier, expand=True)
    users = model.referenced_resource_ids
    related = [
        Related(relation="used by", type=kind, id=user)
        for key, kind in (("data_sources", ResourceType.SOURCE), ("data_sinks", ResourceType.DESTINATION))
        for user in users.get(key, ())
        if user is not None
    ]
    facts = {"connector": connector_of(model), "verified_at": model.verified_at and model.verified_at.isoformat()}
    return model, {"facts": facts, "config": model.credentials_non_secure_data, "related": related}


async def _source(nexla: Nexla, identifier: int) -> tuple[Source, Extra]:
    model = await nexla.sources.get(identifier)
    schedule = Schedule.read((model.source_config or {}).get("start.cron"))
    active = (model.status or "").upper() in ACTIVE
    facts = {
        "connector": connector_of(model),
        "ingest_method": model.ingest_method,
        "flow_type": model.flow_type,
        "schedule": schedule.expression if schedule else None,
        "next_scheduled_run": schedule.after(nexla.now()).isoformat() if schedule and active else None,
        "last_run_id": max((run.id for run in model.run_ids), default=None),
    }
    related = [
        *_related("credential", ResourceType.CREDENTIAL, [model.data_credentials]),
        *_related("detected nexset", ResourceType.NEXSET, model.data_sets),
    ]
    return model, {"facts": facts, "config": model.source_config, "related": related}


async def _nexset(nexla: Nexla, identifier: int) -> tuple[Nexset, Extra]:
    model = await nexla.nexsets.get(identifier)
    facts = {
        "flow_type": model.flow_type,
        "transform_id": model.transform_id or model.code_container_id,
        "output_schema_validation_enabled": model.output_schema_validation_enabled,
    }
    related = [
        *_related("source", ResourceType.SOURCE, [model.data_source or _only_id(model.data_source_id)]),
        *_related("parent nexset", ResourceType.NEXSET, model.parent_data_sets),
        *_related("destination", ResourceType.DESTINATION, model.data_sinks),
    ]
    return model, {"facts": facts, "fields": schema_fields(model.output_schema) or None, "related": related}


async def _destination(nexla: Nexla, identifier: int) -> tuple[Destination, Extra]:
    model = await nexla.destinations.get(identifier)
    facts = {"connector": connector_of(model), "format": model.sink_format, "flow_type": model.flow_type}
    related = [
        *_related("nexset", ResourceType.NEXSET, [model.data_set or _only_id(model.data_set_id)]),
        *_related(
            "credential", ResourceType.CREDENTIAL, [model.data_credentials or _only_id(model.data_credentials_id)]
        ),
        *_related("lookup", ResourceType.LOOKUP, [model.data_map or _only_id(model.data_map_id)]),
    ]
    return model, {"facts": facts, "config": model.sink_config, "related": related}


async def _flow(nexla: Nexla, identifier: int) -> tuple[Any, Extra]:
    flow = await nexla.flows.get(identifier)
    rows = {(ResourceType.SOURCE, row.id): row for row in flow.data_sources}
    rows |= {(ResourceType.NEXSET, row.id): row for row in flow.data_sets}  # type: ignore[misc]
    rows |= {(ResourceType.DESTINATION, row.id): row for row in flow.data_sinks}  # type: ignore[misc]
    related = [
        Related(
            relation="node",
            type=kind,
            id=resource,
            name=rows[kind, resource].name if (kind, resource) in rows else None,
            status=rows[kind, resource].status if (kind, resource) in rows else None,
        )
        for kind, resource in resources_in(flow)
    ]
    related += _related("project", ResourceType.PROJECT, flow.projects)
    return flow, {"facts": {"nodes": len(flow.nodes())}, "related": related, "description": flow.node.description}


async def _transform(nexla: Nexla, identifier: int) -> tuple[CodeContainer, Extra]:
    return _code(await nexla.transforms.get(identifier))


async def _attribute_transform(nexla: Nexla, identifier: int) -> tuple[CodeContainer, Extra]:
    return _code(await nexla.attribute_transforms.get(identifier))


def _code(model: CodeContainer) -> tuple[CodeContainer, Extra]:
    facts = {"code_type": model.code_type, "output_type": model.output_type, "reusable": model.reusable}
    related = _related("used by", ResourceType.NEXSET, model.data_sets)
    return model, {"facts": facts, "code": readable_code(model), "related": related}


async def _lookup(nexla: Nexla, identifier: int) -> tuple[Any, Extra]:
    model = await nexla.lookups.get(identifier)
    extra: Extra = {
        "facts": {
            "map_primary_key": model.map_primary_key,
            "data_type": model.data_type,
            "map_entry_count": model.map_entry_count,
            "data_defaults": model.data_defaults,
        },
        "related": [
            *_related("filled by destination", ResourceType.DESTINATION, [_only_id(model.data_sink_id)]),
            *_related("filled from nexset", ResourceType.NEXSET, [_only_id(model.data_set_id)]),
        ],
    }
    await _add_entries(extra, nexla.lookups.entries(identifier), "entries")
    return model, extra


async def _project(nexla: Nexla, identifier: int) -> tuple[Any, Extra]:
    model = await nexla.projects.get(identifier)
    flows = await nexla.projects.flows(identifier)
    extra: Extra = {"facts": {"flows": len(flows)}, "related": _related("flow", ResourceType.FLOW, flows)}
    if flows.unreadable:
        extra["not_read"] = [f"{flows.unreadable} flows whose rows cannot be read"]
    return model, extra


async def _team(nexla: Nexla, identifier: int) -> tuple[Any, Extra]:
    model = await nexla.teams.get(identifier)
    members = [{"email": member.email, "admin": member.admin} for member in model.members]
    return model, {"facts": {"members": len(members), "i_am_member": model.member}, "entries": members or None}


async def _user(nexla: Nexla, identifier: int) -> tuple[Any, Extra]:
    model = await nexla.users.get(identifier)
    orgs = [f"{item.name} ({item.status}{', admin' if item.is_admin else ''})" for item in model.org_memberships]
    facts = {"email": model.email, "orgs": orgs, "super_user": model.super_user, "account_locked": model.account_locked}
    return model, {"facts": facts}


async def _org(nexla: Nexla, identifier: int) -> tuple[Any, Extra]:
    model = await nexla.orgs.get(identifier)
    facts = {
        "email_domain": model.email_domain,
        "admins": [item.email for item in model.admins],
        "tier": model.org_tier,
    }
    return model, {"facts": facts}


_READERS: dict[ResourceType, Callable[[Nexla, int], Awaitable[tuple[Any, Extra]]]] = {
    ResourceType.CREDENTIAL: _credential,
    ResourceType.SOURCE: _source,
    ResourceType.NEXSET: _nexset,
    ResourceType.DESTINATION: _destination,
    ResourceType.FLOW: _flow,
    ResourceType.TRANSFORM: _transform,
    ResourceType.ATTRIBUTE_TRANSFORM: _attribute_transform,
    ResourceType.LOOKUP: _lookup,
    ResourceType.PROJECT: _project,
    ResourceType.TEAM: _team,
    ResourceType.USER: _user,
    ResourceType.ORG: _org,
}


def _only_id(identifier: int | None) -> Reference | None:
    return Reference(id=identifier) if identifier is not None else None


async def _add_entries(extra: Extra, reading: Awaitable[list[dict[str, Any]]], what: str) -> None:
    """Adds rows that stand under a path of their own; a resource stays readable when they are not."""
    try:
        extra["entries"] = mask_secrets(await reading) or None
    except Failure as failure:
        extra["not_read"] = [f"{what} ({failure.info.code.value})"]


def schema_fields(schema: dict[str, Any] | None) -> dict[str, str]:
    """The attributes of a nexset's schema with their types, e.g. `{"order_id": "integer"}` (contract 6)."""
    properties = (schema or {}).get("properties")
    if not isinstance(properties, dict):
        return {}
    return {name: _kind(node) for name, node in properties.items()}


def _kind(node: Any) -> str:
    kind = node.get("type", "any") if isinstance(node, dict) else "any"
    return "|".join(map(str, kind)) if isinstance(kind, list) else str(kind)


def readable_code(model: CodeContainer) -> str | None:
    """The code as text: decoded from base64 where it is, JSON for a list of operations; secrets hidden."""
    code = model.code
    if code is None:
        return None
    if not isinstance(code, str):
        return mask_text(json.dumps(code, indent=1, ensure_ascii=False))
    if model.code_encoding == "base64":
        try:
            code = base64.b64decode(code, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "(the code is marked as base64 but cannot be decoded)"
    return mask_text(code)
