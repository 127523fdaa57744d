"""Plans of `start_task` and `manage_task`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nexla_mcp.adapter.models import AsyncTask
from nexla_mcp.domain.background import UNFINISHED, TaskAct, TaskStatus, risk_of
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.planning.checked_config import checked_body
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.settling import refuse_half_done, settled
from nexla_mcp.operations.planning.survey import survey_flow, survey_one
from nexla_mcp.operations.tasks import explained
from nexla_mcp.safety.digest import digest_of_json
from nexla_mcp.safety.untrusted import quoted

WAIT_SECONDS = 30
"""How long a step waits for the end of a task."""
MOST_TARGETS = 50
_WORDS = (
    ("flow", ResourceType.FLOW),
    ("user", ResourceType.USER),
    ("owner", ResourceType.USER),
    ("credential", ResourceType.CREDENTIAL),
)
"""Words in an argument's name that tell what its ids are of; the contract does not name the arguments."""
_LOSSES = {
    "BulkDeleteNotifications": "the deleted notifications",
    "ChownUserResources": "who owned what: another such task the other way hands over everything, not only this",
    "DeactivateUser": "the user's access, until an admin activates the account again in Nexla",
    "BulkPauseFlows": "which nodes ran before: activate starts each flow again, as a whole",
    "BulkMarkAsReadNotifications": "which notifications were unread",
}


@dataclass(frozen=True)
class _Reach:
    """What a task's arguments name."""

    targets: tuple[Target, ...] = ()
    affected: tuple[Target, ...] = ()
    also: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


async def plan_start(planning: Planning, task_type: str, arguments: Mapping[str, Any]) -> Plan:
    """Starts a task and waits a while for its end. Nothing takes it back, which the plan says.

    Raises:
        Failure: `bad_input` for a type or an argument that Nexla does not have; `not_found` for what they name.
    """
    taken = await explained(planning.nexla, task_type)
    unknown = [name for name in arguments if name not in taken]
    if unknown:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{task_type} does not take {', '.join(repr(name[:60]) for name in unknown)}. Nothing was done.",
            hint=f"It takes {'; '.join(f'{name} ({text})' for name, text in taken.items()) or 'nothing'}.",
            next_tool="get_task",
        )
    body = checked_body(planning.nexla.secrets, dict(arguments))
    reach = await _reach(planning, task_type, body)
    own = f"task:{task_type}:{digest_of_json(body)}"
    await refuse_half_done(planning, own)
    await settled(planning, {own, *reach.locks})
    left_out = [name for name, text in taken.items() if name not in arguments and "optional" not in text.lower()]
    notes = [f"not given: {', '.join(left_out)}"] if left_out else []
    return _plan(
        planning,
        tool="start_task",
        arguments={"type": task_type, "arguments": body},
        task_type=task_type,
        start={"type": task_type, "arguments": body},
        summary=f"Start the background task {task_type}.",
        reach=reach,
        lock=own,
        notes=[*notes, *await _running(planning, task_type)],
    )


async def plan_act(planning: Planning, task_id: str, act: TaskAct) -> Plan:
    """Runs a task again, lets its result go, or deletes it.

    Raises:
        Failure: `not_found` for a task that is not the caller's; `conflict` for one that cannot be deleted now.
    """
    lock = f"task:{task_id}"
    await settled(planning, {lock})
    task = await planning.nexla.tasks.get(task_id)
    if act is TaskAct.RERUN:
        return await _plan_rerun(planning, task, lock)
    return _plan_end(planning, task, act, lock)


async def _plan_rerun(planning: Planning, task: AsyncTask, lock: str) -> Plan:
    await refuse_half_done(planning, lock)
    task_type = task.type or ""
    note = "Nexla does not say with which arguments the task was started: what it acts on cannot be shown"
    return _plan(
        planning,
        tool="manage_task",
        arguments={"task": task.id, "act": TaskAct.RERUN.value},
        task_type=task_type,
        start={"type": task_type, "rerun": task.id},
        summary=f"Run task {_label(task)} again, with its old arguments.",
        reach=_Reach(notes=(note,)),
        lock=lock,
        notes=await _running(planning, task_type),
    )


def _plan(
    planning: Planning,
    *,
    tool: str,
    arguments: dict[str, Any],
    task_type: str,
    start: dict[str, Any],
    summary: str,
    reach: _Reach,
    lock: str,
    notes: list[str],
) -> Plan:
    risk = risk_of(task_type)
    awaited = {"task": output_of("task"), "seconds": WAIT_SECONDS}
    return Plan(
        tool=tool,
        arguments=arguments,
        principal=str(planning.principal),
        risk=risk,
        summary=summary,
        steps=(
            Step(key="task", action="start_task", arguments=start, says=f"start {clean_text(task_type, 80)}, once"),
            Step(key="end", action="await_task", arguments=awaited, says=f"wait up to {WAIT_SECONDS} s for its end"),
        ),
        targets=reach.targets,
        affected=reach.affected,
        also=reach.also,
        cannot_be_put_back=(_LOSSES.get(task_type, "what the task does: a background task has no undo"),),
        notes=(*reach.notes, *notes, "it is sent once; a failed task may have done a part of its work"),
        locks=(lock, *reach.locks),
        undo_on_failure=False,
        type_to_confirm=task_type if risk is Risk.DESTRUCTIVE else None,
    )


