"""All resources of a type that the caller may see, in one shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from nexla_mcp.adapter.models import Credential, Flow, User
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.search import Found

SEEN_BY_ME = "collaborator"
"""The access role that lists what is shared with the caller too; the API's default hides it (contract 2.1)."""
MADE_BY_ME = "owner"


@dataclass(frozen=True)
class Listing:
    """The resources of one type, and how much of the list was read."""

    rows: tuple[Found, ...]
    unreadable: int = 0
    stopped_because: str | None = None
    """Why the list ends early; None when it was read to its end."""
    models: tuple[Any, ...] = field(default=(), repr=False)


async def list_type(nexla: Nexla, kind: ResourceType, *, only_mine: bool = False) -> Listing:
    """Everything of a type, read to the last page.

    Raises:
        Failure: when the list cannot be read, e.g. `forbidden` for users of an org one does not run.
    """
    role = MADE_BY_ME if only_mine else SEEN_BY_ME
    rows = await _LISTS[kind](nexla, role)
    return Listing(
        rows=tuple(found(kind, model) for model in rows.items),
        unreadable=rows.unreadable,
        stopped_because=None if rows.complete else rows.stopped_because,
        models=tuple(rows.items),
    )


_LISTS: dict[ResourceType, Callable[[Nexla, str], Awaitable[Rows[Any]]]] = {
    ResourceType.CREDENTIAL: lambda nexla, role: nexla.credentials.list(access_role=role),
    ResourceType.SOURCE: lambda nexla, role: nexla.sources.list(access_role=role),
    ResourceType.NEXSET: lambda nexla, role: nexla.nexsets.list(access_role=role),
    ResourceType.DESTINATION: lambda nexla, role: nexla.destinations.list(access_role=role),
    ResourceType.FLOW: lambda nexla, role: nexla.flows.list(access_role=role),
    ResourceType.TRANSFORM: lambda nexla, _: nexla.transforms.list(),
    ResourceType.ATTRIBUTE_TRANSFORM: lambda nexla, _: nexla.attribute_transforms.list(),
    ResourceType.LOOKUP: lambda nexla, role: nexla.lookups.list(access_role=role),
    ResourceType.PROJECT: lambda nexla, role: nexla.projects.list(access_role=role),
    ResourceType.TEAM: lambda nexla, role: nexla.teams.list(access_role=role),
    ResourceType.USER: lambda nexla, _: nexla.users.list(),
    ResourceType.ORG: lambda nexla, _: nexla.orgs.list(),
}


def found(kind: ResourceType, model: Any) -> Found:
    """One resource of any type as a row."""
    if isinstance(model, Flow):
        return _found_flow(model)
    if isinstance(model, User):
        return Found(
            type=kind, id=model.id, name=model.full_name or model.email, status=model.status, owner=model.email
        )
    owner = getattr(model, "owner", None)
    return Found(
        type=kind,
        id=model.id,
        name=model.name,
        status=_status(model),
        owner=(owner.email or owner.full_name) if owner else None,
        connector=connector_of(model),
        roles=tuple(model.access_roles),
        tags=tuple(getattr(model, "tags", ())),
        updated_at=model.updated_at,
    )


def _found_flow(flow: Flow) -> Found:
    """A flow is told by its origin node; what that lacks comes from the source or nexset it stands for."""
    origin = flow.resource_of(flow.node)
    owner = next(iter(user for user in flow.users if user.id == (origin or flow.node).owner_id), None)
    return Found(
        type=ResourceType.FLOW,
        id=flow.id,
        name=flow.name or (origin.name if origin else None),
        status=flow.status or (origin.status if origin else None),
        owner=(owner.email or owner.full_name) if owner else None,
        connector=connector_of(origin) if origin else None,
        roles=tuple(flow.node.access_roles or (origin.access_roles if origin else ())),
        tags=tuple(flow.node.tags or (origin.tags if origin else ())),
        updated_at=flow.node.updated_at or (origin.updated_at if origin else None),
    )


def connector_of(model: Any) -> str | None:
    """The connector's code of a credential, source or destination; None for everything else."""
    for name in ("source_type", "sink_type", "credentials_type", "connector_type"):
        code = getattr(model, name, None)
        if isinstance(code, str) and code:
            return code
    connector = getattr(model, "connector", None)
    return connector.type if connector else None


def _status(model: Any) -> str | None:
    if isinstance(model, Credential):
        return model.verified_status
    return getattr(model, "status", None)


def connectors_in(flow: Flow) -> Iterable[str]:
    """The connectors of a flow's source and destinations."""
    return filter(None, (connector_of(row) for row in (*flow.data_sources, *flow.data_sinks)))
