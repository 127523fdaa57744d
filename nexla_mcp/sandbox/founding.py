"""Makes orgs, users and teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.payloads import Payload, required, stored, text

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Principal
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World


def create_team(world: World, principal: Principal, payload: Payload) -> Document:
    """A team; `members` as `[{id|email, admin}]` (contract 15)."""
    required(payload, "name")
    members = team_members(world, payload.get("members") or [])
    return stored(world, principal, kinds.TEAMS, payload, {"members": members})


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
    email = text(payload, "email")
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
            "full_name": text(payload, "full_name"),
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
            "name": text(payload, "name"),
            "description": payload.get("description"),
            "email_domain": text(payload, "email_domain"),
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
