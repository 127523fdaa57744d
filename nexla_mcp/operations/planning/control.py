"""Plans of `control_operation`: go on with an interrupted operation, take one back, or build anew what it deleted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio.to_thread

from nexla_mcp.domain.controls import Control
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import Role, SubjectType
from nexla_mcp.domain.markers import outputs_named, with_outputs
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Foreseen, Made, Work
from nexla_mcp.operations.actions.all import DELETING, action_named
from nexla_mcp.operations.actions.deleting_verified import KEPT
from nexla_mcp.operations.actions.statuses import Pause, RestoreStatuses, nodes_of
from nexla_mcp.operations.configuration import digest_of_model
from nexla_mcp.operations.planning.blueprint import AccessRule, Blueprint
from nexla_mcp.operations.planning.building import plan_blueprint
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.subjects import access_rule
from nexla_mcp.safety.journal import Journal, read_journal
from nexla_mcp.safety.ledger import PENDING, OperationRecord, Status, StepRecord, StepState, unknown_operation

TOOL = "control_operation"


async def read_operation(planning: Planning, operation: str) -> OperationRecord:
    """The operation of that id.

    Raises:
        Failure: `not_found`.
    """
    record = await anyio.to_thread.run_sync(planning.ledger.get, operation.strip())
    if record is None:
        raise unknown_operation(operation)
    return record


async def plan_resume(planning: Planning, operation: str) -> Plan:
    """The steps that are left of an operation whose process is gone."""
    record = await read_operation(planning, operation)
    if not record.interrupted:
        raise _not(record, "resumed", "only an interrupted operation can be")
    left = [step for position, step in enumerate(record.plan.steps) if not _is_done(record, position)]
    for step in record.plan.steps:
        planning.nexla.secrets.beware(step.arguments)
    begun = [step.key for step in record.steps if step.state is StepState.STARTED]
    undoing = record.status is Status.UNDOING
    return record.plan.model_copy(
        update={
            "tool": TOOL,
            "arguments": {"operation": record.id, "action": Control.RESUME.value},
            "summary": f"Go on with taking back operation {record.id}, which had failed."
            if undoing
            else f"Go on with operation {record.id}: {record.plan.summary}",
            "steps": tuple(record.plan.steps if undoing else left),
            "targets": tuple([await _as_it_is(planning, target) for target in record.plan.targets]),
            "notes": (
                *record.plan.notes,
                *(f"whether the step {key!r} was carried out is looked up first" for key in begun),
            ),
            "snapshot": None,
            "resumes": record.id,
        }
    )


async def plan_undo(planning: Planning, operation: str) -> Plan:
    """The inverses of what was done, the last first, judged by how things are now."""
    record = await read_operation(planning, operation)
    if record.status.value in PENDING and record.alive:
        raise _not(record, "undone", "it is still running; cancel it, or wait")
    if record.undone_by is not None:
        raise _not(record, "undone", f"operation {record.undone_by} did that already")
    await settled(planning, set(record.plan.locks))
    outputs, unclear = await _outputs(planning, record)
    if record.plan.of is None and any(_has_deleted(step, outputs.get(step.key)) for step in record.plan.steps):
        raise _not(record, "undone", f"what was deleted is gone ({_rebuild(record)})")
    made = frozenset((output.get("type"), output.get("id")) for output in outputs.values())
    build = _Undo(planning, made)
    for _, step in record.plan.backwards:
        if step.key in outputs and step.undo is not None and set(outputs_named(step.undo.arguments)) <= set(outputs):
            act = Act(action=step.undo.action, arguments=with_outputs(step.undo.arguments, outputs))
            await build.add(step, act)
    if not build.steps and unclear:
        raise Failure.of(
            ErrorCode.MAYBE_APPLIED,
            f"What operation {record.id} left behind cannot be told: {'; '.join(unclear)}",
            hint="Look at the newest resources, and cancel the operation when they are in order.",
            maybe_applied=True,
            next_tool="search_resources",
        )
    if not build.steps and not build.gone and not record.interrupted:
        raise _not(record, "undone", undo_of(record) if record.plan.rebuild else "nothing it did can be put back")
    return Plan(
        tool=TOOL,
        arguments={"operation": record.id, "action": Control.UNDO.value},
        principal=str(planning.principal),
        risk=build.risk,
        summary=f"Undo operation {record.id} ({record.plan.tool}: {record.plan.summary})",
        steps=tuple(build.steps),
        targets=tuple(build.targets),
        cannot_be_put_back=tuple(build.losses),
        notes=(*build.gone, *unclear),
        locks=(*record.plan.locks, f"operation:{record.id}"),
        undo_on_failure=False,
        of=record.id,
        type_to_confirm=_typed(build.targets, record),
    )


async def plan_rebuild(planning: Planning, operation: str) -> Plan:
    """What an operation deleted, built anew from its receipt: with new ids, without samples and history."""
    record = await read_operation(planning, operation)
    if not record.plan.rebuild or record.plan.snapshot is None:
        raise _not(record, "rebuilt", "its receipt does not hold all that would be needed")
    if record.status is not Status.DONE:
        raise _not(record, "rebuilt", f"it is {record.status.value}")
    blueprint = Blueprint.model_validate(record.plan.snapshot)
    rules, notes = await _rules(planning, blueprint)
    plan = await plan_blueprint(
        planning,
        blueprint.model_copy(update={"access": rules}),
        tool=TOOL,
        arguments={"operation": record.id, "action": Control.REBUILD.value},
        summary=f"Build anew what operation {record.id} deleted: {len(blueprint.parts)} resources with new ids.",
        notes=("ids are new; samples, metrics and logs are gone; a source reads from its beginning", *notes),
    )
    return plan.model_copy(update={"locks": (*plan.locks, f"operation:{record.id}")})


def undo_of(record: OperationRecord) -> str:
    """What control_operation can do to take an operation back: `undo`, `rebuild`, or in words why nothing."""
    if record.undone_by is not None:
        return f"undone by operation {record.undone_by}"
    if any(record.plan.steps[step.position].undo and _may_be_done(step.state) for step in record.steps):
        return "undo" if not any(_deletes(record, step.position) for step in record.steps) else _rebuild(record)
    if record.plan.rebuild and record.status is Status.DONE:
        return _rebuild(record)
    return "nothing to undo" if not record.steps else "cannot be undone"


def _rebuild(record: OperationRecord) -> str:
    if not record.plan.rebuild:
        return "cannot be undone"
    return "rebuild, which is no undo: new ids, no samples, no history"


def _deletes(record: OperationRecord, position: int) -> bool:
    """Whether a step has deleted something that is not of the operation's own making, and did not keep it after all."""
    known = record.step(position)
    if record.plan.steps[position].action not in DELETING or record.plan.of is not None or known is None:
        return False
    return _may_be_done(known.state) and not (known.output or {}).get(KEPT)


