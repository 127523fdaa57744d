"""Background tasks: which there are, how one ended, and what it found."""

from __future__ import annotations

from functools import partial
from typing import Any

from nexla_mcp.adapter.models import AsyncTask
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.background import UNFINISHED, TaskStatus
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.results.tasks import TaskReport, TaskRow
from nexla_mcp.domain.secrets import mask_secrets, mask_text
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.actions.action import Work
from nexla_mcp.operations.actions.waiting import watched
from nexla_mcp.operations.progress import Progress
from nexla_mcp.safety.untrusted import cleaned

LONGEST_TEXT = 300
LISTED = 100
"""Most tasks of a list."""


async def list_tasks(nexla: Nexla, task_type: str | None) -> TaskReport:
    """The caller's tasks, the newest first; with a type what such a task takes, else the types that there are."""
    arguments = await explained(nexla, task_type) if task_type is not None else None
    types = list(await nexla.tasks.types()) if task_type is None else None
    rows = [row_of(task) for task in (await nexla.tasks.list(task_type=task_type)).items]
    rows.sort(key=lambda row: (row.created_at.timestamp() if row.created_at else 0.0, row.id), reverse=True)
    report = TaskReport(tasks=rows, types=types, arguments=arguments)
    return report.cut("tasks", LISTED) if len(rows) > LISTED else report


async def one_task(nexla: Nexla, task_id: str, wait_seconds: float, *, link: bool, progress: Progress) -> TaskReport:
    """One task, waited for, with its result if it has ended well. The link is fetched only when it is asked for."""
    task = await nexla.tasks.get(task_id)
    if wait_seconds and task.status in UNFINISHED:
        work = Work(nexla, partial(progress, 0, 1))
        task = await ended(work, task_id, wait_seconds) or await nexla.tasks.get(task_id)
    report = TaskReport(tasks=[row_of(task)])
    if task.status != TaskStatus.COMPLETED.value:
        return report.model_copy(update={"result_missing": f"the task is {task.status or 'in an unknown state'}"})
    return report.model_copy(update={**await _result(nexla, task_id), **(await _link(nexla, task_id) if link else {})})


async def ended(work: Work, task_id: str, seconds: float) -> AsyncTask | None:
    """The task once it has ended; None when it has not in so many seconds."""

    async def look() -> AsyncTask | None:
        task = await work.nexla.tasks.get(task_id)
        return task if task.status not in UNFINISHED else None

    return await watched(work, seconds, look, f"waiting for task {clean_text(task_id, 80)}")


async def explained(nexla: Nexla, task_type: str) -> dict[str, str]:
    """What a task of this type takes: argument and description, in Nexla's words.

    Raises:
        Failure: `bad_input` for a type that Nexla does not have, with those that it has.
    """
    types = list(await nexla.tasks.types())
    if task_type not in types:
        known = ", ".join(clean_text(name, 80) for name in types)
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"Nexla has no task type {task_type[:60]!r}. Nothing was done.",
            hint=f"Types: {known}. get_task(task='TYPE') tells what one takes.",
            next_tool="get_task",
        )
    taken = await nexla.tasks.explain(task_type)
    return {clean_text(name, 80): clean_text(text, LONGEST_TEXT) for name, text in taken.items()}


def row_of(task: AsyncTask) -> TaskRow:
    """Without its `result_url`: that link opens the file to anybody."""
    return TaskRow(
        id=task.id,
        type=task.type,
        status=task.status,
        progress=task.progress,
        created_at=task.created_at,
        stopped_at=task.stopped_at,
        error=error_of(task),
    )


def error_of(task: AsyncTask) -> str | None:
    """Why it failed, in Nexla's words."""
    if not task.error:
        return None
    told = task.error.get("message") or task.error
    return clean_text(mask_text(str(mask_secrets(told))), LONGEST_TEXT)


async def _result(nexla: Nexla, task_id: str) -> dict[str, Any]:
    try:
        found = cleaned(mask_secrets(await nexla.tasks.result(task_id)))
    except Failure as failure:
        if failure.info.code is not ErrorCode.NOT_FOUND:
            raise
        return {"result_missing": "Nexla has none any more: it was acknowledged, or kept long enough"}
    only = next(iter(found.values())) if isinstance(found, dict) and len(found) == 1 else found
    return {"rows": only} if isinstance(only, list) else {"result": found}


async def _link(nexla: Nexla, task_id: str) -> dict[str, Any]:
    try:
        return {"download_link": await nexla.tasks.download_link(task_id)}
    except Failure as failure:
        if failure.info.code not in {ErrorCode.NOT_FOUND, ErrorCode.BAD_INPUT}:
            raise
        return {"result_missing": "there is nothing to download"}
