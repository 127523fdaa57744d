"""What creating has in common: the payload's fields read strictly, and a stored document of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Principal
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

Payload = dict[str, Any]


def required(payload: Payload, *names: str) -> None:
    missing = [name for name in names if payload.get(name) in (None, "")]
    if missing:
        raise invalid(f"{', '.join(missing)} is required", fields=missing)


def stored(world: World, principal: Principal, kind: str, payload: Payload, fields: Payload) -> Document:
    """A document with what every resource has. `created_at` and `updated_at` in the payload are taken over."""
    now = iso(world.clock.now())
    created = payload.get("created_at") or now
    document = world.store.insert(
        kind,
        {
            "owner_id": payload.get("owner_id") or principal.user_id,
            "org_id": payload.get("org_id") or principal.org_id,
            "name": text(payload, "name"),
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


def text(payload: Payload, name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string", field=name)
    return value


def object_of(payload: Payload, name: str) -> dict[str, Any]:
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
