"""Teams, users and organisations (contract 15 to 17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nexla_mcp.adapter.families.family import EVERYTHING_I_SEE, Family, flag, require_items, written
from nexla_mcp.adapter.models import Org, OrgMember, Team, TeamMember, User
from nexla_mcp.adapter.rows import Rows, read_one, read_rows


class Teams(Family):
    async def list(self, *, access_role: str = EVERYTHING_I_SEE) -> Rows[Team]:
        return await self._all("list_teams", Team, query={"access_role": access_role})

    async def get(self, team_id: int) -> Team:
        return await self._one("get_team", Team, "team", team_id)

    async def create(self, body: Mapping[str, Any]) -> Team:
        return await self._create("create_team", Team, "the new team", dict(body))

    async def update(self, team_id: int, body: Mapping[str, Any]) -> Team:
        data = await self._change("update_team", team_id, read="get_team", body=dict(body))
        return written(data, Team, f"team {team_id}")

    async def delete(self, team_id: int) -> None:
        await self._change("delete_team", team_id, read="get_team")

    async def members(self, team_id: int) -> Rows[TeamMember]:
        """The members, whether they come flat or nested as published (contract 15)."""
        data = (await self._call("list_team_members", team_id)).data
        if isinstance(data, list):
            data = [
                member
                for row in data
                for member in (
                    row["members"] if isinstance(row, dict) and isinstance(row.get("members"), list) else [row]
                )
            ]
        items, lost = read_rows(data, TeamMember)
        return Rows(items, lost, len(items) + lost)

    async def add_members(self, team_id: int, members: Sequence[Mapping[str, Any]]) -> None:
        """Add members, each `{id | email, admin}`."""
        await self._write("add_team_members", team_id, members)

    async def replace_members(self, team_id: int, members: Sequence[Mapping[str, Any]]) -> None:
        """Make these the only members."""
        await self._write("replace_team_members", team_id, members)

    async def remove_members(self, team_id: int, members: Sequence[Mapping[str, Any]]) -> None:
        """Remove these members. An empty list would remove all of them, and is refused."""
        await self._write("remove_team_members", team_id, members)

    async def _write(self, name: str, team_id: int, members: Sequence[Mapping[str, Any]]) -> None:
        require_items([*members], "members")
        body = {"members": [dict(member) for member in members]}
        await self._change(name, team_id, read="list_team_members", body=body)


class Users(Family):
    async def current(self) -> User:
        """The caller. The published form of this answer is a copy error; a user is what comes (contract 1.3)."""
        data = (await self._call("get_current_user")).data
        if isinstance(data, dict) and "id" not in data and isinstance(data.get("user"), dict):
            data = {**data, **data["user"]}
        return read_one(data, User, "the current user")

    async def list(self, *, expand: bool = False) -> Rows[User]:
        """The users the caller may see; expanded with counts of their resources."""
        return await self._all("list_users", User, query={"expand": flag(expand)})

    async def get(self, user_id: int, *, expand: bool = False) -> User:
        return await self._one("get_user", User, "user", user_id, {"expand": flag(expand)})


class Orgs(Family):
    async def list(self) -> Rows[Org]:
        return await self._all("list_orgs", Org)

    async def get(self, org_id: int) -> Org:
        return await self._one("get_org", Org, "org", org_id)

    async def members(self, org_id: int) -> Rows[OrgMember]:
        return await self._all("list_org_members", OrgMember, org_id)
