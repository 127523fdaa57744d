"""Finds resources by what lists tell of them, and by what they hang together with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from nexla_mcp.adapter.models import Flow
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.search import Found, SearchResults, Sight
from nexla_mcp.operations.cursors import offset_of
from nexla_mcp.operations.listing import Listing, connectors_in, list_type
from nexla_mcp.operations.listing_sights import list_sight
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.resolve import resolve

Key = tuple[ResourceType, int]
Searched = ResourceType | Sight
_ORDER: tuple[Searched, ...] = (*ResourceType, *Sight)


@dataclass(frozen=True)
class Criteria:
    """All must hold. Texts match parts, without regard to case; `status` and `connector` match whole."""

    types: tuple[Searched, ...] = tuple(ResourceType)
    name: str | None = None
    status: str | None = None
    tag: str | None = None
    owner: str | None = None
    connector: str | None = None
    credential: int | str | None = None
    project: int | str | None = None
    only_mine: bool = False


async def search(nexla: Nexla, criteria: Criteria, *, limit: int = 50, cursor: str | None = None) -> SearchResults:
    """One page of what matches, by type and name; what could not be listed is named in `not_searched`.

    Raises:
        Failure: when no type at all could be listed, or the credential or project is unknown.
    """
    offset = offset_of(cursor)
    members = await _members(nexla, criteria)
    listings, failures = await _listings(nexla, criteria)
    if not listings and failures:
        raise next(iter(failures.values()))
    matches = [
        row
        for kind, listing in listings.items()
        for row, model in zip(listing.rows, listing.models, strict=True)
        if _matches(row, model, criteria) and (members is None or (kind, row.id) in members)
    ]
    matches.sort(key=lambda row: (_ORDER.index(row.type), (row.name or "").casefold(), row.id))
    shown = matches[offset : offset + limit]
    more = offset + len(shown) < len(matches)
    return SearchResults(
        rows=shown,
        offset=offset,
        total=len(matches),
        cursor=str(offset + len(shown)) if more else None,
        unreadable=sum(listing.unreadable for listing in listings.values()) or None,
        not_searched=_not_searched(listings, failures) or None,
    )


async def _listings(nexla: Nexla, criteria: Criteria) -> tuple[dict[Searched, Listing], dict[Searched, Failure]]:
    read = await outcomes(partial(_list, nexla, kind, only_mine=criteria.only_mine) for kind in criteria.types)
    answers = dict(zip(criteria.types, read, strict=True))
    listings = {kind: answer for kind, answer in answers.items() if isinstance(answer, Listing)}
    failures = {kind: answer for kind, answer in answers.items() if isinstance(answer, Failure)}
    return listings, failures


async def _list(nexla: Nexla, kind: Searched, *, only_mine: bool) -> Listing:
    return await (list_sight(nexla, kind) if isinstance(kind, Sight) else list_type(nexla, kind, only_mine=only_mine))


def _matches(row: Found, model: object, criteria: Criteria) -> bool:
    def holds(wanted: str | None, *texts: str | None) -> bool:
        return wanted is None or any(wanted.casefold() in (text or "").casefold() for text in texts)

    connectors: Iterable[str | None] = connectors_in(model) if isinstance(model, Flow) else (row.connector,)
    return (
        holds(criteria.name, row.name)
        and holds(criteria.owner, row.owner)
        and (criteria.status is None or criteria.status.casefold() == (row.status or "").casefold())
        and (criteria.tag is None or criteria.tag.casefold() in {tag.casefold() for tag in row.tags})
        and (criteria.connector is None or criteria.connector.casefold() in {code for code in connectors if code})
    )


async def _members(nexla: Nexla, criteria: Criteria) -> set[Key] | None:
    """The resources that use the credential and stand in the project; None where neither is asked."""
    members: set[Key] | None = None
    if criteria.credential is not None:
        members = await users_of_credential(nexla, criteria.credential)
    if criteria.project is not None:
        in_project = await members_of_project(nexla, criteria.project)
        members = in_project if members is None else members & in_project
    return members


async def users_of_credential(nexla: Nexla, reference: int | str) -> set[Key]:
    """Sources and destinations that log in with a credential, and the flows they stand in."""
    credential = await resolve(nexla, ResourceType.CREDENTIAL, reference)
    flows = (await nexla.flows.list()).items
    references = (await nexla.credentials.get(credential.id, expand=True)).referenced_resource_ids
    sources = {identifier for identifier in references.get("data_sources", ()) if identifier is not None}
    sinks = {identifier for identifier in references.get("data_sinks", ()) if identifier is not None}
    sources |= {row.id for flow in flows for row in flow.data_sources if row.data_credentials_id == credential.id}
    sinks |= {row.id for flow in flows for row in flow.data_sinks if row.data_credentials_id == credential.id}
    users: set[Key] = {(ResourceType.CREDENTIAL, credential.id)}
    users |= {(ResourceType.SOURCE, identifier) for identifier in sources}
    users |= {(ResourceType.DESTINATION, identifier) for identifier in sinks}
    users |= {
        (ResourceType.FLOW, flow.id)
        for flow in flows
        if any(node.data_source_id in sources or node.data_sink_id in sinks for node in flow.nodes())
    }
    return users


async def members_of_project(nexla: Nexla, reference: int | str) -> set[Key]:
    """A project's flows and the resources in them."""
    project = await resolve(nexla, ResourceType.PROJECT, reference)
    members: set[Key] = {(ResourceType.PROJECT, project.id)}
    for flow in (await nexla.projects.flows(project.id)).items:
        members.add((ResourceType.FLOW, flow.id))
        members |= set(resources_in(flow))
    return members


def resources_in(flow: Flow) -> Iterable[Key]:
    """The source, nexsets and destinations that a flow's nodes stand for."""
    for node in flow.nodes():
        if node.data_source_id is not None:
            yield ResourceType.SOURCE, node.data_source_id
        elif node.data_sink_id is not None:
            yield ResourceType.DESTINATION, node.data_sink_id
        elif node.data_set_id is not None:
            yield ResourceType.NEXSET, node.data_set_id


def _not_searched(listings: dict[Searched, Listing], failures: dict[Searched, Failure]) -> list[str]:
    cut: Sequence[tuple[Searched, str]] = [
        (kind, f"only its first {len(listing.rows)} ({listing.stopped_because})")
        for kind, listing in listings.items()
        if listing.stopped_because
    ]
    refused = [(kind, f"{failure.info.code.value}: {failure.info.message}") for kind, failure in failures.items()]
    return [f"{kind.value}: {why}" for kind, why in [*refused, *cut]]
