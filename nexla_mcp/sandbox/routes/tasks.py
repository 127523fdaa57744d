"""Background tasks of the caller (contract 19). Their ids are text."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import background
from nexla_mcp.sandbox.errors import Refusal, invalid, not_found
from nexla_mcp.sandbox.routes.families import fields_of, owned
from nexla_mcp.sandbox.routing import Call, Reply, Route

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document


def list_tasks(call: Call) -> list[Any]:
    return [_shape(call, task) for task in _own(call)]


def list_of_type(call: Call) -> list[Any]:
    return [_shape(call, task) for task in _own(call) if task["type"] == call.path["task_type"]]


def list_by_status(call: Call) -> list[Any]:
    return [_shape(call, task) for task in _own(call) if task["status"] == call.path["status"]]


def list_types(_call: Call) -> Any:
    return Reply(list(background.TYPES), paged=False)


def explain(call: Call) -> Any:
    found = background.TYPES.get(call.path["task_type"])
    if found is None:
        raise not_found("Task type", call.path["task_type"][:40])
    return dict(found.arguments)


def create(call: Call) -> Any:
    payload = call.fields()
    principal = call.principal
    task = background.started(
        call.world, principal, payload.get("type"), payload.get("arguments"), payload.get("priority")
    )
    return _shape(call, task)


def get(call: Call) -> Any:
    return _shape(call, _one(call))


def delete(call: Call) -> Any:
    """One that has not begun never will."""
    task = _one(call)
    if task["status"] == "running":
        raise invalid("a running task cannot be deleted")
    call.world.store.delete(background.TASKS, task["id"])
    return {}


def rerun(call: Call) -> Any:
    task = _one(call)
    again = background.started(call.world, call.principal, task["type"], task["arguments"], task["priority"])
    return _shape(call, again)


def result(call: Call) -> Any:
    """400 while there is none yet: the documented 102 would be an interim answer to any client."""
    task = _ended(call)
    if "result" not in task:
        raise not_found("Result of task", task["id"])
    return task["result"]


def download_link(call: Call) -> Any:
    """Whoever has the link can fetch the file: it needs no login."""
    task = _ended(call)
    if not background.TYPES[task["type"]].downloadable:
        raise invalid("this task has nothing to download")
    if "result" not in task:
        raise not_found("Result of task", task["id"])
    return _link(task)


def acknowledge(call: Call) -> Any:
    task = _one(call)
    if "result" in task:
        task = {name: value for name, value in task.items() if name != "result"}
        call.world.store.put(background.TASKS, task)
    return _shape(call, task)


def _own(call: Call) -> list[Document]:
    who = {"owner_id": call.principal.user_id, "org_id": call.principal.org_id}
    return call.world.store.all(background.TASKS, **who)


def _one(call: Call) -> Document:
    """Others' tasks do not exist for the caller."""
    identifier = call.id("task_id")
    task = next((item for item in _own(call) if item["id"] == identifier), None)
    if task is None:
        raise not_found("Task", identifier)
    return task


def _ended(call: Call) -> Document:
    task = _one(call)
    if task["status"] in {"pending", "running"}:
        raise Refusal(400, f"the task is {task['status']}", code="VAL_001")
    return task


def _link(task: Document) -> str:
    signature = hashlib.sha256(f"{task['id']}:{task['created_ms']}".encode()).hexdigest()
    return f"https://downloads.sandbox.invalid/async_tasks/{task['id']}.json?signature={signature}"


def _shape(call: Call, task: Document) -> dict[str, Any]:
    shape = owned(call, task) | fields_of(task, "type", "status", "priority", "created_at", "stopped_at", "error")
    shape |= {"id": str(task["id"]), "progress": background.progress_of(task)}
    if "result" not in task:
        return shape
    if background.TYPES[task["type"]].downloadable:
        return shape | {"result_url": _link(task)}
    return shape | {"result": task["result"]}


_ONE = "/async_tasks/{task_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/async_tasks", list_tasks),
    Route("POST", "/async_tasks", create),
    Route("GET", "/async_tasks/types", list_types),
    Route("GET", "/async_tasks/of_type/{task_type}", list_of_type),
    Route("GET", "/async_tasks/by_status/{status}", list_by_status),
    Route("GET", "/async_tasks/explain_arguments/{task_type}", explain),
    Route("GET", _ONE, get),
    Route("DELETE", _ONE, delete),
    Route("POST", f"{_ONE}/rerun", rerun),
    Route("GET", f"{_ONE}/result", result),
    Route("GET", f"{_ONE}/download_link", download_link),
    Route("POST", f"{_ONE}/acknowledge", acknowledge),
)
