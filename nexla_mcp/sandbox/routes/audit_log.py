"""What happened to a resource, and who did it (contract 22)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.access import require
from nexla_mcp.sandbox.asynchronous import answered
from nexla_mcp.sandbox.errors import forbidden, not_found
from nexla_mcp.sandbox.routing import Call, Route

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_PARAMETERS = {
    "data_credentials": "credential_id",
    "data_sources": "source_id",
    "data_sets": "set_id",
    "data_sinks": "sink_id",
    "data_maps": "data_map_id",
    "code_containers": "code_container_id",
    "projects": "project_id",
    "teams": "team_id",
    "data_schemas": "schema_id",
    "doc_containers": "doc_container_id",
}


_ASYNCHRONOUS = frozenset({"data_sources", "code_containers", "projects", "doc_containers", "teams"})
"""Whose logs may be asked for with `async=true`, beside those of users and orgs (contract 2.7)."""


def of_resource(collection: str, call: Call) -> Any:
    document = require(call, collection, call.id(_PARAMETERS[collection]))
    entries = call.world.store.all(kinds.AUDIT, item_kind=collection, item_id=document["id"])
    if collection not in _ASYNCHRONOUS:
        return _shown(call, entries)
    return _perhaps_later(call, entries)


def of_user(call: Call) -> Any:
    """What a user did, and what was done to the user's account."""
    user_id = call.id("user_id")
    if call.world.store.get(kinds.USERS, user_id) is None:
        raise not_found("User", user_id)
    if user_id != call.principal.user_id and not call.principal.is_org_admin:
        raise forbidden()
    entries = [
        entry
        for entry in call.world.store.all(kinds.AUDIT)
        if entry["user"]["id"] == user_id or (entry["item_kind"], entry["item_id"]) == (kinds.USERS, user_id)
    ]
    return _perhaps_later(call, entries)


def of_org(call: Call) -> Any:
    return _perhaps_later(call, _entries_of_org(call))


def of_kind_in_org(call: Call) -> list[Any]:
    kind = kinds.KIND_OF_COLLECTION.get(call.path["resource_type"])
    return _shown(call, [entry for entry in _entries_of_org(call) if entry["item_kind"] == kind])


def _entries_of_org(call: Call) -> list[Document]:
    org_id = call.id("org_id")
    if call.world.store.get(kinds.ORGS, org_id) is None:
        raise not_found("Org", org_id)
    if org_id != call.principal.org_id or not call.principal.is_org_admin:
        raise forbidden()
    return call.world.store.all(kinds.AUDIT, org_id=org_id)


def _perhaps_later(call: Call, entries: list[Document]) -> Any:
    """The rows; asked for asynchronously, an object around them, since a result is one (contract 2.7)."""
    rows = _shown(call, entries)
    return answered(call, lambda: {"entries": rows}) if call.flag("async") else rows


def _shown(call: Call, entries: list[Document]) -> list[Any]:
    """Newest first, within the days asked for, both included."""
    since, until = call.query.get("from", "")[:10], call.query.get("to", "")[:10]
    event, change = call.query.get("event_filter"), call.query.get("change_filter")
    found = [
        entry
        for entry in entries
        if (not since or entry["created_at"][:10] >= since)
        and (not until or entry["created_at"][:10] <= until)
        and (not event or entry["event"] == event)
        and (not change or change in entry["change_summary"])
    ]
    found.sort(key=lambda entry: (entry["created_at"], entry["id"]), reverse=True)
    return [_shape(entry) for entry in found]


def _shape(entry: Document) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "item_kind" and value is not None}


ROUTES: tuple[Route, ...] = (
    *(
        Route("GET", f"/{collection}/{{{parameter}}}/audit_log", partial(of_resource, collection))
        for collection, parameter in _PARAMETERS.items()
    ),
    Route("GET", "/users/{user_id}/audit_log", of_user),
    Route("GET", "/orgs/{org_id}/audit_log", of_org),
    Route("GET", "/orgs/{org_id}/{resource_type}/audit_log", of_kind_in_org),
)
