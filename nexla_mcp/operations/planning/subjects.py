"""Who is meant by a grant: matched by email, name or id, and refused where that is not one and the same."""

from __future__ import annotations

from nexla_mcp.adapter.models import OrgMember
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import Role, SubjectType
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.planning.blueprint import AccessRule
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.resolve import resolve

GATED_ROLES = frozenset({Role.ADMIN.value})
"""Who administers a resource can give it on: what such a grant sets off cannot be put back."""


async def access_rule(planning: Planning, to: SubjectType, who: int | str | None, role: Role) -> AccessRule:
    """The grant as the API takes it, and as its answers name it, which carry no ids (contract 21).

    Raises:
        Failure: `not_found` or `ambiguous` for a person or team that is not exactly one; `bad_input` without a name.
    """
    if to is SubjectType.ORG:
        return await _own_org(planning, who, role)
    if who is None or who == "":
        raise Failure.of(ErrorCode.BAD_INPUT, f"Which {to.value}? `who` is missing. Nothing was done.")
    if to is SubjectType.TEAM:
        return await _team(planning, who, role)
    return await _user(planning, who, role)


def is_far_reaching(rule: AccessRule) -> bool:
    """Whether a person has to agree to it: the whole org, or a role that can give access on."""
    return rule.accessor["type"] == "ORG" or bool(GATED_ROLES & set(rule.roles))


def told(rule: AccessRule) -> str:
    return f"{rule.accessor['type']} {rule.who}: {', '.join(rule.roles)}"


async def _team(planning: Planning, who: int | str, role: Role) -> AccessRule:
    team = await planning.nexla.teams.get((await resolve(planning.nexla, ResourceType.TEAM, who)).id)
    name = team.name or ""
    twins = [row.id for row in await planning.nexla.teams.list() if (row.name or "").casefold() == name.casefold()]
    if len(twins) > 1:
        raise Failure.of(
            ErrorCode.AMBIGUOUS,
            f"{len(twins)} teams are named {name[:80]!r}, and Nexla's answers tell them apart by nothing else: a grant "
            "to one could be neither verified nor undone. Nothing was done.",
            hint=f"Give the teams ({', '.join(map(str, twins))}) different names first.",
        )
    return AccessRule(accessor=_accessor("TEAM", role, id=team.id), who=name, roles=(role.value,))


async def _user(planning: Planning, who: int | str, role: Role) -> AccessRule:
    people = await _members(planning)
    found = [person for person in people if who == person.id or str(who).strip().casefold() == _email(person)]
    if len(found) != 1 or not found[0].email:
        near = ", ".join(
            sorted(_email(person) for person in people if str(who).split("@")[0].casefold() in _email(person))
        )
        raise Failure.of(
            ErrorCode.NOT_FOUND,
            f"No user {str(who)[:80]!r} is a member of {planning.principal.org or 'this org'}. Nothing was done.",
            hint=f"Near: {near}." if near else "Only members of the org can be granted access; check the email.",
        )
    email = found[0].email
    return AccessRule(accessor=_accessor("USER", role, email=email), who=email, roles=(role.value,))


async def _own_org(planning: Planning, who: int | str | None, role: Role) -> AccessRule:
    principal = planning.principal
    if principal.org_id is None or who not in {None, "", principal.org_id, principal.org, str(principal.org_id)}:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "Access can be granted to one's own org only. Nothing was done.",
            hint=f"Leave `who` out for {principal.org or 'your own org'}.",
        )
    org = await planning.nexla.orgs.get(principal.org_id)
    return AccessRule(
        accessor=_accessor("ORG", role, id=org.id), who=org.email_domain or org.name or "", roles=(role.value,)
    )


async def _members(planning: Planning) -> list[OrgMember]:
    """The org's members.

    Raises:
        Failure: as for every read. Where nobody can say who belongs to the org, nobody is let in.
    """
    if planning.principal.org_id is None:
        raise Failure.of(ErrorCode.UNSUPPORTED, "This login belongs to no org, so nobody can be granted access.")
    return list(await planning.nexla.orgs.members(planning.principal.org_id))


def _email(person: OrgMember) -> str:
    return (person.email or "").casefold()


def _accessor(kind: str, role: Role, **subject: int | str) -> dict[str, object]:
    return {"type": kind, **subject, "access_roles": [role.value]}