def _has_deleted(step: Step, output: dict[str, Any] | None) -> bool:
    """The same of a step whose output may have been looked up just now: it was cut off."""
    return step.action in DELETING and bool(output) and not (output or {}).get(KEPT)


@dataclass
class _Undo:
    """The inverse plan in the making."""

    planning: Planning
    made: Made

    def __post_init__(self) -> None:
        self.steps: list[Step] = []
        self.targets: list[Target] = []
        self.losses: list[str] = []
        self.gone: list[str] = []
        self.stopped: set[Key] = set()
        self.risk = Risk.WRITE

    async def add(self, step: Step, act: Act) -> None:
        """One inverse, unless things are already as it would make them."""
        work = _work(self.planning)
        # A single 404 is no proof that it is gone, and would leave behind what was to be taken back.
        for _ in range(2):
            try:
                foreseen = await action_named(act.action).foresee(work, act.arguments, self.made)
            except Failure as failure:
                if failure.info.code is not ErrorCode.NOT_FOUND:
                    raise
                continue
            foreseen = foreseen or self._started_again(act)
            if foreseen is not None:
                self._take_in(step, act, foreseen)
            return
        self.gone.append(f"{step.says}: gone already")

    def _started_again(self, act: Act) -> Foreseen | None:
        """What runs as it should now, and will not any more once the steps before have paused it."""
        if act.action != RestoreStatuses.name:
            return None
        runs = {key for key, running in nodes_of(act.arguments).items() if running} & self.stopped
        names = ", ".join(f"{kind.value} {identifier}" for kind, identifier in sorted(runs))
        return Foreseen(f"let {names} run again") if runs else None

    def _take_in(self, step: Step, act: Act, foreseen: Foreseen) -> None:
        self.steps.append(Step(key=f"undo:{step.key}", action=act.action, arguments=act.arguments, says=foreseen.says))
        known = {(target.type, target.id) for target in self.targets}
        if act.action == Pause.name:
            self.stopped |= {(target.type, target.id) for target in foreseen.targets}
        self.targets += [target for target in foreseen.targets if (target.type, target.id) not in known]
        self.losses += foreseen.losses
        self.risk = max(self.risk, foreseen.risk, key=list(Risk).index)


