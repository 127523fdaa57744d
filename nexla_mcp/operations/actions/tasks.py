"""Starts background tasks of Nexla, and waits for their end."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.models import AsyncTask
from nexla_mcp.domain.background import TaskStatus
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.lost import looked_up, patiently
from nexla_mcp.operations.tasks import ended, error_of
from nexla_mcp.safety.untrusted import quoted

SHOWS = "get_task"
"""The tool that shows tasks."""
COUNTS_TOLD = 5


class StartTask(Action):
    """Arguments: `type` and `arguments` of a new task, or `type` and `rerun`, the id of one to run again.

    An answer that was lost is looked up: exactly one task of the type that was not there before is ours.
    """

    name: ClassVar[str] = "start_task"

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        return {"known": await patiently(work, partial(_marks, work, arguments))}

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        try:
            if "rerun" in arguments:
                task = await work.nexla.tasks.rerun(arguments["rerun"])
            else:
                task = await work.nexla.tasks.start(arguments["type"], arguments["arguments"])
        except Failure as lost:
            return await looked_up(
                work,
                lost,
                partial(self._found, work, arguments, before),
                resource=f"tasks of type {arguments['type']}",
                next_tool=SHOWS,
            )
        return _output(task.id)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        return await self._found(work, arguments, before)

    @staticmethod
    async def _found(work: Work, arguments: Arguments, before: Any) -> Output | None:
        """The task that came since; None when none did.

        Raises:
            Failure: `maybe_applied` when several did: whose they are cannot be told.
        """
        known = before["known"]
        marks = await patiently(work, partial(_marks, work, arguments))
        new = [task_id for task_id, mark in marks.items() if known.get(task_id) != mark]
        if "rerun" in arguments:
            new = [task_id for task_id in new if task_id not in known or task_id == arguments["rerun"]]
        else:
            new = [task_id for task_id in new if task_id not in known]
        if len(new) > 1:
            raise Failure.of(
                ErrorCode.MAYBE_APPLIED,
                f"{len(new)} tasks of type {arguments['type']} were started since; which is this one cannot be told.",
                hint=f"get_task(task={arguments['type']!r}) lists them. Do not start it again before you have looked.",
                next_tool=SHOWS,
                resource=f"tasks of type {arguments['type']}",
                maybe_applied=True,
            )
        return _output(new[0]) if new else None


class AwaitTask(Action):
    """Arguments: `task`, its id, and `seconds`. One that has not ended by then is told, and no failure."""

    name: ClassVar[str] = "await_task"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        task_id = str(arguments["task"])
        told = f"task {clean_text(task_id, 80)}"
        task = await ended(work, task_id, arguments["seconds"])
        if task is None:
            return {"id": task_id, "told": f"{told} has not ended yet: get_task tells how it ends"}
        if task.status != TaskStatus.COMPLETED.value:
            raise _failed(task, told)
        return {"id": task_id, "told": f"{told}: completed{_counts(task.result)}; get_task shows its result"}


async def _marks(work: Work, arguments: Arguments) -> dict[str, str]:
    """Each task of the type, with what changes when one of them runs anew."""
    rows = await work.nexla.tasks.list(task_type=arguments["type"])
    return {task.id: f"{task.created_at} {task.stopped_at}" for task in rows.items}


def _output(task_id: str) -> Output:
    return {"id": task_id, "told": f"task {clean_text(task_id, 80)}"}


def _counts(result: Any) -> str:
    """The numbers in a result: they are no contents."""
    if not isinstance(result, dict):
        return ""
    counts = [f"{clean_text(str(key), 40)} {value}" for key, value in result.items() if type(value) is int]
    return f" ({', '.join(counts[:COUNTS_TOLD])})" if counts else ""


def _failed(task: AsyncTask, told: str) -> Failure:
    reason = error_of(task)
    return Failure.of(
        ErrorCode.NOT_VERIFIED,
        f"{told} ended as {clean_text(task.status or 'unknown', 40)}{f': {quoted(reason, 300)}' if reason else ''}.",
        hint="Nexla does not say how much of it was done: look at what it was to change before starting it again.",
        next_tool=SHOWS,
        resource=told,
        maybe_applied=True,
    )
