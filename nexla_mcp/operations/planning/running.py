"""Plans of `activate` and `pause`."""

from __future__ import annotations

from nexla_mcp.domain.plans import Act, Plan, Step
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import LineageNode
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.statuses import is_running, label
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.survey import Survey, survey_flow
from nexla_mcp.safety.untrusted import quoted

VERIFY_SECONDS = 30.0
"""How long `activate` looks whether records flow; a schedule may let the next run wait for hours."""


async def plan_activation(planning: Planning, kind: ResourceType, identifier: int, *, verify: bool = True) -> Plan:
    """Start a node with everything downstream, of a flow the whole tree, and look whether records flow."""
    survey = await survey_flow(planning.nexla, kind, identifier, in_depth=False)
    resting = [node for node in survey.nodes if is_running(node.status) is not True]
    target, rest = survey.targets[0], survey.targets[1:]
    summary = f"Activate {_what(survey, kind)}: {len(resting)} of {len(survey.nodes)} nodes do not run."
    steps: tuple[Step, ...] = ()
    if resting:
        steps = (_step("activate", survey, kind, identifier),)
        if verify:
            steps += (verification(kind, identifier, VERIFY_SECONDS, must=False),)
    return Plan(
        tool="activate",
        arguments={"type": kind.value, "resource": identifier, "verify": verify},
        principal=str(planning.principal),
        risk=Risk.WRITE,
        summary=summary if resting else f"{_capital(_what(survey, kind))} runs already.",
        steps=steps,
        targets=(target,),
        affected=rest,
        locks=survey.locks,
        undo_on_failure=False,
        notes=_upstream_notes(survey),
    )


async def plan_pause(planning: Planning, kind: ResourceType, identifier: int) -> Plan:
    """Stop a node with everything downstream, of a flow the whole tree."""
    survey = await survey_flow(planning.nexla, kind, identifier)
    running = survey.running
    step = _step("pause", survey, kind, identifier)
    summary = f"Pause {_what(survey, kind)}: {len(running)} of {len(survey.nodes)} nodes run and would stop."
    return Plan(
        tool="pause",
        arguments={"type": kind.value, "resource": identifier},
        principal=str(planning.principal),
        risk=Risk.DISRUPTIVE if running else Risk.WRITE,
        summary=summary if running else f"{_capital(_what(survey, kind))} rests already.",
        steps=(step,) if running else (),
        targets=survey.targets[:1],
        affected=survey.targets[1:],
        also=survey.also,
        locks=survey.locks,
        undo_on_failure=False,
        notes=survey.notes,
    )


def verification(kind: ResourceType, identifier: int | dict[str, str], seconds: float, *, must: bool) -> Step:
    """The step that looks whether records flow."""
    return Step(
        key="verify",
        action="verify_run",
        arguments={"type": kind.value, "id": identifier, "seconds": seconds, "must": must},
        says="look whether records flow",
    )


def restoring(nodes: tuple[LineageNode, ...]) -> Act:
    """The act that lets each node run or rest as it does now."""
    told = [{"type": node.type.value, "id": node.id, "running": is_running(node.status) is True} for node in nodes]
    return Act(action="restore_statuses", arguments={"nodes": told})


def _what(survey: Survey, kind: ResourceType) -> str:
    if kind is ResourceType.FLOW:
        return f"flow {survey.lineage.flow_id} {quoted(survey.lineage.name)}"
    return f"{label(survey.nodes[0])} {quoted(survey.nodes[0].name)}"


def _capital(text: str) -> str:
    """The first letter alone: a name in it stays as it is written."""
    return text[:1].upper() + text[1:]


def _step(verb: str, survey: Survey, kind: ResourceType, identifier: int) -> Step:
    return Step(
        key=verb,
        action=verb,
        arguments={"type": kind.value, "id": identifier},
        says=f"{verb} {_what(survey, kind)}",
        undo=restoring(survey.nodes),
    )


def _upstream_notes(survey: Survey) -> tuple[str, ...]:
    above = [node for node in survey.lineage.upstream(survey.nodes[0]) if is_running(node.status) is False]
    return tuple(f"{label(node)}, upstream, does not run: nothing will reach this node" for node in above)
