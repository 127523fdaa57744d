"""Puts a flow into a project, and is the inverse of itself."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.models import Flow
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import looked_up, patiently
from nexla_mcp.safety.untrusted import quoted


class FileFlow(Action):
    """Arguments: `flow` and the `project` that it is to be in, None for none. A flow is in one at most."""

    name: ClassVar[str] = "file_flow"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        flow, project = arguments["flow"], arguments["project"]
        seen = partial(_seen, work, arguments)
        try:
            if project is not None:
                await work.nexla.projects.add_flows(project, [flow])
            else:
                now = (await patiently(work, partial(work.nexla.flows.get, flow))).node.project_id
                if now is not None:
                    await work.nexla.projects.remove_flows(now, [flow])
        except Failure as lost:
            return await looked_up(work, lost, seen, resource=f"flow {flow}", next_tool="get_flow")
        return _output(arguments)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(_seen, work, arguments))

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        flow: Flow = await work.nexla.flows.get(arguments["flow"])
        if flow.node.project_id == arguments["project"]:
            return None
        where = "out of its project" if arguments["project"] is None else f"into project {arguments['project']}"
        target = Target(type=ResourceType.FLOW, id=flow.id, name=flow.name, status=flow.status)
        return Foreseen(f"put {target} {quoted(flow.name)} {where}", (target,))


async def _seen(work: Work, arguments: Arguments) -> Output | None:
    flow = await work.nexla.flows.get(arguments["flow"])
    return _output(arguments) if flow.node.project_id == arguments["project"] else None


def _output(arguments: Arguments) -> Output:
    project = arguments["project"]
    told = "in no project" if project is None else f"in project {project}"
    return {"type": "flow", "id": arguments["flow"], "told": told}
