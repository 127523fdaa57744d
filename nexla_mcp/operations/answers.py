"""Plans and operations as answers."""

from __future__ import annotations

from typing import Any

from nexla_mcp.domain.errors import ErrorCode, ErrorInfo
from nexla_mcp.domain.plans import Plan, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.operation import OperationAnswer, OperationRow, State, StepRow, Touched
from nexla_mcp.operations.actions.all import DELETING, MAKING
from nexla_mcp.operations.planning.control import undo_of
from nexla_mcp.safety.gate import Needed
from nexla_mcp.safety.ledger import OperationRecord, Status, StepRecord, StepState

_STATES = {
    Status.RUNNING: State.RUNNING,
    Status.UNDOING: State.RUNNING,
    Status.DONE: State.DONE,
    Status.FAILED: State.FAILED,
    Status.CANCELLED: State.CANCELLED,
    Status.UNDONE: State.UNDONE,
}


def state_of(record: OperationRecord) -> State:
    return State.INTERRUPTED if record.interrupted else _STATES[record.status]


def answer_of_plan(plan: Plan, state: State, *, why: str = "", needed: Needed | None = None) -> OperationAnswer:
    """A plan that was not run."""
    notes = [*([why] if why else []), *plan.notes]
    return OperationAnswer(
        state=State.UNCHANGED if plan.changes_nothing and state is State.PLANNED else state,
        summary=plan.summary,
        tool=plan.tool,
        risk=plan.risk.value,
        steps=[_step_row(plan, position, None) for position in range(len(plan.steps))] or None,
        resources=_resources(plan) or None,
        also=list(plan.also) or None,
        cannot_be_put_back=list(plan.cannot_be_put_back) or None,
        undo=_promised(plan),
        notes=notes or None,
        confirmation=needed.token if needed else None,
        approve_code=needed.code if needed else None,
        expires=needed.expires if needed else None,
    )


def answer_of_operation(record: OperationRecord, *, in_full: bool = False) -> OperationAnswer:
    """An operation as it stands. `in_full` is its receipt: arguments, who allowed it, whom it touched."""
    plan = record.plan
    made = [row for step in record.steps if (row := _made(plan, step)) is not None]
    existing = _resources(plan) if in_full else [row for row in _resources(plan) if row.role == "existing"]
    return OperationAnswer(
        state=state_of(record),
        summary=plan.summary,
        operation=record.id,
        tool=plan.tool,
        risk=plan.risk.value if in_full else None,
        started=record.started_at,
        ended=record.ended_at,
        principal=plan.principal if in_full else None,
        decision=record.decision if in_full else None,
        arguments=plan.arguments if in_full else None,
        steps=[_step_row(plan, position, record.step(position)) for position in range(len(plan.steps))],
        resources=[*existing, *made] or None,
        also=(list(plan.also) or None) if in_full else None,
        cannot_be_put_back=(list(plan.cannot_be_put_back) or None) if in_full else None,
        undo=undo_of(record),
        items=_of_batch(record, "items"),
        problems=_of_batch(record, "problems") or None,
        verified=next((step.output["verified"] for step in record.steps if _verified(step)), None),
        notes=list(plan.notes) or None,
        kept=plan.snapshot if in_full else None,
        error=record.error.model_dump(mode="json", exclude_none=True, exclude_defaults=True) if record.error else None,
    )


def answer_of_list(records: list[OperationRecord]) -> OperationAnswer:
    """The newest operations as rows."""
    rows = [
        OperationRow(
            operation=record.id,
            tool=record.plan.tool,
            state=state_of(record),
            summary=record.plan.summary,
            started=record.started_at,
            undo=undo_of(record),
        )
        for record in records
    ]
    interrupted = sum(row.state is State.INTERRUPTED for row in rows)
    running = any(row.state is State.RUNNING for row in rows)
    return OperationAnswer(
        state=State.INTERRUPTED if interrupted else State.RUNNING if running else State.DONE,
        summary=f"{len(rows)} operations, {interrupted} of them interrupted." if rows else "No operations yet.",
        operations=rows,
    )


def error_of(record: OperationRecord) -> ErrorInfo | None:
    """The error of a failed operation for its reader, with what became of the steps before it."""
    if record.status is not Status.FAILED:
        return _partly_failed(record)
    info = record.error or ErrorInfo(code=ErrorCode.INTERNAL, message="The operation failed without saying why.")
    undone = [record.plan.steps[step.position].says for step in record.steps if step.state is StepState.UNDONE]
    kept = [record.plan.steps[step.position].says for step in record.steps if step.state is StepState.NOT_UNDONE]
    done = [
        record.plan.steps[step.position].says
        for step in record.steps
        if step.state is StepState.DONE and _leaves_something(record.plan, step)
    ]
    parts = [info.message.rstrip(".") + "."]
    parts += [f"Taken back: {'; '.join(undone)}."] if undone else []
    parts += [f"COULD NOT be taken back: {'; '.join(kept)}."] if kept else []
    parts += [f"Done and left so: {'; '.join(done)}."] if done else []
    return info.model_copy(
        update={
            "message": " ".join(parts),
            "maybe_applied": info.maybe_applied or bool(kept or done),
            "hint": info.hint or f"get_operation({record.id!r}) shows every step.",
        }
    )


