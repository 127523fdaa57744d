"""Plans of `revoke_access` and `replace_access`: what each resource is shared with before and after."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import AccessSpec, Role, SubjectType
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.granting import roles_of
from nexla_mcp.operations.actions.replacing_access import Grants, grants_of, told
from nexla_mcp.operations.parallel import Read, outcomes
from nexla_mcp.operations.planning.access_subjects import (
    Subject,
    holder,
    locks_out,
    refuse_locking_out,
    subject_of,
    ways_in,
)
from nexla_mcp.operations.planning.grants import MAY_SHARE, check_targets, look, targets_of
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.subjects import access_rule


@dataclass(frozen=True)
class _Looked:
    """A resource with its grants."""

    target: Target
    roles: tuple[str, ...]
    """The caller's own."""
    accessors: tuple[Accessor, ...]

    @property
    def what(self) -> dict[str, Any]:
        return {"type": self.target.type.value, "id": self.target.id}


async def plan_revocation(
    planning: Planning,
    kind: ResourceType,
    identifiers: list[int],
    to: SubjectType,
    who: int | str | None,
    role: Role | None,
    *,
    whole_flow: bool = False,
) -> Plan:
    """Take a role, or all roles, of somebody away.

    Raises:
        Failure: `ambiguous` for a team that shares its name; `conflict` when it would lock the caller out; `forbidden`
            where the caller may not share. Nothing was done.
    """
    accessor, name = await holder(planning, to, who)
    looked = await _looked(planning, kind, identifiers, whole_flow=whole_flow)
    mine = await ways_in(planning)
    steps: list[Step] = []
    changed: list[_Looked] = []
    locked: list[str] = []
    for item in looked:
        held = roles_of(item.accessors, accessor["type"], name)
        kept = [word for word in held if role is not None and word != role.value]
        if held == kept or not held:
            continue
        changed.append(item)
        steps.append(_revoking(item, accessor, name, held, kept))
        left = _without(item.accessors, (accessor["type"], name.casefold()), kept)
        if locks_out(item.roles, mine, item.accessors, left):
            locked.append(str(item.target))
    refuse_locking_out(planning, locked)
    _require_sharing(planning, changed)
    word = f"{role.value} of " if role else "all roles of "
    return _plan(
        planning,
        "revoke_access",
        {"type": kind.value, "resources": identifiers, "to": to.value, "who": who, "role": role and role.value},
        f"Take {word}{accessor['type']} {name} away on {len(steps)} of {len(looked)} resources."
        if steps
        else f"{name} holds no such role on any of the {len(looked)}, nothing to do.",
        looked,
        steps,
        whole_flow=whole_flow,
    )


async def plan_replacement(
    planning: Planning,
    kind: ResourceType,
    identifiers: list[int],
    grants: list[AccessSpec],
    *,
    whole_flow: bool = False,
) -> Plan:
    """Make these the only grants.

    Raises:
        Failure: as `plan_revocation`; `ambiguous` also when somebody who is there now could not be put back.
    """
    looked = await _looked(planning, kind, identifiers, whole_flow=whole_flow)
    held = {subject_of(accessor) for item in looked for accessor in item.accessors}
    wanted = [await _wanted(planning, grant, held) for grant in grants]
    mine = await ways_in(planning)
    after: Grants = {
        (grant["accessor"]["type"], grant["who"].casefold()): tuple(sorted(grant["roles"])) for grant in wanted
    }
    steps: list[Step] = []
    changed: list[_Looked] = []
    locked: list[str] = []
    teams = {team.name: team.id for team in await planning.nexla.teams.list()}
    twins = await _shared_names(planning)
    for item in looked:
        if grants_of(item.accessors) == after:
            continue
        changed.append(item)
        before = [_as_request(accessor, teams, twins, planning, item) for accessor in item.accessors]
        steps.append(_replacing(item, wanted, before))
        if locks_out(item.roles, mine, item.accessors, after.items()):
            locked.append(str(item.target))
    refuse_locking_out(planning, locked)
    _require_sharing(planning, changed)
    names = "; ".join(told(after)) or "nobody"
    return _plan(
        planning,
        "replace_access",
        {"type": kind.value, "resources": identifiers, "grants": [grant.model_dump(mode="json") for grant in grants]},
        f"Share {len(steps)} of {len(looked)} resources with only: {names}."
        if steps
        else f"All {len(looked)} are shared with exactly these already.",
        looked,
        steps,
        whole_flow=whole_flow,
    )


async def _looked(planning: Planning, kind: ResourceType, identifiers: list[int], *, whole_flow: bool) -> list[_Looked]:
    check_targets(kind, identifiers, whole_flow=whole_flow)
    keys = await targets_of(planning, kind, identifiers, whole_flow=whole_flow)
    await settled(planning, {f"access:{word.value} {identifier}" for word, identifier in keys})
    reads: list[Read] = [partial(look, planning, key) for key in keys]
    found: list[_Looked] = []
    for answer in await outcomes(reads):
        if isinstance(answer, Failure):
            raise answer
        target, roles, accessors = answer
        if accessors.unreadable:
            raise Failure.of(
                ErrorCode.UNREADABLE_ANSWER,
                f"Not every grant on {target} can be read, so what would be taken away is unknown. Nothing was done.",
                resource=str(target),
            )
        found.append(_Looked(target, roles, tuple(accessors)))
    return found


