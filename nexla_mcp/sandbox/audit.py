"""The audit log: an entry for every write (contract 22)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.routing import Principal

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Call
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

_UNTOLD = {"updated_at", "created_at", "_sandbox", "id", "members"}
_SECRET_FIELDS = {"credentials"}
_LONGEST_AGENT = 200


@dataclass(frozen=True)
class Author(Principal):
    """Who writes, and by what request; a plain Principal is the platform itself, or the seed's past."""

    user_agent: str = "nexla-sandbox"
    request_path: str = ""


def author(call: Call) -> Author:
    who = call.principal
    agent = call.headers.get("user-agent", "")[:_LONGEST_AGENT]
    path = urlsplit(call.url).path or call.route.format(**call.path)
    return Author(who.user_id, who.org_id, who.is_org_admin, agent, path)


def record(
    world: World,
    principal: Principal,
    event: str,
    kind: str,
    after: Document,
    *,
    before: Document | None = None,
    changes: dict[str, list[Any]] | None = None,
    association: dict[str, Any] | None = None,
    at: str | None = None,
) -> None:
    """Appends what happened to one resource. Changes are worked out from `before` unless given."""
    if changes is None:
        changes = differences(before or {}, after)
    owner_id = after.get("owner_id", principal.user_id)
    owner = world.store.get(kinds.USERS, owner_id) or {}
    actor = world.store.get(kinds.USERS, principal.user_id) or {}
    world.store.insert(
        kinds.AUDIT,
        {
            "item_kind": kind,
            "item_type": kinds.ITEM_TYPES.get(kind, kind),
            "item_id": after["id"],
            "event": event,
            "change_summary": sorted(changes),
            "object_changes": changes,
            "association_resource": association,
            "request_ip": "127.0.0.1",
            "request_user_agent": principal.user_agent if isinstance(principal, Author) else Author.user_agent,
            "request_url": principal.request_path if isinstance(principal, Author) else f"/{kind}/{after['id']}",
            "user": {"id": principal.user_id, "email": actor.get("email", "")},
            "impersonator_id": None,
            "org_id": after.get("org_id", principal.org_id),
            "owner_id": owner_id,
            "owner_email": owner.get("email", ""),
            "created_at": at or iso(world.clock.now()),
        },
    )


def differences(before: Document, after: Document) -> dict[str, list[Any]]:
    """`{property: [before, after]}` of everything that differs; secrets are told to differ, not shown."""
    changes: dict[str, list[Any]] = {}
    for name in sorted({*before, *after} - _UNTOLD):
        old, new = before.get(name), after.get(name)
        if old != new:
            changes[name] = ["[hidden]", "[hidden]"] if name in _SECRET_FIELDS else [old, new]
    return changes
