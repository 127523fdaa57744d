"""Orgs, their members and custodians (contract 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds
from nexla_mcp.sandbox.errors import forbidden, invalid, not_found
from nexla_mcp.sandbox.routes.writing import changed, deleted
from nexla_mcp.sandbox.routing import Call, Reply, Route
from nexla_mcp.sandbox.shapes import people

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_CHANGEABLE = ("name", "description", "email_domain", "client_identifier", "enable_nexla_password_login")


def list_orgs(call: Call) -> list[Any]:
    document = call.world.store.get(kinds.ORGS, call.principal.org_id)
    return [people.org(call.world, document, call.principal.user_id, in_list=True)] if document else []


def get(call: Call) -> Any:
    return people.org(call.world, _org(call), call.principal.user_id)


def update(call: Call) -> Any:
    after = changed(call, kinds.ORGS, _org(call, admin=True), _CHANGEABLE)
    return people.org(call.world, after, call.principal.user_id)


def list_members(call: Call) -> list[Any]:
    org = _org(call)
    return [people.member(item, org["id"]) for item in people.members(call.world, org["id"])]


def update_members(call: Call) -> Any:
    """Adds or changes members; an unknown email makes a user (contract 16)."""
    org = _org(call, admin=True)
    for item in _given_members(call):
        user = _user_of(call, item)
        if user is None:
            email = item.get("email")
            if not isinstance(email, str) or "@" not in email:
                raise invalid("a member needs the id or email of a user", field="members")
            name = str(item.get("full_name") or email.partition("@")[0])
            user = creation.create_user(call.world, call.principal, {"email": email, "full_name": name})
        _set_membership(call, org, user, item)
    return Reply(list_members(call), paged=False)


def _set_membership(call: Call, org: Document, user: Document, given: dict[str, Any]) -> None:
    roles = given.get("access_role") or []
    admin = "admin" in ([roles] if isinstance(roles, str) else roles) or given.get("admin") is True
    membership = {"id": org["id"], "name": org["name"], "is_admin?": admin, "org_membership_status": "ACTIVE"}
    others = [item for item in user["org_memberships"] if item["id"] != org["id"]]
    after = call.world.store.put(kinds.USERS, {**user, "org_memberships": [*others, membership]})
    audit.record(call.world, call.principal, "update", kinds.USERS, after, before=user)


def remove_members(call: Call) -> Any:
    org = _org(call, admin=True)
    for item in _given_members(call):
        user = _user_of(call, item)
        if user is None:
            raise invalid("a member must be an existing user", field="members")
        if user["id"] == call.principal.user_id:
            raise invalid("you cannot remove yourself", field="members")
        others = [entry for entry in user["org_memberships"] if entry["id"] != org["id"]]
        after = call.world.store.put(kinds.USERS, {**user, "org_memberships": others})
        audit.record(call.world, call.principal, "update", kinds.USERS, after, before=user)
    return deleted("members")


def _given_members(call: Call) -> list[dict[str, Any]]:
    members = call.fields().get("members")
    if not isinstance(members, list) or not all(isinstance(item, dict) for item in members):
        raise invalid("members must be a list of objects", field="members")
    return members


def _user_of(call: Call, item: dict[str, Any]) -> Document | None:
    users = call.world.store.all(kinds.USERS)
    return next((user for user in users if user["id"] == item.get("id") or user["email"] == item.get("email")), None)


def list_custodians(call: Call) -> list[Any]:
    return _custodians(call, _org(call))


def set_custodians(call: Call) -> Any:
    return _store_custodians(call, [user["id"] for user in _given_custodians(call)])


def add_custodians(call: Call) -> Any:
    present = _org(call)["custodians"]
    return _store_custodians(call, [*present, *(user["id"] for user in _given_custodians(call))])


def remove_custodians(call: Call) -> Any:
    gone = {user["id"] for user in _given_custodians(call)}
    _store_custodians(call, [user_id for user_id in _org(call)["custodians"] if user_id not in gone])
    return {}


def _given_custodians(call: Call) -> list[Document]:
    """The body is a bare array here, unlike everywhere else (contract 16)."""
    given = call.body
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise invalid("the body must be an array of {id} or {email}")
    users = [_user_of(call, item) for item in given]
    if None in users:
        raise invalid("a custodian must be an existing user")
    return [user for user in users if user is not None]


def _store_custodians(call: Call, ids: list[int]) -> Any:
    before = _org(call, admin=True)
    after = call.world.store.put(kinds.ORGS, {**before, "custodians": list(dict.fromkeys(ids))})
    audit.record(call.world, call.principal, "update", kinds.ORGS, after, before=before)
    return Reply(_custodians(call, after), paged=False)


def _custodians(call: Call, org: Document) -> list[Any]:
    users = (call.world.store.get(kinds.USERS, user_id) for user_id in org["custodians"])
    return [{name: user[name] for name in ("id", "email", "full_name")} for user in users if user]


def list_auth_settings(call: Call) -> list[Any]:
    _org(call, admin=True)
    return []


def account_summary(call: Call) -> Any:
    org_id = _org(call)["id"] if "org_id" in call.path else call.principal.org_id
    nexsets = call.world.store.all(kinds.NEXSETS, org_id=org_id)
    return {
        "org_id": org_id,
        "data_sources": _counts(call.world.store.all(kinds.SOURCES, org_id=org_id)),
        "data_sets": {
            "derived": _counts([item for item in nexsets if item.get("parent_data_set_id")]),
            "detected": _counts([item for item in nexsets if item.get("data_source_id")]),
        },
        "data_sinks": _counts(call.world.store.all(kinds.DESTINATIONS, org_id=org_id)),
    }


def _counts(items: list[Document]) -> dict[str, int]:
    statuses = [item["status"] for item in items]
    return {"total": len(items), "active": statuses.count("ACTIVE"), "paused": statuses.count("PAUSED")}


def _org(call: Call, *, admin: bool = False) -> Document:
    document = call.world.store.get(kinds.ORGS, call.id("org_id"))
    if document is None:
        raise not_found("Org", call.id("org_id"))
    if document["id"] != call.principal.org_id or (admin and not call.principal.is_org_admin):
        raise forbidden()
    return document


_ONE = "/orgs/{org_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/orgs", list_orgs),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("GET", f"{_ONE}/members", list_members),
    Route("PUT", f"{_ONE}/members", update_members),
    Route("DELETE", f"{_ONE}/members", remove_members),
    Route("GET", f"{_ONE}/custodians", list_custodians),
    Route("PUT", f"{_ONE}/custodians", set_custodians),
    Route("POST", f"{_ONE}/custodians", add_custodians),
    Route("DELETE", f"{_ONE}/custodians", remove_custodians),
    Route("GET", f"{_ONE}/auth_settings", list_auth_settings),
    Route("GET", f"{_ONE}/account_summary", account_summary),
    Route("GET", "/orgs/account_summary", account_summary),
)
