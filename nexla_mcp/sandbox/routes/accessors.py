"""Who a resource is shared with (contract 21): GET lists, POST replaces, PUT adds, DELETE removes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import creation, kinds, lineage
from nexla_mcp.sandbox.access import requested_roles, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routing import Call, Reply, Route

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_PARAMETERS = {
    "data_credentials": "data_credential_id",
    "data_sources": "data_source_id",
    "data_sets": "data_set_id",
    "data_sinks": "data_sink_id",
    "data_maps": "data_map_id",
    "projects": "project_id",
    "flows": "flow_id",
    "data_flows": "data_flow_id",
    "data_schemas": "data_schema_id",
    "doc_containers": "doc_container_id",
    "code_containers": "code_container_id",
    "transforms": "transform_id",
    "teams": "team_id",
}
_SUBJECTS = {"USER": (kinds.USERS, "email"), "TEAM": (kinds.TEAMS, "name"), "ORG": (kinds.ORGS, "email_domain")}
"""Where each type of subject is kept, and the word it may go by instead of its id."""


def list_accessors(collection: str, call: Call) -> Any:
    return Reply(_rules(call, collection, _target(collection, call, "collaborator")), paged=False)


def add(collection: str, call: Call) -> Any:
    target = _target(collection, call, "admin")
    with call.world.store.transaction():
        _grant_all(call, collection, target, _given(call))
    return Reply(_rules(call, collection, target), paged=False)


def replace(collection: str, call: Call) -> Any:
    target = _target(collection, call, "admin")
    given = _given(call)
    with call.world.store.transaction():
        for rule in _documents(call, collection, target):
            lineage.revoke(call.world, author(call), rule)
        _grant_all(call, collection, target, given)
    return Reply(_rules(call, collection, target), paged=False)


def remove(collection: str, call: Call) -> Any:
    """Without a body: all of them. The owner needs no rule and keeps everything."""
    target = _target(collection, call, "admin")
    wanted = None if call.body is None else {subject for subject, _ in _given(call, roles_needed=False)}
    with call.world.store.transaction():
        for rule in _documents(call, collection, target):
            if wanted is None or (rule["type"], rule["subject_id"]) in wanted:
                lineage.revoke(call.world, author(call), rule)
    return Reply(_rules(call, collection, target), paged=False)


def _target(collection: str, call: Call, role: str) -> Document:
    return require(call, kinds.KIND_OF_COLLECTION[collection], call.id(_PARAMETERS[collection]), role)


def _documents(call: Call, collection: str, target: Document) -> list[Document]:
    kind = kinds.KIND_OF_COLLECTION[collection]
    return call.world.store.all(kinds.ACCESSORS, resource_kind=kind, resource_id=target["id"])


def _rules(call: Call, collection: str, target: Document) -> list[dict[str, Any]]:
    return [_shape(call, rule) for rule in _documents(call, collection, target)]


def _shape(call: Call, rule: Document) -> dict[str, Any]:
    """Subjects go by email, name or domain: ids are not in the answer (contract 21)."""
    shape = {name: rule[name] for name in ("type", "access_roles", "created_at", "updated_at")}
    store = call.world.store
    if rule["type"] == "USER":
        return shape | {"email": (store.get(kinds.USERS, rule["subject_id"]) or {}).get("email", "")}
    if rule["type"] == "TEAM":
        return shape | {"name": (store.get(kinds.TEAMS, rule["subject_id"]) or {}).get("name", "")}
    return shape | {"email_domain": (store.get(kinds.ORGS, rule["subject_id"]) or {}).get("email_domain", "")}


def _given(call: Call, *, roles_needed: bool = True) -> list[tuple[tuple[str, int], list[str]]]:
    accessors = call.fields().get("accessors")
    if not isinstance(accessors, list) or not all(isinstance(item, dict) for item in accessors):
        raise invalid("accessors must be a list of objects", field="accessors")
    return [
        (_subject(call, item), requested_roles(item.get("access_roles")) if roles_needed else []) for item in accessors
    ]


def _subject(call: Call, item: dict[str, Any]) -> tuple[str, int]:
    """Whom an accessor in a request means: by id, or by email, name, domain."""
    kind, word = _SUBJECTS.get(str(item.get("type")).upper(), ("", ""))
    if not kind:
        raise invalid("type must be USER, TEAM or ORG", field="type")
    for document in call.world.store.all(kind):
        if document["id"] == item.get("id") or (item.get(word) and document.get(word) == item[word]):
            return str(item["type"]).upper(), document["id"]
    raise invalid(f"no such {str(item['type']).lower()}", field="accessors")


def _grant_all(call: Call, collection: str, target: Document, given: list[tuple[tuple[str, int], list[str]]]) -> None:
    kind = kinds.KIND_OF_COLLECTION[collection]
    for subject, roles in given:
        _check_org(call, kind, target, subject, roles)
        creation.grant(call.world, author(call), kind, target["id"], subject=subject, roles=roles)


def _check_org(call: Call, kind: str, target: Document, subject: tuple[str, int], roles: list[str]) -> None:
    """Only a nexset reaches into another org, and only for the role sharer (contract 21)."""
    if kind == kinds.NEXSETS and roles == ["sharer"]:
        return
    who = call.world.store.get(_SUBJECTS[subject[0]][0], subject[1]) or {}
    orgs = {membership["id"] for membership in who.get("org_memberships", ())} or {who.get("org_id", subject[1])}
    if target["org_id"] not in orgs:
        raise invalid("only nexsets are shared with another org, with the role sharer", field="accessors")


def _routes(collection: str) -> tuple[Route, ...]:
    template = f"/{collection}/{{{_PARAMETERS[collection]}}}/accessors"
    return (
        Route("GET", template, partial(list_accessors, collection)),
        Route("PUT", template, partial(add, collection)),
        Route("POST", template, partial(replace, collection)),
        Route("DELETE", template, partial(remove, collection)),
    )


ROUTES: tuple[Route, ...] = tuple(route for collection in _PARAMETERS for route in _routes(collection))
