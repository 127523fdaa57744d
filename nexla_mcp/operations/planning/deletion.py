"""Plan of `delete_resource`: what would be lost for good, what hangs on it, and what could be built anew."""

from __future__ import annotations

from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.statuses import label
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.running import restoring
from nexla_mcp.operations.planning.snapshot import hidden_fields, snapshot_of
from nexla_mcp.operations.planning.survey import Survey, survey_flow, survey_one
from nexla_mcp.safety.untrusted import quoted

IN_A_FLOW = frozenset({ResourceType.FLOW, ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION})
ALONE = frozenset(
    {
        ResourceType.CREDENTIAL,
        ResourceType.TRANSFORM,
        ResourceType.ATTRIBUTE_TRANSFORM,
        ResourceType.LOOKUP,
        ResourceType.PROJECT,
        ResourceType.TEAM,
    }
)


async def plan_deletion(
    planning: Planning, kind: ResourceType, identifier: int, *, with_downstream: bool = False
) -> Plan:
    """Pauses what runs, then deletes from the ends upwards. A flow goes with all its nodes.

    Raises:
        Failure: `conflict` when something still hangs on it and that was not asked for; `bad_input` for a type that
            cannot be deleted.
    """
    if kind in ALONE:
        return await _plan_alone(planning, kind, identifier)
    if kind not in IN_A_FLOW:
        raise Failure.of(ErrorCode.BAD_INPUT, f"A {kind.value} is not deleted by this tool. Nothing was done.")
    survey = await survey_flow(planning.nexla, kind, identifier)
    target, below = survey.targets[0], survey.targets[1:]
    if below and kind is not ResourceType.FLOW and not with_downstream:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"{len(below)} resources hang on {target} {quoted(target.name)}: "
            f"{', '.join(f'{item} {quoted(item.name)}' for item in below[:5])}. Nothing was done.",
            hint="with_downstream=true plans to delete them all; move or delete them first to keep some.",
            resource=str(target),
        )
    named = _name(survey, kind)
    hidden = hidden_fields(survey)
    blueprint = snapshot_of(survey)
    return Plan(
        tool="delete_resource",
        arguments={"type": kind.value, "resource": identifier, "with_downstream": with_downstream},
        principal=str(planning.principal),
        risk=Risk.DESTRUCTIVE,
        summary=f"Delete {_what(survey, kind)} for ever: {len(survey.nodes)} resources, {len(survey.running)} of them "
        "may be running.",
        steps=_steps(survey, kind),
        targets=(target,),
        affected=below,
        also=survey.also,
        cannot_be_put_back=_losses(survey, hidden),
        rebuild=not hidden and blueprint.can_be_built,
        snapshot=blueprint.model_dump(mode="json"),
        notes=survey.notes,
        locks=survey.locks,
        type_to_confirm=named,
    )


async def _plan_alone(planning: Planning, kind: ResourceType, identifier: int) -> Plan:
    target, model = await survey_one(planning.nexla, kind, identifier)
    users = await _users(planning, kind, identifier, model)
    if users:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"{target} {quoted(target.name)} is used by {', '.join(users[:8])}. Nothing was done.",
            hint="Change or delete what uses it first.",
            resource=str(target),
        )
    return Plan(
        tool="delete_resource",
        arguments={"type": kind.value, "resource": identifier, "with_downstream": False},
        principal=str(planning.principal),
        risk=Risk.DESTRUCTIVE,
        summary=f"Delete {target} {quoted(target.name)} for ever.",
        steps=(_delete(kind, identifier, f"{target} {quoted(target.name)}"),),
        targets=(target,),
        cannot_be_put_back=(_loss_of(kind),),
        snapshot=model.model_dump(mode="json", exclude_none=True),
        locks=(f"{kind.value}:{identifier}",),
        type_to_confirm=target.name or str(target),
    )


def _steps(survey: Survey, kind: ResourceType) -> tuple[Step, ...]:
    steps: list[Step] = []
    if survey.running:
        top = survey.nodes[0]
        steps.append(
            Step(
                key="pause",
                action="pause",
                arguments={"type": top.type.value, "id": top.id},
                says=f"pause {_what(survey, kind)}",
                undo=restoring(survey.nodes),
            )
        )
    if kind is ResourceType.FLOW:
        flow_id = survey.lineage.flow_id
        return (*steps, _delete(kind, flow_id, f"flow {flow_id} with its {len(survey.nodes)} resources"))
    # Nobody deletes what something else still hangs on (contract 6): the ends first.
    steps += [_delete(node.type, node.id, f"{label(node)} {quoted(node.name)}") for node in reversed(survey.nodes)]
    return tuple(steps)


def _delete(kind: ResourceType, identifier: int, what: str) -> Step:
    return Step(
        key=f"delete:{kind.value} {identifier}",
        action="delete",
        arguments={"type": kind.value, "id": identifier},
        says=f"delete {what}",
    )


def _losses(survey: Survey, hidden: list[str]) -> tuple[str, ...]:
    losses = ["ids, samples, metrics, logs and the state of reading (a source built anew reads from its beginning)"]
    if any(target.shared_with for target in survey.targets):
        losses.append("grants to others, unless it is built anew from the receipt")
    if hidden:
        losses.append(f"secrets in configurations ({', '.join(hidden[:5])}): it can only be built anew by hand")
    return tuple(losses)


_LOSSES = {
    ResourceType.CREDENTIAL: "its contents: Nexla gives them out to nobody, so this server cannot keep them",
    ResourceType.LOOKUP: "its id, and rows beyond those in the receipt",
    ResourceType.PROJECT: "which flows were in it (the flows stay)",
    ResourceType.TEAM: "its members' access to everything that is shared with it",
}


def _loss_of(kind: ResourceType) -> str:
    return _LOSSES.get(kind, "its id; its code is kept in the receipt")


async def _users(planning: Planning, kind: ResourceType, identifier: int, model: Any) -> list[str]:
    """What uses it, read to the last page."""
    if kind is ResourceType.CREDENTIAL:
        flows = await planning.nexla.flows.list()
        if not flows.complete:
            raise Failure.of(ErrorCode.UPSTREAM_ERROR, "What uses it could not be read to the end. Nothing was done.")
        rows = [row for flow in flows for row in (*flow.data_sources, *flow.data_sinks)]
        users = {(type(row).__name__.lower(), row.id) for row in rows if row.data_credentials_id == identifier}
        return [f"{word} {number}" for word, number in sorted(users)]
    if kind in {ResourceType.TRANSFORM, ResourceType.ATTRIBUTE_TRANSFORM}:
        return [f"nexset {number}" for number in model.used_by]
    if kind is ResourceType.LOOKUP and model.data_sink_id is not None:
        return [f"destination {model.data_sink_id}, which writes it"]
    return []


def _what(survey: Survey, kind: ResourceType) -> str:
    if kind is ResourceType.FLOW:
        return f"flow {survey.lineage.flow_id} {quoted(survey.lineage.name)}"
    return f"{label(survey.nodes[0])} {quoted(survey.nodes[0].name)}"


def _name(survey: Survey, kind: ResourceType) -> str:
    target: Target = survey.targets[0]
    name = survey.lineage.name if kind is ResourceType.FLOW else target.name
    return name or str(target)
