"""Who resources are shared with (contract 21). The SDK's own methods crash after acting (trap T11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nexla_mcp.adapter.families.family import Family, require_items
from nexla_mcp.adapter.models import Accessor
from nexla_mcp.adapter.rows import Rows, read_rows
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType

_WORDS = {
    ResourceType.SOURCE: "source",
    ResourceType.NEXSET: "nexset",
    ResourceType.DESTINATION: "destination",
    ResourceType.LOOKUP: "lookup",
    ResourceType.CREDENTIAL: "credential",
    ResourceType.PROJECT: "project",
    ResourceType.FLOW: "flow",
    ResourceType.TEAM: "team",
    # Transforms have no list of their own; they are code containers under the same id.
    ResourceType.TRANSFORM: "code_container",
    ResourceType.ATTRIBUTE_TRANSFORM: "code_container",
}


class Accessors(Family):
    """Each write takes `{type, id | email, org_id?, access_roles}` items and answers the resulting list."""

    async def list(self, kind: ResourceType, resource_id: int) -> Rows[Accessor]:
        return _read((await self._call(f"list_{_word(kind)}_accessors", resource_id)).data)

    async def add(self, kind: ResourceType, resource_id: int, accessors: Sequence[Mapping[str, Any]]) -> Rows[Accessor]:
        """Grant these, beside what is granted already."""
        return await self._write("add", kind, resource_id, accessors)

    async def replace(
        self, kind: ResourceType, resource_id: int, accessors: Sequence[Mapping[str, Any]]
    ) -> Rows[Accessor]:
        """Make these the only grants."""
        return await self._write("replace", kind, resource_id, accessors)

    async def remove(
        self, kind: ResourceType, resource_id: int, accessors: Sequence[Mapping[str, Any]]
    ) -> Rows[Accessor]:
        """Take these grants away. An empty list would take away all of them, and is refused."""
        return await self._write("remove", kind, resource_id, accessors)

    async def _write(
        self, verb: str, kind: ResourceType, resource_id: int, accessors: Sequence[Mapping[str, Any]]
    ) -> Rows[Accessor]:
        require_items([*accessors], "accessors")
        data = await self._change(
            f"{verb}_{_word(kind)}_accessors",
            resource_id,
            read=f"list_{_word(kind)}_accessors",
            body={"accessors": [dict(accessor) for accessor in accessors]},
        )
        try:
            return _read(data)
        except Failure:
            return await self._list_after_write(kind, resource_id)

    async def _list_after_write(self, kind: ResourceType, resource_id: int) -> Rows[Accessor]:
        """The write is done; what it came to can be read."""
        try:
            return await self.list(kind, resource_id)
        except Failure as failure:
            raise Failure.of(
                ErrorCode.MAYBE_APPLIED,
                f"Nexla took the change of who may reach {kind.value} {resource_id}, and what it came to cannot be "
                f"read: {failure.info.message}",
                hint="Read who may reach it before doing anything again.",
                maybe_applied=True,
            ) from None


def _word(kind: ResourceType) -> str:
    if kind not in _WORDS:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"A {kind.value} has no accessors.",
            hint="Access is granted on resources, projects and teams.",
        )
    return _WORDS[kind]


def _read(data: Any) -> Rows[Accessor]:
    if isinstance(data, dict) and isinstance(data.get("accessors"), list):
        data = data["accessors"]
    items, lost = read_rows(data, Accessor)
    return Rows(items, lost, len(items) + lost)
