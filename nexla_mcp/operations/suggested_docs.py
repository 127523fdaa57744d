"""What the platform would write about a nexset or a flow, beside what is written there."""

from __future__ import annotations

from typing import Any

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.genai import Documented
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.docs_suggestion import DocsSuggestion
from nexla_mcp.operations.configuration import read_in_full
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.safety.untrusted import cleaned


async def suggest(nexla: Nexla, kind: Documented, identifier: int) -> DocsSuggestion:
    """Asks the platform's language model, and changes nothing.

    Raises:
        Failure: `unsupported` when the org has no language model; `not_allowed` in read-only mode, since what is
            asked about is sent to one.
    """
    of, row = await described(nexla, kind, identifier)
    family = nexla.nexsets if kind is Documented.NEXSET else nexla.flows
    text = await family.recommend_docs(identifier)
    return DocsSuggestion(
        type=of.value,
        id=row.id,
        name=row.name,
        present=cleaned(row.description) or None,
        suggested=cleaned(text),
    )


async def described(nexla: Nexla, kind: Documented, identifier: int) -> tuple[ResourceType, Any]:
    """The resource that carries the description: a flow has none of its own, its origin does."""
    if kind is Documented.NEXSET:
        return ResourceType.NEXSET, await read_in_full(nexla, ResourceType.NEXSET, identifier)
    origin = (await read_tree(nexla, identifier, ResourceType.FLOW)).lineage.origin
    return origin.type, await read_in_full(nexla, origin.type, origin.id)
