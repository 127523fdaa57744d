"""From what a person wrote (an id or a name) to the one resource meant."""

from __future__ import annotations

import difflib

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceRef, ResourceType
from nexla_mcp.domain.results.search import Found
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.listing import Listing, list_type

MOST_CANDIDATES = 10


async def resolve(nexla: Nexla, kind: ResourceType, reference: int | str) -> ResourceRef:
    """The resource meant: a number or digits are its id, anything else its exact name.

    A name is compared as written first, then without regard to case. An id is taken as it is and not looked up.

    Raises:
        Failure: `ambiguous` with the candidates, `not_found` with the nearest names.
    """
    if isinstance(reference, int):
        return ResourceRef(kind, reference)
    name = reference.strip()
    if name.isascii() and name.isdigit():
        return ResourceRef(kind, int(name))
    listing = await list_type(nexla, kind)
    rows = listing.rows
    matches = [row for row in rows if row.name == name]
    matches = matches or [row for row in rows if (row.name or "").strip().casefold() == name.casefold()]
    if len(matches) == 1:
        return ResourceRef(kind, matches[0].id, matches[0].name)
    raise _several(kind, name, matches) if matches else _none(kind, name, listing)


def _several(kind: ResourceType, name: str, matches: list[Found]) -> Failure:
    candidates = "; ".join(
        f"{row.id} ({', '.join(filter(None, [row.status, row.owner and f'owner {row.owner}', row.connector]))})"
        for row in matches[:MOST_CANDIDATES]
    )
    return Failure.of(
        ErrorCode.AMBIGUOUS,
        f"{len(matches)} {kind.value}s are named {clean_text(name, 80)!r}.",
        hint=f"Call again with the id of the one you mean: {candidates}.",
        resource=kind.value,
    )


def _none(kind: ResourceType, name: str, listing: Listing) -> Failure:
    rows = listing.rows
    names = {row.name.casefold(): row for row in rows if row.name}
    nearest = difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.5)
    part = [row for row in rows if row.name and name.casefold() in row.name.casefold()][:3]
    close = {row.id: row for row in [*part, *(names[word] for word in nearest)]}
    suggestion = "; ".join(f"{clean_text(row.name or '', 80)!r} ({row.id})" for row in list(close.values())[:3])
    return Failure.of(
        ErrorCode.NOT_FOUND,
        f"No {kind.value} you can see is named {clean_text(name, 80)!r}." + _gap(listing),
        hint=f"Near: {suggestion}." if suggestion else "Look for it with a part of its name.",
        next_tool="search_resources",
        resource=kind.value,
    )


def _gap(listing: Listing) -> str:
    """What of the list was not read, so that a name may be there after all."""
    lost = [f"{listing.unreadable} rows could not be read"] if listing.unreadable else []
    lost += [listing.stopped_because] if listing.stopped_because else []
    return f" But the list was not read whole: {'; '.join(lost)}." if lost else ""
