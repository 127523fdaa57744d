"""Users and orgs (contract 16, 17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.shapes.common import Shape
from nexla_mcp.sandbox.webhook_keys import host_of

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

_USER_FIELDS = (
    "id",
    "email",
    "full_name",
    "super_user",
    "impersonated",
    "default_org",
    "status",
    "account_locked",
    "org_memberships",
    "email_verified_at",
    "updated_at",
    "created_at",
)


def user(document: Document) -> Shape:
    shape = {name: document[name] for name in _USER_FIELDS if name in document}
    return shape | {name: document[name] for name in ("user_tier", "tos_signed_at") if document.get(name) is not None}


def user_expanded(world: World, document: Document) -> Shape:
    """With counts of what the user owns and was given access to (contract 17)."""
    summary: Shape = {}
    for kind in (kinds.SOURCES, kinds.NEXSETS, kinds.DESTINATIONS, kinds.LOOKUPS):
        mine = world.store.all(kind, owner_id=document["id"])
        shared = world.store.all(kinds.ACCESSORS, resource_kind=kind, type="USER", subject_id=document["id"])
        counts = {"total": len(mine) + len(shared), "owner": len(mine), "collaborator": len(shared)}
        if kind != kinds.LOOKUPS:
            statuses = [item["status"] for item in mine]
            counts |= {
                "active": statuses.count("ACTIVE"),
                "paused": statuses.count("PAUSED"),
                "draft": statuses.count("INIT"),
            }
        summary[kind] = {"counts": counts}
    return user(document) | {"account_summary": summary}


def org(world: World, document: Document, principal_user: int, *, in_list: bool = False) -> Shape:
    people = members(world, document["id"])
    admins = [person for person in people if _membership(person, document["id"])["is_admin?"]]
    owner = world.store.get(kinds.USERS, document.get("owner_id") or 0) or (admins or people or [{}])[0]
    caller_is_admin = any(person["id"] == principal_user for person in admins)
    shape = {
        "id": document["id"],
        "name": document["name"],
        "description": document.get("description"),
        "email_domain": document["email_domain"],
        "email": document.get("email"),
        "org_webhook_host": host_of(world, document),
        "access_roles": ["owner"]
        if owner.get("id") == principal_user
        else ["admin" if caller_is_admin else "collaborator"],
        "owner": user(owner),
        "billing_owner": user(owner),
        "admins": [{name: person[name] for name in ("id", "full_name", "email")} for person in admins],
        "org_tier": {
            "id": 3,
            "name": "PAID",
            "display_name": "Paid",
            "record_count_limit": 0,
            "record_count_limit_time": "DAILY",
            "data_source_count_limit": 0,
            "trial_period_days": 0,
        },
        "members_default_access_role": document["members_default_access_role"],
        "status": document["status"],
        "default_reusable_code_container_access_role": "collaborator",
        "require_org_admin_to_publish": False,
        "require_org_admin_to_subscribe": False,
        "enable_nexla_password_login": document["enable_nexla_password_login"],
        "updated_at": document["updated_at"],
        "created_at": document["created_at"],
    }
    if in_list:
        return shape | {"default_cluster_id": document["cluster_id"]}
    return shape | {"cluster_id": document["cluster_id"], "cluster_status": "ACTIVE"}


def members(world: World, org_id: int) -> list[Document]:
    """The users of an org."""
    return [
        item
        for item in world.store.all(kinds.USERS)
        if any(membership["id"] == org_id for membership in item.get("org_memberships", ()))
    ]


def member(document: Document, org_id: int) -> Shape:
    membership = _membership(document, org_id)
    return {
        "id": document["id"],
        "full_name": document["full_name"],
        "email": document["email"],
        "is_admin?": bool(membership["is_admin?"]),
        "access_role": ["admin"] if membership["is_admin?"] else ["collaborator"],
        "org_membership_status": membership["org_membership_status"],
        "user_status": document["status"],
    }


def _membership(document: Document, org_id: int) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in document["org_memberships"] if item["id"] == org_id)
    return found
