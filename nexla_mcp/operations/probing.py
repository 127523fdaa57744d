"""Tests a credential against the system it logs in to, or looks around in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from nexla_mcp.adapter.models import ProbeResult, ProbeState
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.probe import ProbeAnswer, ProbeMode
from nexla_mcp.operations.listing import connector_of
from nexla_mcp.operations.resolve import resolve


async def probe(
    nexla: Nexla,
    reference: int | str,
    mode: ProbeMode = ProbeMode.TEST,
    *,
    path: str | None = None,
    database: str | None = None,
    table: str | None = None,
    depth: int = 1,
) -> ProbeAnswer:
    """What the third party says now. Nexla changes nothing by it, but does talk to that party.

    Raises:
        Failure: `bad_input` when a sample is asked for without saying of what; else as for every read.
    """
    if mode is ProbeMode.SAMPLE and not (path or table):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "A sample needs to know of what. Nothing was asked.",
            hint="Give path (files) or table (databases); mode=tree shows what there is.",
        )
    identifier = (await resolve(nexla, ResourceType.CREDENTIAL, reference)).id
    credential = await nexla.credentials.get(identifier)
    where = {key: value for key, value in (("path", path), ("database", database), ("table", table)) if value}
    if mode is ProbeMode.TEST:
        result = await nexla.credentials.probe(identifier)
    elif mode is ProbeMode.TREE:
        result = await nexla.credentials.tree(identifier, depth=depth, **where)
    else:
        result = await nexla.credentials.sample(identifier, **where)
    return ProbeAnswer(
        credential_id=identifier,
        name=credential.name,
        connector=connector_of(credential),
        mode=mode,
        state=result.state.value,
        message=result.message,
        verified_status=credential.verified_status,
        verified_at=credential.verified_at,
        entries=None if mode is ProbeMode.TEST else _entries(result, mode),
    )


def _entries(result: ProbeResult, mode: ProbeMode) -> list[Any]:
    """What was seen; nothing where the third party did not let Nexla in."""
    if result.state is not ProbeState.OK:
        return []
    if mode is ProbeMode.TREE:
        return list(_paths(_inside(result.details, "object")))
    return list(_rows(_inside(result.details, "output", "response", "data")))


def _inside(content: Any, *wrappers: str) -> Any:
    """What lies under the keys, each of which may be missing: an answer's own words are no entries of it."""
    for key in wrappers:
        if isinstance(content, dict) and key in content:
            content = content[key]
    return content


def _paths(tree: Any, prefix: str = "") -> Iterator[str]:
    """Every node of a tree as its path, folders with a slash at the end."""
    if isinstance(tree, dict):
        for name, below in tree.items():
            inner = bool(below) and isinstance(below, (dict, list))
            yield f"{prefix}{name}{'/' if inner else ''}"
            if inner:
                yield from _paths(below, f"{prefix}{name}/")
    elif isinstance(tree, list):
        for item in tree:
            yield from _paths(item, prefix)
    elif tree is not None:
        yield f"{prefix}{tree}"


def _rows(content: Any) -> Iterator[Any]:
    """Rows of a table, lines of a file, items of a JSON text (contract 5)."""
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            yield from content.splitlines()
            return
    if isinstance(content, list):
        yield from content
    elif content is not None:
        yield content
