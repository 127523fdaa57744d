"""Completions: ids and names of what the account holds, for templates and prompt arguments."""

from __future__ import annotations

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.resources.schemas import CONNECTOR_TEMPLATE, connector_codes
from nexla_mcp.tools.toolbox import Toolbox

_TYPES_BY_TEMPLATE = {
    "nexla://flows/{id}": ResourceType.FLOW,
    "nexla://nexsets/{id}/samples": ResourceType.NEXSET,
}
_TYPES_BY_ARGUMENT = {
    "flow": ResourceType.FLOW,
    "project": ResourceType.PROJECT,
    "credential": ResourceType.CREDENTIAL,
}


class Completions:
    """Asks `search_resources`, so that policy and access hold here as everywhere. Silent where it may not."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    async def of_template(self, template: str, typed: str) -> list[str]:
        """Values for the variable of a resource template; for ids, those whose id or name goes with `typed`."""
        if template == CONNECTOR_TEMPLATE:
            return [code for code in connector_codes() if code.startswith(typed.lower())]
        kind = _TYPES_BY_TEMPLATE.get(template)
        return [identifier for identifier, _ in await self._matches(kind, typed)] if kind else []

    async def of_prompt(self, argument: str, typed: str) -> list[str]:
        """Values for a prompt's argument: names where they are unique, else ids."""
        kind = _TYPES_BY_ARGUMENT.get(argument)
        if kind is None:
            return []
        found = await self._matches(kind, typed)
        names = [name for _, name in found]
        return [name if name and names.count(name) == 1 else identifier for identifier, name in found]

    async def _matches(self, kind: ResourceType, typed: str) -> list[tuple[str, str]]:
        outcome = await self._toolbox.call("search_resources", {"types": [kind.value], "limit": 200})
        if outcome.error is not None:
            return []
        rows = [(str(row["id"]), str(row.get("name") or "")) for row in outcome.structured.get("rows", ())]
        word = typed.lower()
        return [(identifier, name) for identifier, name in rows if identifier.startswith(word) or word in name.lower()]
