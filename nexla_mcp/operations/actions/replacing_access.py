"""Makes a list of grants the only one of a resource, and is the inverse of itself."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.granting import LISTS
from nexla_mcp.operations.actions.lost import looked_up, patiently

Grants = dict[tuple[str, str], tuple[str, ...]]
"""Roles by type and name of the subject; the name in small letters."""


class ReplaceAccess(Action):
    """Arguments: `type`, `id`, and `grants`, each `{accessor, who, roles}`: `accessor` as a request names somebody,
    `who` as answers do. An empty list takes all grants away."""

    name: ClassVar[str] = "replace_access"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        kind, identifier = ResourceType(arguments["type"]), arguments["id"]
        held = await patiently(work, partial(work.nexla.accessors.list, kind, identifier))
        if grants_of(held) == _wanted(arguments):
            return _output(arguments)
        try:
            if arguments["grants"]:
                await work.nexla.accessors.replace(kind, identifier, _sent(arguments))
            elif held.items:
                # Nothing but a list of those that are there: an empty one is never sent (trap T11).
                await work.nexla.accessors.remove(kind, identifier, [_named(item) for item in held])
        except Failure as lost:
            seen = partial(self._seen, work, arguments)
            return await looked_up(work, lost, seen, resource=_what(arguments), next_tool=LISTS)
        return await self._read_back(work, arguments)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(self._seen, work, arguments))

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        kind, identifier = ResourceType(arguments["type"]), arguments["id"]
        now, wanted = grants_of(await work.nexla.accessors.list(kind, identifier)), _wanted(arguments)
        if now == wanted:
            return None
        target = Target(type=kind, id=identifier, shared_with=told(now))
        names = "; ".join(told(wanted)) or "nobody"
        return Foreseen(f"leave {_what(arguments)} shared with only {names}, as before", (target,), Risk.DISRUPTIVE)

    async def _read_back(self, work: Work, arguments: Arguments) -> Output:
        try:
            output = await patiently(work, partial(self._seen, work, arguments))
        except Failure:
            # The write was answered: what cannot be read now was set all the same.
            return _output(arguments)
        if output is None:
            raise Failure.of(
                ErrorCode.NOT_VERIFIED,
                f"Nexla took the new grants of {_what(arguments)}, and others are there.",
                hint="list_access shows who may reach it; somebody else may be changing it.",
                next_tool=LISTS,
                resource=_what(arguments),
                maybe_applied=True,
            )
        return output

    @staticmethod
    async def _seen(work: Work, arguments: Arguments) -> Output | None:
        held = await work.nexla.accessors.list(ResourceType(arguments["type"]), arguments["id"])
        return _output(arguments) if grants_of(held) == _wanted(arguments) else None


def grants_of(accessors: Any) -> Grants:
    """Grants as answers tell them."""
    found: dict[tuple[str, str], set[str]] = {}
    for item in accessors:
        found.setdefault((item.type.upper(), (item.subject or "").casefold()), set()).update(item.access_roles)
    return {subject: tuple(sorted(roles)) for subject, roles in found.items()}


def told(grants: Grants) -> tuple[str, ...]:
    return tuple(sorted(f"{kind} {who}: {', '.join(roles)}" for (kind, who), roles in grants.items()))


def _wanted(arguments: Arguments) -> Grants:
    found: dict[tuple[str, str], set[str]] = {}
    for grant in arguments["grants"]:
        found.setdefault((grant["accessor"]["type"], grant["who"].casefold()), set()).update(grant["roles"])
    return {subject: tuple(sorted(roles)) for subject, roles in found.items()}


def _sent(arguments: Arguments) -> list[dict[str, Any]]:
    return [{**grant["accessor"], "access_roles": grant["roles"]} for grant in arguments["grants"]]


def _named(accessor: Accessor) -> dict[str, Any]:
    """Somebody in an answer as a request names them: by what there is."""
    kind = accessor.type.upper()
    word = {"USER": "email", "TEAM": "name", "ORG": "email_domain"}.get(kind, "id")
    return {"type": kind, word: getattr(accessor, word)}


def _what(arguments: Arguments) -> str:
    return f"{arguments['type']} {arguments['id']}"


def _output(arguments: Arguments) -> Output:
    names = "; ".join(told(_wanted(arguments))) or "nobody"
    return {"type": arguments["type"], "id": arguments["id"], "told": f"shared with {names}"}
