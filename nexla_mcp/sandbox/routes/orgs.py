"""Orgs, their custodians and summaries (contract 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, kinds
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routes.members import org_of, user_named
from nexla_mcp.sandbox.routes.writing import changed
from nexla_mcp.sandbox.routing import Call, Reply, Route
from nexla_mcp.sandbox.shapes import people

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_CHANGEABLE = ("name", "description", "email_domain", "client_identifier", "enable_nexla_password_login")


def list_orgs(call: Call) -> list[Any]:
    document = call.world.store.get(kinds.ORGS, call.principal.org_id)
    return [people.org(call.world, document, call.principal.user_id, in_list=True)] if document else []


def get(call: Call) -> Any:
    return people.org(call.world, org_of(call), call.principal.user_id)


def update(call: Call) -> Any:
    after = changed(call, kinds.ORGS, org_of(call, admin=True), _CHANGEABLE)
    return people.org(call.world, after, call.principal.user_id)


def list_custodians(call: Call) -> list[Any]:
    return _custodians(call, org_of(call))


def set_custodians(call: Call) -> Any:
    return _store_custodians(call, [user["id"] for user in _given_custodians(call)])


def add_custodians(call: Call) -> Any:
    present = org_of(call)["custodians"]
    return _store_custodians(call, [*present, *(user["id"] for user in _given_custodians(call))])


def remove_custodians(call: Call) -> Any:
    gone = {user["id"] for user in _given_custodians(call)}
    _store_custodians(call, [user_id for user_id in org_of(call)["custodians"] if user_id not in gone])
    return {}


def _given_custodians(call: Call) -> list[Document]:
    """The body is a bare array here, unlike everywhere else (contract 16)."""
    given = call.body
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise invalid("the body must be an array of {id} or {email}")
    users = [user_named(call, item) for item in given]
    if None in users:
        raise invalid("a custodian must be an existing user")
    return [user for user in users if user is not None]


def _store_custodians(call: Call, ids: list[int]) -> Any:
    before = org_of(call, admin=True)
    after = call.world.store.put(kinds.ORGS, {**before, "custodians": list(dict.fromkeys(ids))})
    audit.record(call.world, author(call), "update", kinds.ORGS, after, before=before)
    return Reply(_custodians(call, after), paged=False)


def _custodians(call: Call, org: Document) -> list[Any]:
    users = (call.world.store.get(kinds.USERS, user_id) for user_id in org["custodians"])
    return [{name: user[name] for name in ("id", "email", "full_name")} for user in users if user]


def account_summary(call: Call) -> Any:
    org_id = org_of(call)["id"] if "org_id" in call.path else call.principal.org_id
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


_ONE = "/orgs/{org_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/orgs", list_orgs),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("GET", f"{_ONE}/custodians", list_custodians),
    Route("PUT", f"{_ONE}/custodians", set_custodians),
    Route("POST", f"{_ONE}/custodians", add_custodians),
    Route("DELETE", f"{_ONE}/custodians", remove_custodians),
    Route("GET", f"{_ONE}/account_summary", account_summary),
    Route("GET", "/orgs/account_summary", account_summary),
)
