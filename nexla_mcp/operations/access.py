"""Who may reach a resource, or each resource of a flow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceRef, ResourceType
from nexla_mcp.domain.results.access import AccessList, Grant, Looked
from nexla_mcp.domain.results.lineage import Key
from nexla_mcp.operations.details import describe
from nexla_mcp.operations.effective_access import person_of, reach_of, reaching
from nexla_mcp.operations.lineage import read_flow
from nexla_mcp.operations.listing import list_type
from nexla_mcp.operations.parallel import Read, outcomes
from nexla_mcp.operations.resolve import resolve
from nexla_mcp.operations.search import resources_in
from nexla_mcp.safety.untrusted import quoted

WITHOUT_ACCESSORS = {ResourceType.USER, ResourceType.ORG}
IN_A_FLOW = {ResourceType.FLOW, ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION}


@dataclass(frozen=True)
class _Reading:
    """What one resource's access rules told."""

    looked: Looked
    grants: list[Grant]
    unreadable: int


async def list_access(
    nexla: Nexla, kind: ResourceType, reference: int | str, *, whole_flow: bool = False, person: str | None = None
) -> AccessList:
    """Owners and grants. With `whole_flow`, of every resource in the flow, since none inherits. With `person`, what
    that member of the org may do, through teams and the org as well.

    Raises:
        Failure: `bad_input` for a type that has no access rules, `not_found` for who is no member of the org, else as
            for every read.
    """
    if kind in WITHOUT_ACCESSORS:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"A {kind.value} has no access list of its own.",
            hint="Ask for a resource. Members of a team or org come with get_resource.",
        )
    if whole_flow and kind not in IN_A_FLOW:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"A {kind.value} stands in no one flow.",
            hint="Leave whole_flow out, or ask for a flow, source, nexset or destination.",
        )
    somebody = await person_of(nexla, person) if person is not None else None
    target = await resolve(nexla, kind, reference)
    targets = await _whole_flow(nexla, target) if whole_flow else [target]
    reads: list[Read] = [*(partial(_read, nexla, item) for item in targets), partial(_names_of_several_teams, nexla)]
    *readings, twins = await outcomes(reads)
    if len(targets) == 1 and isinstance(readings[0], Failure):
        raise readings[0]
    read = [item for item in readings if isinstance(item, _Reading)]
    shared_names: frozenset[str] = twins if isinstance(twins, frozenset) else frozenset()
    grants = [
        grant.model_copy(update={"ambiguous": True}) if grant.to == "TEAM" and grant.who in shared_names else grant
        for item in read
        for grant in item.grants
    ]
    if somebody is not None and isinstance(twins, Failure):
        raise twins
    looked = [item.looked for item in read]
    return AccessList(
        resources=looked,
        grants=grants if somebody is None else reaching(somebody, grants),
        person=somebody.email if somebody else None,
        reach=reach_of(somebody, looked, grants) if somebody else None,
        uneven=(_uneven(grants, [(item.type, item.id) for item in looked]) or None) if somebody is None else None,
        not_read=[
            f"{item.type.value} {item.id}: {outcome.info.code.value}"
            for item, outcome in zip(targets, readings, strict=True)
            if isinstance(outcome, Failure)
        ]
        + ([f"which teams share a name: {twins.info.code.value}"] if isinstance(twins, Failure) else [])
        or None,
        unreadable=sum(item.unreadable for item in read) or None,
    )


async def _whole_flow(nexla: Nexla, target: ResourceRef) -> list[ResourceRef]:
    flow = await read_flow(nexla, target.type, target.id)
    return [
        ResourceRef(ResourceType.FLOW, flow.id),
        *(ResourceRef(kind, identifier) for kind, identifier in resources_in(flow)),
    ]


async def _read(nexla: Nexla, target: ResourceRef) -> _Reading:
    details = await describe(nexla, target.type, target.id)
    accessors = await nexla.accessors.list(target.type, target.id)
    looked = Looked(
        type=target.type, id=target.id, name=details.name, owner=details.owner, my_roles=tuple(details.roles or ())
    )
    grants = [_grant(target, details.name, accessor) for accessor in accessors.items]
    return _Reading(looked, sorted(grants, key=lambda grant: (grant.to, grant.who)), accessors.unreadable)


def _grant(target: ResourceRef, name: str | None, accessor: Accessor) -> Grant:
    return Grant(
        type=target.type,
        id=target.id,
        name=name,
        to=accessor.type.upper(),
        who=accessor.subject or (str(accessor.id) if accessor.id is not None else "unnamed"),
        roles=accessor.access_roles,
        since=accessor.created_at,
    )


async def _names_of_several_teams(nexla: Nexla) -> frozenset[str]:
    teams = (await list_type(nexla, ResourceType.TEAM)).rows
    return frozenset(name for name, count in Counter(team.name for team in teams if team.name).items() if count > 1)


def _uneven(grants: list[Grant], looked: list[Key]) -> list[str]:
    """Who reaches only some of the parts. The flow itself is no part: nobody needs a grant on it as well."""
    parts = {key for key in looked if key[0] is not ResourceType.FLOW}
    reach: dict[tuple[str, str], set[Key]] = {}
    for grant in grants:
        reach.setdefault((grant.to, grant.who), set()).update({(grant.type, grant.id)} & parts)
    if len(parts) < 2:  # noqa: PLR2004 - unevenness needs two
        return []
    return [
        f"{quoted(who)} ({to}) reaches {len(on)} of the {len(parts)} parts of the flow"
        for (to, who), on in sorted(reach.items())
        if len(on) < len(parts)
    ]
