"""Toolset tasks: work that Nexla does in the background."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.background import TaskAct
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.results.tasks import TaskReport
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.TASKS,
    risk=Risk.DESTRUCTIVE,
    title="Start a task",
    summary="""
    Starts a background task of Nexla (pause many flows, audit logs, mark or delete notifications …) and waits a
    while for its end. No undo.
    """,
    changes=True,
    reaches_third_party=True,
    idempotent=False,
)
async def start_task(
    context: ToolContext,
    type: Annotated[str, Field(description="One that get_task lists.")],  # noqa: A002 - the word users know
    arguments: Annotated[dict[str, Any] | None, Field(description="As get_task of the type explains.")] = None,
) -> Plan:
    from nexla_mcp.operations.planning import tasks  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await tasks.plan_start(await context.planning(), type, arguments or {})


@tool(
    toolset=Toolset.TASKS,
    risk=Risk.READ,
    title="Get a task",
    summary="""
    A background task, its result; of a type its arguments; or all.
    """,
)
async def get_task(
    context: ToolContext,
    task: Annotated[str | None, Field(description="Id or type.")] = None,
    link: Annotated[bool, Field(description="Secret link.")] = False,
    wait_seconds: Annotated[float, Field(description="For its end.", ge=0, le=45)] = 0,
) -> TaskReport:
    from nexla_mcp.operations import tasks  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    if task is not None and not task[:1].isupper():
        return await tasks.one_task(context.nexla, task, wait_seconds, link=link, progress=context.progress)
    if link:
        raise Failure.of(ErrorCode.BAD_INPUT, "A link is of one task.", hint="Give its id as `task`.")
    return await tasks.list_tasks(context.nexla, task)


@tool(
    toolset=Toolset.TASKS,
    risk=Risk.DESTRUCTIVE,
    title="Manage a task",
    summary="""
    Reruns a background task, acknowledges it (its result goes), or deletes it. No undo.
    """,
    changes=True,
    reaches_third_party=True,
    idempotent=False,
)
async def manage_task(
    context: ToolContext,
    task: Annotated[str, Field(description="Id.")],
    act: Annotated[TaskAct, Field(description="What to do.")],
) -> Plan:
    from nexla_mcp.operations.planning import tasks  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await tasks.plan_act(await context.planning(), task, act)


TOOLS = (start_task, get_task, manage_task)
