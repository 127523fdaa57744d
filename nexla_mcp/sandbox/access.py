"""Who has which role on what (contract 2.1, 21): owners, rules, org admins, public resources."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.errors import forbidden, invalid, not_found

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Principal
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

LEVELS = ("collaborator", "operator", "admin", "owner")
"""Roles from weakest to strongest; each includes the ones before it."""

NODE_FIELDS = {"data_sources": "data_source_id", "data_sets": "data_set_id", "data_sinks": "data_sink_id"}
"""Kinds that are nodes of a flow, with the field of a flow node that names them."""

SINGULAR = {
    "data_credentials": "Credential",
    "data_sources": "Source",
    "data_sets": "Nexset",
    "data_sinks": "Destination",
    "flow_nodes": "Flow",
    "code_containers": "Code container",
    "data_maps": "Lookup",
    "projects": "Project",
    "teams": "Team",
    "users": "User",
    "orgs": "Organization",
}


class Access:
    """One caller's view of one moment: documents are read once per kind, roles follow from them.

    Make a new one after a write.
    """

    def __init__(self, world: World, principal: Principal) -> None:
        self.world = world
        self.principal = principal
        self._documents: dict[str, dict[int, Document]] = {}

    def documents(self, kind: str) -> dict[int, Document]:
        if kind not in self._documents:
            self._documents[kind] = {item["id"]: item for item in self.world.store.all(kind)}
        return self._documents[kind]

    def get(self, kind: str, identifier: Any) -> Document | None:
        return self.documents(kind).get(identifier) if isinstance(identifier, int) else None

    @cached_property
    def _rules(self) -> dict[tuple[str, int], list[Document]]:
        rules: dict[tuple[str, int], list[Document]] = {}
        for rule in self.documents("accessors").values():
            rules.setdefault((rule["resource_kind"], rule["resource_id"]), []).append(rule)
        return rules

    @cached_property
    def _teams(self) -> frozenset[int]:
        return frozenset(team["id"] for team in self.documents("teams").values() if self.is_member(team))

    def is_member(self, team: Document) -> bool:
        return any(member["id"] == self.principal.user_id for member in team.get("members") or [])

    def rules(self, kind: str, identifier: int) -> list[Document]:
        """The accessors granted on a resource, oldest first."""
        return self._rules.get((kind, identifier), [])

    def roles(self, kind: str, document: Document) -> list[str]:
        """What a shape shows as access_roles; empty where the caller may not see the document."""
        caller = self.principal
        if kind == "users":
            return self._roles_on_user(document)
        if kind == "orgs":
            return self._roles_on_org(document)
        if document.get("owner_id") == caller.user_id:
            return ["owner"]
        granted = set(self._granted(kind, document["id"]))
        same_org = document.get("org_id") == caller.org_id
        if same_org and caller.is_org_admin:
            granted.add("admin")
        if document.get("public") or (kind == "teams" and document["id"] in self._teams):
            granted.add("collaborator")
        if kind == "flow_nodes":
            granted |= set(self._roles_through_resource(document))
        return sorted(granted & set(LEVELS), key=LEVELS.index, reverse=True)

    def _granted(self, kind: str, identifier: int) -> Iterable[str]:
        for rule in self.rules(kind, identifier):
            subject = rule["subject_id"]
            if (
                (rule["type"] == "USER" and subject == self.principal.user_id)
                or (rule["type"] == "TEAM" and subject in self._teams)
                or (rule["type"] == "ORG" and subject == self.principal.org_id)
            ):
                yield from rule["access_roles"]

    def _roles_through_resource(self, node: Document) -> list[str]:
        """Who may see a source may see the flow it starts; resources do not inherit the other way."""
        for kind, field in NODE_FIELDS.items():
            resource = self.get(kind, node.get(field))
            if resource is not None:
                return self.roles(kind, resource)
        return []

    def _roles_on_user(self, document: Document) -> list[str]:
        if document["id"] == self.principal.user_id:
            return ["owner"]
        shared = any(item["id"] == self.principal.org_id for item in document.get("org_memberships") or [])
        if not shared:
            return []
        return ["admin"] if self.principal.is_org_admin else ["collaborator"]

    def _roles_on_org(self, document: Document) -> list[str]:
        if document["id"] != self.principal.org_id:
            return []
        if document.get("owner_id") == self.principal.user_id:
            return ["owner"]
        return ["admin"] if self.principal.is_org_admin else ["collaborator"]

    def may(self, kind: str, document: Document, level: str = "collaborator") -> bool:
        need = LEVELS.index(level)
        return any(LEVELS.index(role) >= need for role in self.roles(kind, document))

    def visible(self, kind: str, access_role: str | None = None) -> list[Document]:
        """Documents in id order. Without `access_role` only what the caller owns (contract 2.1)."""
        level = access_role or "owner"
        if level not in LEVELS:
            raise invalid(f"access_role must be one of {', '.join(LEVELS)}", field="access_role")
        return [item for item in self.documents(kind).values() if self.may(kind, item, level)]

    def fetch(self, kind: str, identifier: int, level: str = "collaborator") -> Document:
        """The document, a 404 where it does not exist, a 403 where the caller's role is too low."""
        document = self.get(kind, identifier)
        if document is None:
            raise not_found(SINGULAR.get(kind, kind), identifier)
        if not self.may(kind, document, level):
            raise forbidden()
        return document
