"""Limits and background tasks (contract 19, 20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nexla_mcp.adapter.families.family import Family, written
from nexla_mcp.adapter.models import ApprovalRequest, AsyncTask, Limit, Runtime
from nexla_mcp.adapter.rows import Rows, list_in, read_or_none, unreadable


class Platform(Family):
    async def limits(self) -> Sequence[Limit]:
        """The rate limits of this login, by window (second, day) and category (light, medium, high, common)."""
        data = (await self._call("get_limits")).data
        if not isinstance(data, dict):
            raise unreadable("the limits", data)
        found = [
            read_or_none({**row, "window": window, "category": category}, Limit)
            for window, categories in data.items()
            if isinstance(categories, dict)
            for category, row in categories.items()
            if isinstance(row, dict)
        ]
        return [row for row in found if row is not None]

    async def runtimes(self) -> Rows[Runtime]:
        """The custom runtimes of the org (contract 20)."""
        return await self._all("list_runtimes", Runtime)

    async def pending_approvals(self) -> Rows[ApprovalRequest]:
        """Requests that wait for the caller's decision (contract 18)."""
        return await self._all("list_pending_approval_requests", ApprovalRequest)

    async def own_approvals(self) -> Rows[ApprovalRequest]:
        """Requests that the caller has made."""
        return await self._all("list_own_approval_requests", ApprovalRequest)


class Tasks(Family):
    async def list(self, *, status: str | None = None, task_type: str | None = None) -> Rows[AsyncTask]:
        """The caller's background tasks, of one status or one type if either is given."""
        if status is not None:
            return await self._all("list_async_tasks_by_status", AsyncTask, status)
        if task_type is not None:
            return await self._all("list_async_tasks_of_type", AsyncTask, task_type)
        return await self._all("list_async_tasks", AsyncTask)

    async def get(self, task_id: str) -> AsyncTask:
        return await self._one("get_async_task", AsyncTask, "task", task_id)

    async def types(self) -> Sequence[str]:
        return [name for name in list_in((await self._call("list_async_task_types")).data) if isinstance(name, str)]

    async def explain(self, task_type: str) -> dict[str, str]:
        """What a task of this type takes: argument and description."""
        data = (await self._call("explain_async_task_arguments", task_type)).data
        if not isinstance(data, dict):
            raise unreadable("what the task takes", data)
        return {str(name): text if isinstance(text, str) else "" for name, text in data.items()}

    async def start(self, task_type: str, arguments: Mapping[str, Any]) -> AsyncTask:
        """A new task, sent once."""
        return await self._create(
            "create_async_task", AsyncTask, "the task", {"type": task_type, "arguments": arguments}
        )

    async def rerun(self, task_id: str) -> AsyncTask:
        """A new run of a task with its old arguments, sent once."""
        return written((await self._call("rerun_async_task", task_id)).data, AsyncTask, f"task {task_id}")

    async def download_link(self, task_id: str) -> str:
        """An address that opens the file of a task to whoever has it: a secret."""
        data = (await self._call("get_async_task_download_link", task_id)).data
        if not isinstance(data, str) or not data:
            raise unreadable("the download link", None)
        return data

    async def result(self, task_id: str) -> Any:
        """What a finished task produced, in a form of its own."""
        return (await self._call("get_async_task_result", task_id)).data
