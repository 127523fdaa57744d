"""Grants access to a resource, and takes a grant back to what it was."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work


class Grant(Action):
    """Arguments: `type`, `id`, `accessor` (`{type, email | id, access_roles}`) and `who`, how answers name them."""

    name: ClassVar[str] = "grant"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        kind, identifier, accessor = ResourceType(arguments["type"]), arguments["id"], arguments["accessor"]
        after = await work.nexla.accessors.add(kind, identifier, [accessor])
        return _output(arguments, roles_of(after, accessor["type"], arguments["who"]))


class RestoreGrant(Action):
    """Gives somebody exactly the `roles` they had before, perhaps none. Arguments as of `grant`, and `roles`.

    The API can only add roles or take all of somebody's away, so that there is a moment without any.
    """

    name: ClassVar[str] = "restore_grant"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        kind, identifier, accessor = ResourceType(arguments["type"]), arguments["id"], arguments["accessor"]
        held = roles_of(await work.nexla.accessors.list(kind, identifier), accessor["type"], arguments["who"])
        wanted = arguments["roles"]
        if sorted(held) == sorted(wanted):
            return _output(arguments, held)
        if held:
            subject = {key: value for key, value in accessor.items() if key != "access_roles"}
            await work.nexla.accessors.remove(kind, identifier, [subject])
        if wanted:
            await work.nexla.accessors.add(kind, identifier, [{**accessor, "access_roles": wanted}])
        after = await work.nexla.accessors.list(kind, identifier)
        return _output(arguments, roles_of(after, accessor["type"], arguments["who"]))


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


def _output(arguments: Arguments, roles: list[str]) -> Output:
    return {"type": arguments["type"], "id": arguments["id"], "who": arguments["who"], "roles": roles}
