"""Plan of `grant_access`: one resource, many, or every part of a flow, since none inherits."""

from __future__ import annotations

from functools import partial
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import Role, SubjectType
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.access import IN_A_FLOW, WITHOUT_ACCESSORS
from nexla_mcp.operations.actions.granting import roles_of
from nexla_mcp.operations.details import describe
from nexla_mcp.operations.parallel import Read, outcomes
from nexla_mcp.operations.planning.blueprint import AccessRule
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.subjects import access_rule, is_far_reaching, told
from nexla_mcp.operations.planning.survey import sharing, survey_flow
from nexla_mcp.safety.untrusted import quoted

MAY_SHARE = frozenset({"owner", "admin"})


async def plan_grant(
    planning: Planning,
    kind: ResourceType,
    identifiers: list[int],
    to: SubjectType,
    who: int | str | None,
    role: Role,
    *,
    whole_flow: bool = False,
) -> Plan:
    """Give somebody a role beside what they have. The plan shows each resource's grants as they are."""
    check_targets(kind, identifiers, whole_flow=whole_flow)
    rule = await access_rule(planning, to, who, role)
    keys = await targets_of(planning, kind, identifiers, whole_flow=whole_flow)
    reads: list[Read] = [partial(look, planning, key) for key in keys]
    targets: list[Target] = []
    steps: list[Step] = []
    refused: list[str] = []
    for key, answer in zip(keys, await outcomes(reads), strict=True):
        if isinstance(answer, Failure):
            raise answer
        target, roles, accessors = answer
        targets.append(target)
        held = roles_of(accessors, rule.accessor["type"], rule.who)
        if role.value in held:
            continue
        if not MAY_SHARE & set(roles):
            refused.append(f"{target} {quoted(target.name)}")
        steps.append(granting(f"grant:{key[0].value} {key[1]}", key[0].value, key[1], rule, held, str(target)))
    if refused:
        raise Failure.of(
            ErrorCode.FORBIDDEN,
            f"Sharing takes the role admin or owner, which {planning.principal} lacks on {', '.join(refused[:5])}. "
            "Nothing was done.",
            hint="Ask its owner; list_access names them.",
            next_tool="list_access",
        )
    gated = is_far_reaching(rule) and bool(steps)
    return Plan(
        tool="grant_access",
        arguments=_told(kind, identifiers, to, who, role, whole_flow=whole_flow),
        principal=str(planning.principal),
        risk=Risk.DESTRUCTIVE if gated else Risk.WRITE,
        summary=f"Grant {told(rule)} on {len(steps)} of {len(targets)} resources."
        if steps
        else f"{rule.who} has the role {role.value} on all {len(targets)} already.",
        steps=tuple(steps),
        targets=tuple(targets),
        cannot_be_put_back=_lasting(rule) if gated else (),
        locks=tuple(f"access:{target}" for target in targets),
        type_to_confirm=(targets[0].name or str(targets[0])) if gated else None,
    )


def granting(
    key: str, kind: str, identifier: int | dict[str, str], rule: AccessRule, held: list[str], what: str
) -> Step:
    """The step that grants, and how it is taken back to the roles held before."""
    common: dict[str, Any] = {"type": kind, "id": identifier, "accessor": dict(rule.accessor), "who": rule.who}
    return Step(
        key=key,
        action="grant",
        arguments=common,
        says=f"grant {told(rule)} on {what}",
        undo=Act(action="restore_grant", arguments={**common, "roles": held}),
    )


def _lasting(rule: AccessRule) -> tuple[str, ...]:
    if rule.accessor["type"] == "ORG":
        return (f"what every member of {rule.who} sees meanwhile",)
    return (f"what {rule.who} sees meanwhile, and the access they give to others",)


def check_targets(kind: ResourceType, identifiers: list[int], *, whole_flow: bool) -> None:
    """
    Raises:
        Failure: `bad_input` for what has no grants, or where nothing is named.
    """
    if kind in WITHOUT_ACCESSORS:
        raise Failure.of(ErrorCode.BAD_INPUT, f"A {kind.value} is not shared with anybody. Nothing was done.")
    if whole_flow and kind not in IN_A_FLOW:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"A {kind.value} stands in no one flow. Nothing was done.",
            hint="Leave whole_flow out, or name a flow, source, nexset or destination.",
        )
    if not identifiers:
        raise Failure.of(ErrorCode.BAD_INPUT, "`resources` is empty: on what? Nothing was done.")


async def targets_of(
    planning: Planning, kind: ResourceType, identifiers: list[int], *, whole_flow: bool
) -> list[tuple[ResourceType, int]]:
    """Each resource once. A whole flow is every part of it; nobody needs a grant on the flow as such as well."""
    if not whole_flow:
        return [(kind, identifier) for identifier in dict.fromkeys(identifiers)]
    keys: dict[tuple[ResourceType, int], None] = {}
    for identifier in identifiers:
        survey = await survey_flow(planning.nexla, kind, identifier, in_depth=False)
        keys |= dict.fromkeys(node.key for node in survey.lineage.nodes)
    return list(keys)


async def look(planning: Planning, key: tuple[ResourceType, int]) -> tuple[Target, tuple[str, ...], Any]:
    """A resource as a target with its grants, the caller's roles on it, and the grants."""
    details = await describe(planning.nexla, *key)
    accessors = await planning.nexla.accessors.list(*key)
    target = Target(
        type=key[0],
        id=key[1],
        name=details.name,
        owner=details.owner,
        status=details.status,
        shared_with=sharing(accessors),
    )
    return target, tuple(details.roles or ()), accessors


def _told(
    kind: ResourceType,
    identifiers: list[int],
    to: SubjectType,
    who: int | str | None,
    role: Role,
    *,
    whole_flow: bool,
) -> dict[str, Any]:
    return {
        "type": kind.value,
        "resources": identifiers,
        "to": to.value,
        "who": who,
        "role": role.value,
        "whole_flow": whole_flow,
    }