def _revoking(item: _Looked, accessor: dict[str, Any], name: str, held: list[str], kept: list[str]) -> Step:
    # The roles in the accessor are those that are added when something is put back.
    common = {**item.what, "accessor": {**accessor, "access_roles": held}, "who": name}
    left = f", leaving {', '.join(kept)}" if kept else ""
    gone = ", ".join(word for word in held if word not in kept)
    return Step(
        key=f"revoke:{item.target}",
        action="restore_grant",
        arguments={**common, "roles": kept},
        says=f"take {gone} of {accessor['type']} {name} away on {item.target}{left}",
        undo=Act(action="restore_grant", arguments={**common, "roles": held}),
    )


def _replacing(item: _Looked, wanted: list[dict[str, Any]], before: list[dict[str, Any]]) -> Step:
    now = "; ".join(item.target.shared_with) or "nobody"
    return Step(
        key=f"replace:{item.target}",
        action="replace_access",
        arguments={**item.what, "grants": wanted},
        says=f"share {item.target} with only these; now: {now}",
        undo=Act(action="replace_access", arguments={**item.what, "grants": before}),
    )


async def _wanted(planning: Planning, grant: AccessSpec, held: set[Subject]) -> dict[str, Any]:
    """A grant as it is to be. Who is let in by it has to be a member of the org; who is in already may stay.

    Raises:
        Failure: `not_found` for who is no member.
    """
    accessor, who = await holder(planning, grant.to, grant.who)
    if (accessor["type"], who.casefold()) not in held:
        await access_rule(planning, grant.to, grant.who, grant.role)
    return {"accessor": accessor, "who": who, "roles": [grant.role.value]}


def _as_request(
    accessor: Accessor, teams: dict[str | None, int], twins: frozenset[str], planning: Planning, item: _Looked
) -> dict[str, Any]:
    """Somebody who holds a grant now, as a request names them, so that an undo can bring them back.

    Raises:
        Failure: `ambiguous`, when that is not one and the same.
    """
    kind, name = accessor.type.upper(), accessor.subject
    sent: dict[str, Any] | None = None
    if kind == "USER" and accessor.email:
        sent = {"type": kind, "email": accessor.email}
    elif kind == "TEAM" and name in teams and (name or "").casefold() not in twins:
        sent = {"type": kind, "id": teams[name]}
    elif kind == "ORG" and planning.principal.org_id is not None:
        sent = {"type": kind, "id": planning.principal.org_id}
    if sent is None or name is None:
        raise Failure.of(
            ErrorCode.AMBIGUOUS,
            f"{kind} {name or 'without a name'}, who may reach {item.target} now, cannot be told for certain: an undo "
            "could not bring them back. Nothing was done.",
            hint="Use grant_access and revoke_access for single people, or give teams different names first.",
        )
    return {"accessor": sent, "who": name, "roles": sorted(accessor.access_roles)}


async def _shared_names(planning: Planning) -> frozenset[str]:
    names = Counter((team.name or "").casefold() for team in await planning.nexla.teams.list())
    return frozenset(name for name, count in names.items() if count > 1)


def _without(accessors: tuple[Accessor, ...], subject: Subject, kept: list[str]) -> list[tuple[Subject, list[str]]]:
    now = grants_of(accessors)
    return [(key, kept if key == subject else list(roles)) for key, roles in now.items()]


def _require_sharing(planning: Planning, changed: list[_Looked]) -> None:
    refused = [str(item.target) for item in changed if not MAY_SHARE & set(item.roles)]
    if refused:
        raise Failure.of(
            ErrorCode.FORBIDDEN,
            f"Sharing takes the role admin or owner, which {planning.principal} lacks on {', '.join(refused[:5])}. "
            "Nothing was done.",
            hint="Ask its owner; list_access names them.",
            next_tool="list_access",
        )


def _plan(
    planning: Planning,
    tool: str,
    arguments: dict[str, Any],
    summary: str,
    looked: list[_Looked],
    steps: list[Step],
    *,
    whole_flow: bool,
) -> Plan:
    targets = tuple(item.target for item in looked)
    return Plan(
        tool=tool,
        arguments={**arguments, "whole_flow": whole_flow},
        principal=str(planning.principal),
        risk=Risk.DESTRUCTIVE if steps else Risk.WRITE,
        summary=summary,
        steps=tuple(steps),
        targets=targets,
        cannot_be_put_back=("what they cannot see or do meanwhile",) if steps else (),
        locks=tuple(f"access:{target}" for target in targets),
        type_to_confirm=(targets[0].name or str(targets[0])) if steps else None,
    )
