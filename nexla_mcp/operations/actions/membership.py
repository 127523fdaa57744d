"""Sets who is in a team, and is the inverse of itself."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import half_done, looked_up, patiently

Members = dict[str, bool]
"""Whether each member runs the team, by email in small letters."""


class SetMembers(Action):
    """Arguments: `team`, and `members`, each `{email, admin}`, who are its only ones afterwards."""

    name: ClassVar[str] = "set_members"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        team, wanted = arguments["team"], wanted_of(arguments)
        now = await patiently(work, partial(members_of, work, team))
        new = [{"email": email, "admin": admin} for email, admin in wanted.items() if now.get(email) is not admin]
        # A flag of a member cannot be changed by adding them again (contract 15: a merge), so they leave first.
        leaving = [email for email in now if email not in wanted or wanted[email] is not now[email]]
        seen = partial(_seen, work, arguments)
        try:
            if leaving:
                await work.nexla.teams.remove_members(team, [{"email": email} for email in leaving])
            if new:
                await work.nexla.teams.add_members(team, new)
        except Failure as failure:
            if failure.info.maybe_applied or not leaving:
                return await looked_up(work, failure, seen, resource=f"team {team}", next_tool="get_resource")
            raise half_done(failure, f"{', '.join(leaving)} left the team", f"team {team}", "get_resource") from None
        return _output(arguments)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(_seen, work, arguments))

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        if await members_of(work, arguments["team"]) == wanted_of(arguments):
            return None
        team = await work.nexla.teams.get(arguments["team"])
        target = Target(type=ResourceType.TEAM, id=team.id, name=team.name)
        names = ", ".join(wanted_of(arguments)) or "nobody"
        return Foreseen(f"leave {target} with only {names}, as before", (target,), Risk.DISRUPTIVE)


async def members_of(work: Work, team: int) -> Members:
    return {
        (member.email or "").casefold(): bool(member.admin)
        for member in await work.nexla.teams.members(team)
        if member.email
    }


def wanted_of(arguments: Arguments) -> Members:
    return {member["email"].casefold(): bool(member["admin"]) for member in arguments["members"]}


async def _seen(work: Work, arguments: Arguments) -> Output | None:
    return _output(arguments) if await members_of(work, arguments["team"]) == wanted_of(arguments) else None


def _output(arguments: Arguments) -> Output:
    return {"type": "team", "id": arguments["team"], "told": f"{len(arguments['members'])} members"}
