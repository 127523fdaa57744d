"""Copies of resources and flows (contract 9.4): new ids, `copied_from_id` set, nothing running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds, lineage
from nexla_mcp.sandbox.errors import forbidden, invalid

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Call, Principal
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

_LEFT_BEHIND = {"id", "created_at", "updated_at", "flow_node_id", "origin_node_id", "status", "owner_id", "org_id"}


@dataclass(frozen=True)
class CopyOptions:
    """Whom the copies will belong to: the author's own unless the request names somebody else."""

    author: Principal
    owner_id: int
    org_id: int
    reuse_credentials: bool = False
    copy_access: bool = False


def options_of(call: Call) -> CopyOptions:
    """The options in the request's body, which may be empty."""
    given = call.body if isinstance(call.body, dict) else {}
    ids = {"owner_id": call.principal.user_id, "org_id": call.principal.org_id}
    for name, kind in (("owner_id", kinds.USERS), ("org_id", kinds.ORGS)):
        value = given.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or call.world.store.get(kind, value) is None:
            raise invalid(f"{name} does not exist", field=name)
        ids[name] = value
    if not call.principal.is_org_admin and ids["owner_id"] != call.principal.user_id:
        raise forbidden("Only an admin of the org makes copies for somebody else")
    owner = call.world.store.get(kinds.USERS, ids["owner_id"]) or {}
    orgs = {membership["id"] for membership in owner.get("org_memberships", ())}
    if ids["org_id"] not in orgs or (ids["org_id"] != call.principal.org_id):
        raise forbidden("A copy stays in the org of the caller, with a member of it")
    return CopyOptions(
        audit.author(call),
        **ids,
        reuse_credentials=_true(given.get("reuse_data_credentials")),
        copy_access=_true(given.get("copy_access_controls")),
    )


def _true(value: Any) -> bool:
    return value in (True, 1, "1", "true", "True")


def copy_source(call: Call, document: Document, options: CopyOptions) -> Document:
    """The source alone, on a flow of its own."""
    return _copied(call.world, options, kinds.SOURCES, document, {**_credential(call.world, options, document, {})})


def copy_nexset(call: Call, document: Document, options: CopyOptions) -> Document:
    """The nexset beside its original, under the same parent or source."""
    return _copied(call.world, options, kinds.NEXSETS, document, {})


def copy_destination(call: Call, document: Document, options: CopyOptions) -> Document:
    return _copied(call.world, options, kinds.DESTINATIONS, document, _credential(call.world, options, document, {}))


def copy_flow(world: World, options: CopyOptions, origin: Document) -> Document:
    """The whole tree; the copied origin node is returned."""
    copies: dict[tuple[str, int], Document] = {}
    cloned: dict[int, int] = {}
    with world.store.transaction():
        for node in lineage.Tree(world).below(origin["id"]):
            kind, identifier = lineage.resource_of(node)
            document = lineage.resource(world, node)
            changes = _credential(world, options, document, cloned)
            changes |= _parents(document, copies)
            copies[kind, identifier] = _copied(world, options, kind, document, changes)
        first = copies[lineage.resource_of(origin)]
    return lineage.node_of(world, lineage.resource_of(origin)[0], first)


def _parents(document: Document, copies: dict[tuple[str, int], Document]) -> dict[str, Any]:
    changes = {}
    for field, kind in (
        ("data_source_id", kinds.SOURCES),
        ("parent_data_set_id", kinds.NEXSETS),
        ("data_set_id", kinds.NEXSETS),
    ):
        copied = copies.get((kind, document.get(field) or 0))
        if copied is not None:
            changes[field] = copied["id"]
    return changes


def _credential(world: World, options: CopyOptions, document: Document, cloned: dict[int, int]) -> dict[str, Any]:
    """The credential a copy uses: the same one, or a clone of it; each is cloned once."""
    original = world.store.get(kinds.CREDENTIALS, document.get("data_credentials_id") or 0)
    if original is None or options.reuse_credentials:
        return {}
    if original["id"] not in cloned:
        cloned[original["id"]] = _copied(world, options, kinds.CREDENTIALS, original, {})["id"]
    return {"data_credentials_id": cloned[original["id"]]}


def _copied(world: World, options: CopyOptions, kind: str, document: Document, changes: dict[str, Any]) -> Document:
    make = {
        kinds.CREDENTIALS: creation.create_credential,
        kinds.SOURCES: creation.create_source,
        kinds.NEXSETS: creation.create_nexset,
        kinds.DESTINATIONS: creation.create_destination,
    }[kind]
    payload = {name: value for name, value in document.items() if name not in _LEFT_BEHIND}
    payload |= {"copied_from_id": document["id"], "owner_id": options.owner_id, "org_id": options.org_id, **changes}
    copy = make(world, options.author, payload)
    if options.copy_access:
        for rule in world.store.all(kinds.ACCESSORS, resource_kind=kind, resource_id=document["id"]):
            subject = (rule["type"], rule["subject_id"])
            creation.grant(world, options.author, kind, copy["id"], subject=subject, roles=rule["access_roles"])
    return copy