def _plan_end(planning: Planning, task: AsyncTask, act: TaskAct, lock: str) -> Plan:
    """Of acknowledge, which lets the stored result go, and of delete."""
    deletes = act is TaskAct.DELETE
    if task.status == TaskStatus.RUNNING.value and deletes:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"Task {_label(task)} is running: Nexla deletes none that runs. Nothing was done.",
            hint="Wait for its end with get_task.",
            next_tool="get_task",
        )
    if task.status in UNFINISHED and not deletes:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"Task {_label(task)} has not ended: there is no result to let go. Nothing was done.",
            hint="Wait for its end with get_task.",
            next_tool="get_task",
        )
    operation = "delete_async_task" if deletes else "acknowledge_async_task"
    what = f"{act.value} task {_label(task)}"
    loss = "the stored result; get_task shows it before" if task.status not in UNFINISHED else "the task: it never runs"
    return Plan(
        tool="manage_task",
        arguments={"task": task.id, "act": act.value},
        principal=str(planning.principal),
        risk=Risk.DESTRUCTIVE if deletes else Risk.WRITE,
        summary=f"{what[:1].upper()}{what[1:]}.",
        steps=(
            Step(
                key=act.value,
                action="call",
                arguments={"operation": operation, "ids": {"task_id": task.id}, "query": {}, "body": None},
                says=what,
            ),
        ),
        also=(f"status: {task.status}",),
        cannot_be_put_back=(loss,),
        locks=(lock,),
        undo_on_failure=False,
        type_to_confirm=(task.type or task.id) if deletes else None,
    )


def _label(task: AsyncTask) -> str:
    return f"{clean_text(task.id, 80)} ({clean_text(task.type or 'unknown type', 80)})"


async def _running(planning: Planning, task_type: str) -> list[str]:
    """Tasks of the same type that have not ended."""
    rows = (await planning.nexla.tasks.list(task_type=task_type)).items
    going = sorted(task.id for task in rows if task.status in UNFINISHED)
    return [f"tasks of this type that have not ended: {', '.join(going)}"] if going else []


async def _reach(planning: Planning, task_type: str, body: Mapping[str, Any]) -> _Reach:
    """The resources that the ids in the arguments are of, looked up.

    Raises:
        Failure: when one cannot be read: a task must not be started in the dark.
    """
    named = list(dict.fromkeys(_named(body)))
    if len(named) > MOST_TARGETS:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{len(named)} resources are too many for one task: a person could not read them all. Nothing was done.",
            hint=f"Start tasks of at most {MOST_TARGETS} each, or use run_batch.",
        )
    reach = _Reach()
    for kind, identifier in named:
        found = await _looked_up(planning, kind, identifier)
        reach = _Reach(
            (*reach.targets, *found.targets),
            (*reach.affected, *found.affected),
            tuple(dict.fromkeys((*reach.also, *found.also))),
            (*reach.locks, *found.locks),
            (*reach.notes, *found.notes),
        )
    unseen = risk_of(task_type) is not Risk.WRITE and not named
    note = (f"what {task_type} acts on is in its arguments alone: {clean_text(str(dict(body)), 200)}",)
    return _Reach(notes=note) if unseen else reach


def _named(body: Mapping[str, Any]) -> Iterator[tuple[ResourceType, int]]:
    for name, value in body.items():
        kind = next((kind for word, kind in _WORDS if word in name.lower()), None)
        ids = value if isinstance(value, list) else [value]
        if kind is not None:
            yield from ((kind, item) for item in ids if type(item) is int)


async def _looked_up(planning: Planning, kind: ResourceType, identifier: int) -> _Reach:
    if kind is ResourceType.FLOW:
        survey = await survey_flow(planning.nexla, kind, identifier)
        return _Reach(survey.targets[:1], survey.targets[1:], survey.also, survey.locks, survey.notes)
    if kind is ResourceType.USER:
        user = await planning.nexla.users.get(identifier)
        name = quoted(user.full_name) if user.full_name else None
        target = Target(type=kind, id=identifier, name=user.full_name, owner=user.email, status=user.status)
        also = (f"user {identifier} is {name or 'unnamed'}, {clean_text(user.email or 'without address', 120)}",)
        return _Reach((target,), also=also, locks=(f"user:{identifier}",))
    target, _ = await survey_one(planning.nexla, kind, identifier)
    return _Reach((target,), locks=(f"{kind.value}:{identifier}",))
