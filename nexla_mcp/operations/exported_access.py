"""Grants as a flow spec holds them: the same on every part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.domain.flow_spec import AccessSpec, Role, SubjectType
from nexla_mcp.safety.untrusted import quoted

_Grant = tuple[str, str, str]
"""Type, subject and role."""


def common_access(
    grants: Mapping[str, Sequence[Accessor]], org: Any, teams: Mapping[str, int]
) -> tuple[list[AccessSpec], list[str]]:
    """The grants that hold on every part as rules of a spec, and the others in words.

    Args:
        grants: Of each part, by its label.
        org: The flow's own org: a spec grants to no other.
        teams: How often each name of a team is there, in lower case: only a unique one names it.
    """
    held = {part: {grant for item in items for grant in _grants(item)} for part, items in grants.items()}
    everywhere = set.intersection(*held.values()) if held else set()
    rules: list[AccessSpec] = []
    others: list[str] = []
    for grant in sorted(everywhere):
        rule = _rule(grant, org, teams)
        if rule is None:
            others.append(f"the grant {_told(grant)}")
        else:
            rules.append(rule)
    single: dict[_Grant, list[str]] = {}
    for part, found in held.items():
        for grant in found - everywhere:
            single.setdefault(grant, []).append(part)
    others += [f"the grant {_told(grant)} on {', '.join(parts)} alone" for grant, parts in sorted(single.items())]
    return rules, others


def _grants(item: Accessor) -> list[_Grant]:
    return [(item.type.upper(), item.subject or "", role) for role in item.access_roles]


def _rule(grant: _Grant, org: Any, teams: Mapping[str, int]) -> AccessSpec | None:
    kind, subject, role = grant
    if role not in {item.value for item in Role} or kind.lower() not in {item.value for item in SubjectType}:
        return None
    if kind == "ORG":
        own = {org.email_domain, org.name} - {None} if org is not None else set()
        return AccessSpec(to=SubjectType.ORG, role=Role(role)) if subject in own else None
    if not subject or (kind == "TEAM" and teams.get(subject.strip().casefold()) != 1):
        return None
    return AccessSpec(to=SubjectType(kind.lower()), who=subject, role=Role(role))


def _told(grant: _Grant) -> str:
    kind, subject, role = grant
    return f"{kind} {quoted(subject)}: {role}"