def _partly_failed(record: OperationRecord) -> ErrorInfo | None:
    """The error of a batch that came to its end and of which not every item did."""
    problems = _of_batch(record, "problems")
    if not problems or record.status is not Status.DONE:
        return None
    counts = _of_batch(record, "items")
    unknown = counts.get("unknown", 0)
    told = ", ".join(f"{number:,} {word}" for word, number in counts.items())
    return ErrorInfo(
        code=ErrorCode.MAYBE_APPLIED if unknown else ErrorCode.CONFLICT,
        message=f"The batch came to its end, and not every item did: {told}.",
        hint="Mend what failed and run the same batch again: what is done is left as it is. The batch can be undone.",
        maybe_applied=bool(unknown),
        next_tool="get_operation",
    )


def _of_batch(record: OperationRecord, what: str) -> Any:
    outputs = (step.output for step in record.steps if isinstance(step.output, dict))
    return next((output[what] for output in outputs if what in output), None)


def _leaves_something(plan: Plan, step: StepRecord) -> bool:
    """Whether a finished step changed something that is not as it was: also where nothing could put it back."""
    known = plan.steps[step.position]
    return known.undo is not None or known.action in DELETING or plan.of is not None


def _promised(plan: Plan) -> str | None:
    """What undo there will be, said before the write."""
    if plan.changes_nothing:
        return None
    if any(step.action in DELETING for step in plan.steps):
        return "none; rebuild, with new ids and without samples" if plan.rebuild else "none"
    return "undo" if any(step.undo for step in plan.steps) else "none"


def _step_row(plan: Plan, position: int, record: StepRecord | None) -> StepRow:
    step = plan.steps[position]
    return StepRow(
        step=step.key,
        does=step.says,
        state=record.state.value if record else None,
        result=_result(record) if record else None,
        undo=step.undo.action if step.undo else None,
    )


def _result(record: StepRecord) -> str | None:
    if record.error is not None:
        return f"{record.error.code.value}: {record.error.message}"
    return _told(record.output) if isinstance(record.output, dict) else None


def _told(output: dict[str, Any]) -> str | None:
    """An output in a few words."""
    parts = [f"{output['type']} {output['id']}"] if "type" in output and "id" in output else []
    parts += [output["told"]] if "told" in output else []
    parts += ["found after its answer was lost"] if output.get("found") else []
    parts += ["was gone already"] if output.get("gone_already") else []
    parts += [f"roles: {', '.join(output['roles']) or 'none'}"] if "roles" in output else []
    parts += [f"probe: {output['probe']}"] if "probe" in output else []
    parts += [f"{output['verified']} ({output['evidence']})"] if "verified" in output else []
    parts += [f"{output['others']} more nexsets were detected"] if "others" in output else []
    statuses = output.get("statuses")
    if isinstance(statuses, dict):
        parts.append(", ".join(f"{name} {status}" for name, status in statuses.items()))
    if output.get("not_as_wanted"):
        parts.append(f"NOT as wanted: {', '.join(output['not_as_wanted'])}")
    if output.get("not_read_back"):
        parts.append(f"statuses not read back ({output['not_read_back']})")
    return "; ".join(parts) or None


def _verified(step: StepRecord) -> bool:
    return isinstance(step.output, dict) and "verified" in step.output


def _made(plan: Plan, step: StepRecord) -> Touched | None:
    known = plan.steps[step.position]
    made = known.action in MAKING and step.state is StepState.DONE
    if not made or not isinstance(step.output, dict):
        return None
    output = step.output
    return Touched(type=ResourceType(output["type"]), id=output["id"], name=output.get("name"), role="made")


def _resources(plan: Plan) -> list[Touched]:
    rows = [_touched(target, "target") for target in plan.targets]
    rows += [_touched(target, "affected") for target in plan.affected]
    return rows + [_touched(target, "existing") for target in plan.existing if target not in plan.targets]


def _touched(target: Target, role: str) -> Touched:
    return Touched(
        type=target.type,
        id=target.id,
        name=target.name,
        status=target.status,
        owner=target.owner,
        shared_with=target.shared_with or None,
        role=role,
    )
