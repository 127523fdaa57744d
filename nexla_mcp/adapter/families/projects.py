"""Projects and the flows in them (contract 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nexla_mcp.adapter.families.family import EVERYTHING_I_SEE, Family, require_items, written
from nexla_mcp.adapter.families.flow_answers import has_flows, read_flows
from nexla_mcp.adapter.models import Flow, Project
from nexla_mcp.adapter.rows import Rows, unreadable


class Projects(Family):
    async def list(self, *, access_role: str = EVERYTHING_I_SEE) -> Rows[Project]:
        return await self._all("list_projects", Project, query={"access_role": access_role})

    async def get(self, project_id: int) -> Project:
        return await self._one("get_project", Project, "project", project_id)

    async def create(self, body: Mapping[str, Any]) -> Project:
        return await self._create("create_project", Project, "the new project", dict(body))

    async def update(self, project_id: int, body: Mapping[str, Any]) -> Project:
        data = await self._change("update_project", project_id, read="get_project", body=dict(body))
        return written(data, Project, f"project {project_id}")

    async def delete(self, project_id: int) -> None:
        """Delete the folder; its flows stay."""
        await self._change("delete_project", project_id, read="get_project")

    async def flows(self, project_id: int) -> Rows[Flow]:
        """The flows in a project."""
        data = (await self._call("list_project_flows", project_id)).data
        if data == []:
            return Rows(total=0)
        if not has_flows(data):
            raise unreadable(f"the flows of project {project_id}", data)
        flows, lost = read_flows(data)
        return Rows(flows, lost, len(flows) + lost)

    async def add_flows(self, project_id: int, flow_ids: Sequence[int]) -> None:
        """Put flows into a project. The answer has two forms in the wild, so it is not read (trap T14)."""
        await self._write("add_project_flows", project_id, flow_ids)

    async def replace_flows(self, project_id: int, flow_ids: Sequence[int]) -> None:
        """Make these the only flows of a project."""
        await self._write("replace_project_flows", project_id, flow_ids)

    async def remove_flows(self, project_id: int, flow_ids: Sequence[int]) -> None:
        """Take these flows out of a project. An empty list would take out all of them, and is refused."""
        await self._write("remove_project_flows", project_id, flow_ids)

    async def _write(self, name: str, project_id: int, flow_ids: Sequence[int]) -> None:
        require_items([*flow_ids], "flows")
        await self._change(name, project_id, read="list_project_flows", body={"flows": list(flow_ids)})
