"""Grants access to a resource, and takes a grant back to what it was."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import half_done, looked_up, patiently

LISTS = "list_access"
"""The tool that shows who may reach what."""


class Grant(Action):
    """Arguments: `type`, `id`, `accessor` (`{type, email | id, access_roles}`) and `who`, how answers name them."""

    name: ClassVar[str] = "grant"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        accessor = arguments["accessor"]
        return _output(arguments, await _add(work, arguments, accessor, set(accessor["access_roles"])))


class RestoreGrant(Action):
    """Gives somebody exactly the `roles` they had before, perhaps none. Arguments as of `grant`, and `roles`.

    The API can only add roles or take all of somebody's away, so that there is a moment without any.
    """

    name: ClassVar[str] = "restore_grant"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        accessor, wanted = arguments["accessor"], sorted(arguments["roles"])
        held = await patiently(work, partial(_held, work, arguments))
        if held == wanted:
            return _output(arguments, held)
        if held:
            await _remove(work, arguments)
        if wanted:
            try:
                await _add(work, arguments, {**accessor, "access_roles": wanted}, set(wanted))
            except Failure as failure:
                if not held:
                    raise
                done = f"The roles {', '.join(held)} of {arguments['who']} on {_what(arguments)} were taken away"
                raise half_done(failure, done, _what(arguments), LISTS) from None
        return _output(arguments, await self._read_back(work, arguments, wanted))

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        held, before = await _held(work, arguments), sorted(arguments["roles"])
        if held == before:
            return None
        kind, who = ResourceType(arguments["type"]), arguments["who"]
        target = Target(type=kind, id=arguments["id"], shared_with=(f"{who}: {', '.join(held)}",))
        roles = f"only {', '.join(before)}, as before" if before else "no role, as before"
        return Foreseen(f"leave {who} with {roles}, on {_what(arguments)}", (target,), Risk.DISRUPTIVE)

    @staticmethod
    async def _read_back(work: Work, arguments: Arguments, wanted: list[str]) -> list[str]:
        try:
            after = await patiently(work, partial(_held, work, arguments))
        except Failure:
            # Both writes were answered: what cannot be read now was set all the same.
            return wanted
        if after != wanted:
            raise Failure.of(
                ErrorCode.NOT_VERIFIED,
                f"{arguments['who']} should have the roles {', '.join(wanted) or 'none'} on {_what(arguments)}, and "
                f"has {', '.join(after) or 'none'}.",
                hint="list_access shows who may reach it; somebody else may be changing it.",
                next_tool=LISTS,
                resource=_what(arguments),
                maybe_applied=True,
            )
        return after


async def _add(work: Work, arguments: Arguments, accessor: dict[str, Any], wanted: set[str]) -> list[str]:
    """Adds roles; gives all that are held then."""

    async def seen() -> list[str] | None:
        held = await _held(work, arguments)
        return held if wanted <= set(held) else None

    try:
        after = await work.nexla.accessors.add(ResourceType(arguments["type"]), arguments["id"], [accessor])
    except Failure as lost:
        return await looked_up(work, lost, seen, resource=_what(arguments), next_tool=LISTS)
    return roles_of(after, accessor["type"], arguments["who"])


async def _remove(work: Work, arguments: Arguments) -> None:
    """Takes all of somebody's roles away."""

    async def seen() -> bool | None:
        return None if await _held(work, arguments) else True

    subject = {key: value for key, value in arguments["accessor"].items() if key != "access_roles"}
    try:
        await work.nexla.accessors.remove(ResourceType(arguments["type"]), arguments["id"], [subject])
    except Failure as lost:
        await looked_up(work, lost, seen, resource=_what(arguments), next_tool=LISTS)


async def _held(work: Work, arguments: Arguments) -> list[str]:
    accessors = await work.nexla.accessors.list(ResourceType(arguments["type"]), arguments["id"])
    return roles_of(accessors, arguments["accessor"]["type"], arguments["who"])


def roles_of(accessors: Iterable[Accessor], subject_type: str, who: str) -> list[str]:
    """The roles that somebody holds by a rule of their own, each once. Answers carry no ids: matched by name."""
    return sorted(
        {
            role
            for accessor in accessors
            if accessor.type.upper() == subject_type and (accessor.subject or "").casefold() == who.casefold()
            for role in accessor.access_roles
        }
    )


def _what(arguments: Arguments) -> str:
    return f"{arguments['type']} {arguments['id']}"


def _output(arguments: Arguments, roles: list[str]) -> Output:
    return {"type": arguments["type"], "id": arguments["id"], "who": arguments["who"], "roles": roles}