async def _outputs(planning: Planning, record: OperationRecord) -> tuple[dict[str, Any], list[str]]:
    """What each step gave that was done, or turns out to have been; and in words what cannot be told."""
    outputs = {step.key: step.output for step in record.steps if _may_be_done(step.state) and step.output is not None}
    unclear: list[str] = []
    for known in record.steps:
        if known.state not in {StepState.STARTED, StepState.UNKNOWN}:
            continue
        step = record.plan.steps[known.position]
        try:
            arguments = with_outputs(step.arguments, outputs)
            output = await action_named(step.action).left_behind(
                _work(planning, record, known), arguments, known.before
            )
        except Failure as failure:
            if not failure.info.maybe_applied:
                raise
            unclear.append(f"{step.says}: {failure.info.message}")
            continue
        if output is not None:
            outputs[step.key] = output
        elif step.undo is not None and step.key not in outputs_named(step.undo.arguments):
            # Acts that come to the same however often they are done are taken back as if they had been.
            outputs[step.key] = {}
    return outputs, unclear


def _work(planning: Planning, record: OperationRecord | None = None, step: StepRecord | None = None) -> Work:
    """What plans look with: the journals of earlier steps, and that of the step that is looked at."""
    read = partial(read_journal, planning.ledger.database)
    own = Journal(planning.ledger, record.id, step.position, record.executor) if record and step else None
    return Work(planning.nexla, journal=own, read_journal=read)


async def _rules(planning: Planning, blueprint: Blueprint) -> tuple[tuple[AccessRule, ...], list[str]]:
    """The grants of a snapshot, looked up anew; those that nobody answers to any more are named."""
    rules: list[AccessRule] = []
    notes: list[str] = []
    for rule in blueprint.access:
        for role in rule.roles:
            try:
                found = await access_rule(planning, SubjectType(rule.accessor["type"].lower()), _who(rule), Role(role))
            except (Failure, ValueError):
                notes.append(f"the grant {rule.accessor['type']} {rule.who}: {role} is not made again")
                continue
            rules.append(found.model_copy(update={"on": rule.on}))
    return tuple(rules), notes


def _who(rule: AccessRule) -> str | None:
    return None if rule.accessor["type"] == "ORG" else rule.who


async def _as_it_is(planning: Planning, target: Target) -> Target:
    """A target with its present status; without one when it is gone."""
    if target.type not in {ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION}:
        return target
    try:
        model = await getattr(planning.nexla, f"{target.type.value}s").get(target.id)
    except Failure as failure:
        if failure.info.code is not ErrorCode.NOT_FOUND:
            raise
        return target.model_copy(update={"status": "gone"})
    return target.model_copy(update={"status": model.status, "config": digest_of_model(model)})


def _typed(targets: list[Target], record: OperationRecord) -> str:
    return next((target.name for target in targets if target.name), record.id)


def _is_done(record: OperationRecord, position: int) -> bool:
    known = record.step(position)
    return known is not None and known.state is StepState.DONE


def _may_be_done(state: StepState) -> bool:
    return state in {StepState.DONE, StepState.NOT_UNDONE}


def _not(record: OperationRecord, what: str, why: str) -> Failure:
    return Failure.of(
        ErrorCode.CONFLICT,
        f"Operation {record.id} cannot be {what}: {why}. Nothing was done.",
        hint="get_operation shows how it stands.",
        next_tool="get_operation",
    )
