"""Whom a grant is taken from: matched by what answers name them by, and never the caller's own way in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import Role, SubjectType
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.subjects import access_rule

OWNER, ADMIN = "owner", "admin"

Subject = tuple[str, str]
"""Type and name of somebody in an answer: `("TEAM", "finance")`, the name in small letters."""


async def holder(planning: Planning, to: SubjectType, who: int | str | None) -> tuple[dict[str, Any], str]:
    """Somebody who may hold a grant: how a request names them, and how answers do.

    A user is taken by email as it is: who has left the org may hold grants still.

    Raises:
        Failure: `not_found` or `ambiguous` for a team that is not exactly one; `bad_input` without a name.
    """
    if to is SubjectType.USER and isinstance(who, str) and "@" in who:
        email = who.strip()
        return {"type": "USER", "email": email}, email
    rule = await access_rule(planning, to, who, Role.COLLABORATOR)
    accessor = {key: value for key, value in rule.accessor.items() if key != "access_roles"}
    return accessor, rule.who


def subject_of(accessor: Accessor) -> Subject:
    return accessor.type.upper(), (accessor.subject or "").casefold()


async def ways_in(planning: Planning) -> frozenset[Subject]:
    """The subjects whose grants reach the caller: the caller, their teams, their org."""
    principal = planning.principal
    mine = {("USER", (principal.email or "").casefold())}
    mine |= {("TEAM", (team.name or "").casefold()) for team in await planning.nexla.teams.list() if team.member}
    if principal.org_id is not None:
        org = await planning.nexla.orgs.get(principal.org_id)
        mine |= {("ORG", name.casefold()) for name in (org.email_domain, org.name) if name}
    return frozenset(mine)


def locks_out(roles: Iterable[str], mine: frozenset[Subject], before: Iterable[Accessor], after: Iterable[Any]) -> bool:
    """Whether a change takes away the caller's own right to change who has access.

    Args:
        roles: The caller's roles on the resource as answers tell them.
        mine: See `ways_in`.
        before: Grants as they are.
        after: Grants as they would be, as `(subject, roles)`.
    """
    if OWNER in roles:
        return False
    had = any(subject_of(item) in mine and ADMIN in item.access_roles for item in before)
    has = any(subject in mine and ADMIN in held for subject, held in after)
    return had and not has


def refuse_locking_out(planning: Planning, where: list[str]) -> None:
    """
    Raises:
        Failure: `conflict`, naming the resources, when there are any.
    """
    if where:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"It would take away the way in of {planning.principal} on {', '.join(where[:5])}. Nothing was done.",
            hint="Its owner can do that, or grant somebody else admin first and let them.",
            next_tool="list_access",
        )
