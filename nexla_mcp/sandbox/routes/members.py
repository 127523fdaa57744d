"""Members of an org: who belongs to it, who administers it, whose membership rests (contract 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds
from nexla_mcp.sandbox.errors import forbidden, invalid, not_found
from nexla_mcp.sandbox.routes.writing import deleted
from nexla_mcp.sandbox.routing import Call, Reply, Route
from nexla_mcp.sandbox.shapes import people

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document


def org_of(call: Call, *, admin: bool = False) -> Document:
    """The org that the path names: the caller's own, for some things only to its admins."""
    document = call.world.store.get(kinds.ORGS, call.id("org_id"))
    if document is None:
        raise not_found("Org", call.id("org_id"))
    if document["id"] != call.principal.org_id or (admin and not call.principal.is_org_admin):
        raise forbidden()
    return document


def user_named(call: Call, item: dict[str, Any]) -> Document | None:
    """The user whom a request means by id or email."""
    users = call.world.store.all(kinds.USERS)
    return next((user for user in users if user["id"] == item.get("id") or user["email"] == item.get("email")), None)


def list_members(call: Call) -> list[Any]:
    org = org_of(call)
    return [people.member(item, org["id"]) for item in people.members(call.world, org["id"])]


def update_members(call: Call) -> Any:
    """Adds or changes members; an unknown email makes a user (contract 16)."""
    org = org_of(call, admin=True)
    for item in _given(call):
        _put(call, org, item)
    return Reply(list_members(call), paged=False)


def replace_members(call: Call) -> Any:
    """Makes the given members all there are; the caller stays one."""
    org = org_of(call, admin=True)
    kept = {_put(call, org, item)["id"] for item in _given(call)} | {call.principal.user_id}
    for user in people.members(call.world, org["id"]):
        if user["id"] not in kept:
            _store(call, org, user, None)
    return Reply(list_members(call), paged=False)


def remove_members(call: Call) -> Any:
    org = org_of(call, admin=True)
    for user in _present(call, org):
        _store(call, org, user, None)
    return deleted("members")


def activate_members(call: Call) -> Any:
    return _set_status(call, "ACTIVE")


def deactivate_members(call: Call) -> Any:
    return _set_status(call, "DEACTIVATED")


def _set_status(call: Call, status: str) -> Any:
    org = org_of(call, admin=True)
    for user in _present(call, org):
        _store(call, org, user, {**_membership(user, org), "org_membership_status": status})
    return Reply(list_members(call), paged=False)


def _given(call: Call) -> list[dict[str, Any]]:
    members = call.fields().get("members")
    if not isinstance(members, list) or not all(isinstance(item, dict) for item in members):
        raise invalid("members must be a list of objects", field="members")
    return members


def _present(call: Call, org: Document) -> list[Document]:
    """The members that a request names, never the caller; a 400 for somebody who is none."""
    found = []
    for item in _given(call):
        user = user_named(call, item)
        if user is None or not _membership(user, org):
            raise invalid("a member must be an existing user of the org", field="members")
        if user["id"] == call.principal.user_id:
            raise invalid("you cannot do this to yourself", field="members")
        found.append(user)
    return found


def _put(call: Call, org: Document, item: dict[str, Any]) -> Document:
    admin = _admin_wanted(item)
    user = user_named(call, item)
    if user is None:
        email = item.get("email")
        if not isinstance(email, str) or "@" not in email:
            raise invalid("a member needs the id or email of a user", field="members")
        name = str(item.get("full_name") or email.partition("@")[0])
        user = creation.create_user(call.world, audit.author(call), {"email": email, "full_name": name})
    present = _membership(user, org)
    membership = {
        "id": org["id"],
        "name": org["name"],
        "is_admin?": present.get("is_admin?", False) if admin is None else admin,
        "org_membership_status": present.get("org_membership_status", "ACTIVE"),
    }
    return _store(call, org, user, membership)


def _admin_wanted(item: dict[str, Any]) -> bool | None:
    """Whether a member is to be an admin; None where the request does not say, and the role stays."""
    roles = item.get("access_role")
    if roles is None:
        return item["admin"] if isinstance(item.get("admin"), bool) else None
    named = [roles] if isinstance(roles, str) else roles
    if not isinstance(named, list) or not all(isinstance(role, str) for role in named):
        raise invalid("access_role must be a list of roles", field="members")
    return "admin" in named


def _membership(user: Document, org: Document) -> dict[str, Any]:
    return next((entry for entry in user["org_memberships"] if entry["id"] == org["id"]), {})


def _store(call: Call, org: Document, user: Document, membership: dict[str, Any] | None) -> Document:
    """The user with this membership of the org in the place of the old one, or with none."""
    others = [entry for entry in user["org_memberships"] if entry["id"] != org["id"]]
    after = {**user, "org_memberships": [*others, *([membership] if membership else [])]}
    if after != user:
        call.world.store.put(kinds.USERS, after)
        audit.record(call.world, audit.author(call), "update", kinds.USERS, after, before=user)
    return after


_ALL = "/orgs/{org_id}/members"

ROUTES: tuple[Route, ...] = (
    Route("GET", _ALL, list_members),
    Route("PUT", _ALL, update_members),
    Route("POST", _ALL, replace_members),
    Route("DELETE", _ALL, remove_members),
    Route("PUT", f"{_ALL}/activate", activate_members),
    Route("PUT", f"{_ALL}/deactivate", deactivate_members),
)
