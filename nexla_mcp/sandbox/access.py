"""Who may see and change what: owners, accessors, teams and org admins (contract 2.1, 4, 21)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.errors import forbidden, invalid, not_found
from nexla_mcp.sandbox.snapshot import Snapshot

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Call, Principal
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

RANKS = {"collaborator": 1, "operator": 2, "admin": 3, "owner": 4}
"""The order of roles; `sharer` stands outside it."""


class Access:
    """One caller's roles. Reads everything once, so make a new one for each request, after it has written."""

    def __init__(self, world: World, principal: Principal) -> None:
        self.store = Snapshot(world.store)
        self._principal = principal

    @cached_property
    def _my_teams(self) -> set[int]:
        user = self.store.get(kinds.USERS, self._principal.user_id) or {}
        email = user.get("email")
        return {
            team["id"]
            for team in self.store.all(kinds.TEAMS)
            if any(member.get("email") == email for member in team.get("members", ()))
        }

    @cached_property
    def _granted(self) -> dict[tuple[str, int], set[str]]:
        granted: dict[tuple[str, int], set[str]] = {}
        for rule in self.store.all(kinds.ACCESSORS):
            if self._is_me(rule):
                granted.setdefault((rule["resource_kind"], rule["resource_id"]), set()).update(rule["access_roles"])
        return granted

    def _is_me(self, rule: Document) -> bool:
        subject = rule["subject_id"]
        if rule["type"] == "USER":
            return bool(subject == self._principal.user_id)
        if rule["type"] == "TEAM":
            return subject in self._my_teams
        return bool(subject == self._principal.org_id)

    def roles(self, kind: str, document: Document) -> list[str]:
        """The caller's roles on a resource, highest first; empty when it is hidden from them."""
        roles = set(self._granted.get((kind, document["id"]), ()))
        if kind in kinds.NODE_KINDS and document.get("flow_node_id"):
            origin = (self.store.get(kinds.FLOW_NODES, document["flow_node_id"]) or {}).get("origin_node_id")
            if origin == document["flow_node_id"]:
                roles |= self._granted.get((kinds.FLOW_NODES, origin), set())
        if kind == kinds.FLOW_NODES:
            roles.update(self._roles_through_resource(document))
        if document.get("owner_id") == self._principal.user_id:
            roles.add("owner")
        if self._principal.is_org_admin and document.get("org_id") == self._principal.org_id:
            roles.add("admin")
        if kind == kinds.TEAMS and document["id"] in self._my_teams:
            roles.add("collaborator")
        if kind == kinds.CODE and document.get("public"):
            roles.add("collaborator")
        return sorted(roles, key=lambda role: -RANKS.get(role, 0))

    def _roles_through_resource(self, node: Document) -> list[str]:
        """Roles on what a node stands for count as roles on the node: who may see a source may see its flow."""
        for kind, field in kinds.NODE_FIELD.items():
            resource = self.store.get(kind, node[field]) if node.get(field) is not None else None
            if resource is not None:
                return self.roles(kind, resource)
        return []

    def rank(self, kind: str, document: Document) -> int:
        return max((RANKS.get(role, 0) for role in self.roles(kind, document)), default=0)


def require(call: Call, kind: str, identifier: int, role: str = "collaborator") -> Document:
    """The resource, if the caller has at least that role on it: 404 for an unknown id, else 403."""
    document = call.world.store.get(kind, identifier)
    if document is None:
        raise not_found(kinds.ITEM_TYPES.get(kind, "resource"), identifier)
    rank = Access(call.world, call.principal).rank(kind, document)
    if rank == 0:
        raise forbidden()
    if rank < RANKS[role]:
        raise forbidden(f"This needs the role {role} on {kinds.ITEM_TYPES.get(kind, 'resource')} {identifier}")
    return document


def listed(call: Call, kind: str, access: Access, documents: list[Document] | None = None) -> list[Document]:
    """What a list shows: by default only what the caller created, else all with at least `access_role`."""
    wanted = call.query.get("access_role", "owner").lower()
    if wanted not in RANKS:
        raise invalid("access_role must be collaborator, operator, admin or owner", field="access_role")
    found = access.store.all(kind) if documents is None else documents
    if wanted == "owner":
        return [item for item in found if item.get("owner_id") == call.principal.user_id]
    return [item for item in found if access.rank(kind, item) >= RANKS[wanted]]


def requested_roles(value: Any) -> list[str]:
    """The roles of an accessor in a request; a 400 for any that does not exist."""
    roles = [value] if isinstance(value, str) else value
    if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
        raise invalid("access_roles must be a list of roles", field="access_roles")
    unknown = [role for role in roles if role not in {"collaborator", "operator", "admin", "owner", "sharer"}]
    if unknown:
        raise invalid(f"unknown role {unknown[0][:40]}", field="access_roles")
    return roles
