"""What one person may do with resources: as owner, by grants of their own, through teams and their org."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from nexla_mcp.adapter.models import Team
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.results.access import Grant, Looked, Reach
from nexla_mcp.operations.parallel import Read, outcomes

EVERYTHING = "owner"


@dataclass(frozen=True)
class Person:
    """Somebody, and by what names grants reach them, in small letters."""

    email: str
    teams: frozenset[str]
    orgs: frozenset[str]
    is_org_admin: bool


async def person_of(nexla: Nexla, email: str) -> Person:
    """A member of the caller's org with their teams.

    Raises:
        Failure: `not_found` for who is no member; as for every read. An answer without their teams would be wrong.
    """
    me = await nexla.users.current()
    org = me.org or me.default_org
    if org is None or org.id is None:
        raise Failure.of(ErrorCode.UNSUPPORTED, "This login belongs to no org, so nobody's teams are known.")
    reads: list[Read] = [partial(nexla.orgs.members, org.id), nexla.teams.list, partial(nexla.orgs.get, org.id)]
    members, teams, own = [_read(answer) for answer in await outcomes(reads)]
    word = email.strip().casefold()
    found = next((row for row in members if (row.email or "").casefold() == word), None)
    if found is None or not word:
        near = sorted(row.email for row in members if row.email and word.split("@")[0] in row.email.casefold())
        raise Failure.of(
            ErrorCode.NOT_FOUND,
            f"{email[:80]!r} is no member of {own.name or 'this org'}.",
            hint=f"Near: {', '.join(near[:5])}." if near else "list_org_members lists all of them.",
        )
    return Person(
        email=word,
        teams=frozenset((team.name or "").casefold() for team in teams if _is_in(word, team)),
        orgs=frozenset(name.casefold() for name in (own.email_domain, own.name) if name),
        is_org_admin=bool(found.is_admin),
    )


def reaching(person: Person, grants: Sequence[Grant]) -> list[Grant]:
    """Those of the grants that reach a person."""
    names = {"USER": frozenset({person.email}), "TEAM": person.teams, "ORG": person.orgs}
    return [grant for grant in grants if grant.who.casefold() in names.get(grant.to, frozenset())]


def reach_of(person: Person, looked: Sequence[Looked], grants: Sequence[Grant]) -> list[Reach]:
    """What a person may do on each resource, and by what. A team whose name is not its own is no proof."""
    mine = reaching(person, grants)
    rows = []
    for item in looked:
        roles: set[str] = set()
        via: list[str] = []
        if (item.owner or "").casefold() == person.email:
            roles.add(EVERYTHING)
            via.append("owner")
        if person.is_org_admin:
            via.append("admin of the org")
        of_item = [grant for grant in mine if (grant.type, grant.id) == (item.type, item.id)]
        for grant in of_item:
            roles.update(grant.roles)
            via.append(f"{grant.to} {grant.who}: {', '.join(grant.roles)}{' (unverified)' if grant.ambiguous else ''}")
        sure = bool(set(via) & {"owner", "admin of the org"}) or any(not grant.ambiguous for grant in of_item)
        rows.append(
            Reach(
                type=item.type,
                id=item.id,
                name=item.name,
                roles=tuple(sorted(roles)),
                via=tuple(via),
                unverified=True if via and not sure else None,
            )
        )
    return rows


def _read(answer: Any) -> Any:
    if isinstance(answer, Failure):
        raise answer
    return answer


def _is_in(email: str, team: Team) -> bool:
    return any((member.email or "").casefold() == email for member in team.members)
