"""Toolset operate: start, stop, delete, and what became of a change."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.controls import Control, Deletable, Node
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.operation import OperationAnswer
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool

NodeType = Annotated[Node, Field(description="What the id is of.")]


@tool(
    toolset=Toolset.OPERATE,
    risk=Risk.WRITE,
    title="Activate",
    summary="""
    Starts a node with everything downstream, or with type=flow the whole tree; reads every status back and looks
    whether records flow.
    """,
    changes=True,
)
async def activate(
    context: ToolContext,
    resource: Annotated[int, Field(description="Id.")],
    type: NodeType = Node.FLOW,  # noqa: A002 - the word users know
    verify: Annotated[bool, Field(description="Look up to 30 s for records.")] = True,
) -> Plan:
    from nexla_mcp.operations.planning import running  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await running.plan_activation(await context.planning(), ResourceType(type.value), resource, verify=verify)


@tool(
    toolset=Toolset.OPERATE,
    risk=Risk.DISRUPTIVE,
    title="Pause",
    summary="""
    Stops a node with everything downstream, or with type=flow the whole tree; reads every status back. Pausing what
    runs needs confirmation. Undo puts each node back to what it was.
    """,
    changes=True,
)
async def pause(
    context: ToolContext,
    resource: Annotated[int, Field(description="Id.")],
    type: NodeType = Node.FLOW,  # noqa: A002 - the word users know
) -> Plan:
    from nexla_mcp.operations.planning import running  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await running.plan_pause(await context.planning(), ResourceType(type.value), resource)


@tool(
    toolset=Toolset.OPERATE,
    risk=Risk.DESTRUCTIVE,
    title="Delete a resource",
    summary="""
    Deletes for ever, pausing first: a flow with all its nodes, or one resource of another type. A person has to
    confirm. There is no undo; whether it can be rebuilt (new ids, no samples) is said before. To stop a flow use pause.
    """,
    changes=True,
)
async def delete_resource(
    context: ToolContext,
    type: Annotated[Deletable, Field(description="Its type.")],  # noqa: A002 - the word users know
    resource: Annotated[int, Field(description="Id.")],
    with_downstream: Annotated[bool, Field(description="Also delete what hangs below it.")] = False,
) -> Plan:
    from nexla_mcp.operations.planning import deletion  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    kind = ResourceType(type.value)
    return await deletion.plan_deletion(await context.planning(), kind, resource, with_downstream=with_downstream)


@tool(
    toolset=Toolset.OPERATE,
    risk=Risk.DESTRUCTIVE,
    title="Rotate a credential",
    summary="""
    Replaces a login everywhere: makes the new one (or takes one that is there) and tries it, finds all that uses the
    old one, pauses what runs, switches it, lets it run as before and looks at the next runs. If anything fails, all is
    put back to the old login. The old one is kept unless delete_old.
    """,
    changes=True,
    reaches_third_party=True,
)
async def rotate_credential(
    context: ToolContext,
    credential: Annotated[int, Field(description="Id of the old one.")],
    credentials: Annotated[
        dict[str, Any] | None, Field(description="Fields of the new one; secrets as references.")
    ] = None,
    new_credential: Annotated[int | None, Field(description="Or the id of one that is there.")] = None,
    name: Annotated[str | None, Field(description="Of the new one.")] = None,
    delete_old: Annotated[bool, Field(description="Delete the old one once every flow has run.")] = False,
) -> Plan:
    from nexla_mcp.operations.planning import rotation  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await rotation.plan_rotation(
        await context.planning(),
        credential,
        new=new_credential,
        credentials=credentials,
        name=name,
        delete_old=delete_old,
    )


@tool(
    toolset=Toolset.OPERATE,
    risk=Risk.READ,
    title="Get an operation",
    summary="""
    How far a change is, or its receipt: who, what, who allowed it, each step with its result, what undo there is.
    Without an id the newest changes made from here.
    """,
)
async def get_operation(
    context: ToolContext,
    operation: Annotated[str | None, Field(description="Its id.")] = None,
    wait_seconds: Annotated[float, Field(description="Wait for its end.", ge=0, le=45)] = 0,
    limit: Annotated[int, Field(description="Of the list.", ge=1, le=100)] = 20,
) -> OperationAnswer:
    from nexla_mcp.operations import receipts  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    desk = await context.open_desk()
    if operation is None:
        return await receipts.newest(desk, limit)
    return await receipts.receipt(desk, operation, wait_seconds, context.progress)


@tool(
    toolset=Toolset.OPERATE,
    risk=Risk.DESTRUCTIVE,
    title="Control an operation",
    summary="""
    resume: go on with an interrupted change. undo: take its steps back, the last first, planned from how things are
    now. rebuild: make anew what it deleted. cancel: stop before the next step; what is done stays.
    """,
    changes=True,
)
async def control_operation(
    context: ToolContext,
    operation: Annotated[str, Field(description="Its id.")],
    action: Annotated[Control, Field(description="What to do with it.")],
) -> Plan | OperationAnswer:
    from nexla_mcp.operations import receipts  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await receipts.control(await context.open_desk(), operation, action, dry_run=context.dry_run)


TOOLS = (activate, pause, delete_resource, rotate_credential, get_operation, control_operation)
