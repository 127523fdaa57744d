"""How one's own new resource is known again, for each type that can be created."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nexla_mcp.adapter.endpoint import Endpoint
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.models import (
    AttributeTransform,
    Credential,
    Destination,
    Lookup,
    Nexset,
    Project,
    Resource,
    Source,
    Team,
    Transform,
)
from nexla_mcp.adapter.paging import MAX_ROWS
from nexla_mcp.adapter.reconcile import Identity, same_config
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import SECRET, is_marker
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.secrets import MASK

if TYPE_CHECKING:
    from nexla_mcp.adapter.nexla import Nexla

MADE_BY_ME = "owner"

COMPARED: Mapping[ResourceType, tuple[str, ...]] = {
    ResourceType.CREDENTIAL: ("credentials_type",),
    ResourceType.SOURCE: ("source_type", "source_config", "data_credentials_id"),
    ResourceType.NEXSET: ("parent_data_set_id", "transform_id", "transform", "custom_config"),
    ResourceType.DESTINATION: ("sink_type", "sink_config", "data_credentials_id", "data_set_id"),
    ResourceType.TRANSFORM: ("code_type", "output_type", "code"),
    ResourceType.ATTRIBUTE_TRANSFORM: ("code_type", "output_type", "code"),
    ResourceType.LOOKUP: ("data_type", "map_primary_key"),
    ResourceType.PROJECT: (),
    ResourceType.TEAM: (),
}
"""The fields of a body that tell whether a resource is the one that was asked for. Contents of a credential are in no
answer, so two of one name and type cannot be told apart."""
_LISTED: Mapping[ResourceType, tuple[str, ...]] = {
    ResourceType.CREDENTIAL: ("credentials_type",),
    ResourceType.SOURCE: ("source_type",),
    ResourceType.NEXSET: ("parent_data_set_id",),
    ResourceType.DESTINATION: ("sink_type", "data_set_id"),
    ResourceType.TRANSFORM: ("code_type",),
    ResourceType.ATTRIBUTE_TRANSFORM: ("code_type",),
    ResourceType.LOOKUP: ("map_primary_key",),
    ResourceType.PROJECT: (),
    ResourceType.TEAM: (),
}
"""Those of them that rows of a list carry."""
MODELS: Mapping[ResourceType, type[Resource]] = {
    ResourceType.CREDENTIAL: Credential,
    ResourceType.SOURCE: Source,
    ResourceType.NEXSET: Nexset,
    ResourceType.DESTINATION: Destination,
    ResourceType.TRANSFORM: Transform,
    ResourceType.ATTRIBUTE_TRANSFORM: AttributeTransform,
    ResourceType.LOOKUP: Lookup,
    ResourceType.PROJECT: Project,
    ResourceType.TEAM: Team,
}


@dataclass(frozen=True)
class Creation:
    """One resource to be made: its type and the body that makes it."""

    kind: ResourceType
    body: Mapping[str, Any]

    @property
    def endpoint(self) -> Endpoint:
        return ENDPOINTS[f"create_{self.kind.value}"]

    @property
    def model(self) -> type[Resource]:
        return MODELS[self.kind]

    def identity(self, nexla: Nexla) -> Identity[Resource]:
        """How it is known: among what the caller made, by type, name and parent, then by configuration."""
        family = getattr(nexla, f"{self.kind.value}s")

        async def matching() -> Sequence[Resource]:
            rows = await list_mine(nexla, self.kind)
            return [row for row in rows if row.name == self.body["name"] and not self.differences(row, listed=True)]

        return Identity(
            f'{self.kind.value} "{self.body["name"]}"', matching, family.get, lambda row: not self.differences(row)
        )

    def differences(self, row: Resource, *, listed: bool = False) -> list[str]:
        """The compared fields in which a resource is another than this one. A row of a list carries only some."""
        names = _LISTED[self.kind] if listed else COMPARED[self.kind]
        return [
            name
            for name in names
            if self.body.get(name) is not None and not _same(_masked(self.body[name]), getattr(row, name, None), name)
        ]


def copies_of(nexla: Nexla, source: int, what: str) -> Identity[Source]:
    """How the copy of a flow is known: its source is the caller's own and tells what it was copied from (contract 9.4).

    Two copies of one flow are alike; whoever makes them sees to it that no two are made at once.
    """

    async def matching() -> Sequence[Source]:
        rows = await nexla.sources.list(access_role=MADE_BY_ME)
        _require_all(rows, "sources")
        return [row for row in rows if row.copied_from_id == source]

    return Identity(what, matching, nexla.sources.get, lambda row: row.copied_from_id == source)


async def list_mine(nexla: Nexla, kind: ResourceType) -> Rows[Any]:
    """Everything of a type that the caller made; of transforms what the caller sees, which is all that can be asked.

    Raises:
        Failure: `upstream_error`, when a page is missing: a twin may stand on it.
    """
    family = getattr(nexla, f"{kind.value}s")
    mine = kind not in {ResourceType.TRANSFORM, ResourceType.ATTRIBUTE_TRANSFORM}
    rows: Rows[Any] = await (family.list(access_role=MADE_BY_ME) if mine else family.list())
    _require_all(rows, f"{kind.value}s")
    return rows


def _require_all(rows: Rows[Any], what: str) -> None:
    """A twin may stand on the page that could not be read.

    Raises:
        Failure: `upstream_error`, when a page is missing for another reason than the limit of rows.
    """
    if rows.next_page is not None and len(rows) < MAX_ROWS:
        raise Failure.of(
            ErrorCode.UPSTREAM_ERROR,
            f"The list of {what} could not be read to its end, so whether there is one already is unknown: "
            f"{rows.stopped_because}.",
            hint="Try again in a minute.",
            retryable=True,
        )


def _same(sent: Any, found: Any, name: str) -> bool:
    if name == "transform" and found is None:
        # Only expanded answers carry it: what is not told does not differ.
        return True
    return same_config(sent, found)


def _masked(value: Any) -> Any:
    if is_marker(value, SECRET):
        return MASK
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, (list, tuple)) else value
