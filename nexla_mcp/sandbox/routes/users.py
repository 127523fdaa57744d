"""Users, their settings and quarantine exports (contract 17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds
from nexla_mcp.sandbox.access import Access, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.errors import forbidden, invalid, not_found
from nexla_mcp.sandbox.routes.writing import changed, given
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import common, credentials, people

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_QUARANTINE = "quarantine_settings"
_LIMITS = ("status", "user_tier")
"""What the org decides about a user."""


def list_users(call: Call) -> list[Any]:
    """The users of the caller's org; colleagues are visible to everybody in it."""
    found = people.members(call.world, call.principal.org_id)
    if call.flag("expand"):
        return [people.user_expanded(call.world, item) for item in found]
    return [people.user(item) for item in found]


def create(call: Call) -> Any:
    _only_admins(call)
    body = call.fields()
    org_id = body.get("default_org_id", call.principal.org_id)
    if org_id != call.principal.org_id:
        raise forbidden("Users are made in the org of the caller")
    payload = {**given(body, ("full_name", "email", *_LIMITS, "tos_signed_at")), "admin": _is_admin(body, org_id)}
    return people.user(creation.create_user(call.world, author(call), payload))


def _is_admin(body: dict[str, Any], org_id: int) -> bool:
    """`admin` as true, "*", or a list of {org_id, admin} (contract 17)."""
    wanted = body.get("admin")
    if isinstance(wanted, list):
        rows = [item for item in wanted if isinstance(item, dict) and item.get("org_id") == org_id]
        return any(item.get("admin") is True for item in rows)
    return wanted in (True, "*")


def current(call: Call) -> Any:
    """The caller with the org of the session; the schema published for this path is a copy error (contract 1.3)."""
    document = call.world.store.get(kinds.USERS, call.principal.user_id) or {}
    return people.user(document) | {"org": common.org(call.world, call.principal.org_id)}


def get(call: Call) -> Any:
    document = _user(call)
    return people.user_expanded(call.world, document) if call.flag("expand") else people.user(document)


def update(call: Call) -> Any:
    document = _user(call)
    if document["id"] != call.principal.user_id:
        _only_admins(call)
    payload = dict(call.fields())
    if "name" in payload:
        payload["full_name"] = payload.pop("name")
    own = document["id"] == call.principal.user_id
    if own and any(name in payload and payload[name] != document.get(name) for name in _LIMITS):
        raise forbidden("Nobody changes their own status or tier")
    email = payload.get("email", document["email"])
    if email != document["email"] and call.world.store.all(kinds.USERS, email=email):
        raise invalid("email is already taken", field="email")
    renamed = Call(**{**vars(call), "body": payload})
    return people.user(changed(renamed, kinds.USERS, document, ("full_name", "email", *_LIMITS, "tos_signed_at")))


def _user(call: Call) -> Document:
    document = call.world.store.get(kinds.USERS, call.id("user_id"))
    if document is None:
        raise not_found("User", call.id("user_id"))
    if document not in people.members(call.world, call.principal.org_id):
        raise forbidden()
    return document


def _only_admins(call: Call) -> None:
    if not call.principal.is_org_admin:
        raise forbidden()


def list_settings(call: Call) -> list[Any]:
    document = call.world.store.get(kinds.USERS, call.principal.user_id) or {}
    return [
        {
            "id": str(document["id"]),
            "owner": common.owner(call.world, document["id"]),
            "org": common.org(call.world, call.principal.org_id),
            "user_settings_type": "general",
            "settings": {"timezone": "UTC"},
        }
    ]


def get_quarantine(call: Call) -> Any:
    return _quarantine_shape(call, _quarantine(call, _self_or_admin(call)))


def save_quarantine(call: Call) -> Any:
    user = _self_or_admin(call)
    payload = call.fields()
    creation.required(payload, "data_credentials_id", "config")
    credential = creation.check_reference(call.world, payload, "data_credentials_id", kinds.CREDENTIALS)
    require(call, kinds.CREDENTIALS, credential or 0)
    config = payload["config"]
    if not isinstance(config, dict) or not {"start.cron", "path"} <= set(config):
        raise invalid("config must hold start.cron and path", field="config")
    existing = call.world.store.all(_QUARANTINE, user_id=user["id"])
    fields = {"user_id": user["id"], "data_credentials_id": credential, "config": config}
    before = existing[0]["config"] if existing else None
    with call.world.store.transaction():
        if existing:
            item = call.world.store.put(_QUARANTINE, {**existing[0], **fields})
        else:
            item = call.world.store.insert(_QUARANTINE, fields)
        _tell_quarantine(call, user, before, config)
    return _quarantine_shape(call, item)


def delete_quarantine(call: Call) -> Any:
    user = _self_or_admin(call)
    item = _quarantine(call, user)
    with call.world.store.transaction():
        call.world.store.delete(_QUARANTINE, item["id"])
        _tell_quarantine(call, user, item["config"], None)
    return {}


def _tell_quarantine(call: Call, user: Document, before: Any, after: Any) -> None:
    """An entry in the user's audit log: the setting is the user's (contract 22)."""
    if before != after:
        changes = {_QUARANTINE: [before, after]}
        audit.record(call.world, audit.author(call), "update", kinds.USERS, user, changes=changes)


def _self_or_admin(call: Call) -> Document:
    document = _user(call)
    if document["id"] != call.principal.user_id:
        _only_admins(call)
    return document


def _quarantine(call: Call, user: Document) -> Document:
    found = call.world.store.all(_QUARANTINE, user_id=user["id"])
    if not found:
        raise not_found("Quarantine settings of user", user["id"])
    return found[0]


def _quarantine_shape(call: Call, item: Document) -> Any:
    credential = call.world.store.get(kinds.CREDENTIALS, item["data_credentials_id"]) or {}
    shape = credentials.full(call.world, Access(call.world, call.principal), credential)
    if shape["copied_from_id"] is None:
        del shape["copied_from_id"]
    return {
        "id": item["id"],
        "owner": common.owner(call.world, item["user_id"]),
        "org": common.org(call.world, call.principal.org_id),
        "resource_type": "USER",
        "resource_id": item["user_id"],
        "config": item["config"],
        "data_credentials_id": item["data_credentials_id"],
        "credentials_type": credential["credentials_type"],
        "data_credentials": shape,
    }


_ONE = "/users/{user_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/users", list_users),
    Route("POST", "/users", create),
    Route("GET", "/users/current", current),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("GET", "/user_settings", list_settings),
    Route("GET", f"{_ONE}/quarantine_settings", get_quarantine),
    Route("POST", f"{_ONE}/quarantine_settings", save_quarantine),
    Route("PUT", f"{_ONE}/quarantine_settings", save_quarantine),
    Route("DELETE", f"{_ONE}/quarantine_settings", delete_quarantine),
)
