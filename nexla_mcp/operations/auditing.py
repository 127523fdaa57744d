"""Who changed what, on one resource, a whole flow, or everything of a type."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from nexla_mcp.adapter.models import AuditEntry
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.audit import AuditTrail, Change
from nexla_mcp.domain.results.lineage import Key
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.listing import list_type
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.resolve import resolve

LONGEST_VALUE = 80
_SUBJECTS = frozenset({"user", "team", "org", "accessor"})
_PROPERTIES = frozenset({"accessors", "access_roles", "owner_id", "members", "public"})
"""What decides who may reach something (contract 21, 22)."""
_OF_A_TYPE = frozenset(
    {
        ResourceType.CREDENTIAL,
        ResourceType.SOURCE,
        ResourceType.NEXSET,
        ResourceType.DESTINATION,
        ResourceType.TRANSFORM,
        ResourceType.LOOKUP,
        ResourceType.PROJECT,
        ResourceType.TEAM,
    }
)


async def audit(
    nexla: Nexla,
    kind: ResourceType,
    reference: int | str | None,
    window: Window,
    *,
    whole_flow: bool,
    who: str | None,
    access_only: bool,
    limit: int,
) -> AuditTrail:
    """The changes in a window, the newest first. Without a reference, of everything of the type.

    Raises:
        Failure: when no log at all can be read; what fails of several is named in `not_read`.
    """
    if reference is None:
        entries, names, not_read = await _of_type(nexla, kind, window)
    else:
        entries, names, not_read = await _of_resources(nexla, kind, reference, window, whole_flow=whole_flow)
    changes = [_change(entry, names) for entry in entries]
    wanted = [
        change
        for change in changes
        if (not access_only or change.access) and (who is None or who.casefold() in (change.who or "").casefold())
    ]
    wanted.sort(key=lambda change: (change.at is not None, change.at), reverse=True)
    people = Counter(change.who or "the platform" for change in wanted)
    return AuditTrail(
        rows=wanted[:limit], people=dict(people.most_common(10)), total=len(wanted), not_read=not_read or None
    )


async def _of_type(
    nexla: Nexla, kind: ResourceType, window: Window
) -> tuple[list[AuditEntry], dict[int, str], list[str]]:
    if kind not in _OF_A_TYPE:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"Which {kind.value}? Nexla keeps no log of all of them.",
            hint=f"Name one, or ask for all of: {', '.join(sorted(item.value for item in _OF_A_TYPE))}.",
        )
    user = await nexla.users.current()
    org = user.org or user.default_org
    if org is None or org.id is None:
        raise Failure.of(ErrorCode.UNSUPPORTED, "This login belongs to no org, whose log could be read.")
    rows = await nexla.audit.of_type(kind, org.id, since=window.start, until=window.end)
    names = {row.id: row.name or "" for row in (await list_type(nexla, kind)).rows}
    return list(rows), names, _cut(rows, kind.value)


async def _of_resources(
    nexla: Nexla, kind: ResourceType, reference: int | str, window: Window, *, whole_flow: bool
) -> tuple[list[AuditEntry], dict[int, str], list[str]]:
    keys = await _keys(nexla, kind, reference, whole_flow=whole_flow)
    reads = [partial(nexla.audit.entries, *key, since=window.start, until=window.end) for key in keys]
    answers = await outcomes(reads)
    if all(isinstance(answer, Failure) for answer in answers):
        raise next(answer for answer in answers if isinstance(answer, Failure))
    entries: list[AuditEntry] = []
    not_read: list[str] = []
    for (word, identifier), answer in zip(keys, answers, strict=True):
        if isinstance(answer, Failure):
            not_read.append(f"{word.value} {identifier}: {answer.info.code.value}")
        else:
            entries += answer
            not_read += _cut(answer, f"{word.value} {identifier}")
    return entries, {key[1]: name for key, name in keys.items()}, not_read


async def _keys(nexla: Nexla, kind: ResourceType, reference: int | str, *, whole_flow: bool) -> dict[Key, str]:
    """Resources with their names; a flow has no log as such, so that it is always its parts."""
    if kind is ResourceType.FLOW or whole_flow:
        lineage = (await read_tree(nexla, reference, kind)).lineage
        return {node.key: node.name or "" for node in lineage.nodes}
    target = await resolve(nexla, kind, reference)
    return {(kind, target.id): target.name or ""}


def _cut(rows: Rows[AuditEntry], what: str) -> list[str]:
    told = [] if rows.complete else [f"{what}: only its first {len(rows)} ({rows.stopped_because})"]
    return told + ([f"{what}: {rows.unreadable} entries cannot be read"] if rows.unreadable else [])


def _change(entry: AuditEntry, names: dict[int, str]) -> Change:
    return Change(
        at=entry.created_at,
        who=(entry.user.email or entry.user.full_name) if entry.user else None,
        event=entry.event or "change",
        type=entry.item_type,
        id=entry.item_id,
        name=names.get(entry.item_id) or None if entry.item_id is not None else None,
        changes=_told(entry.object_changes) or ", ".join(entry.change_summary) or None,
        access=True if _is_access(entry) else None,
    )


def _is_access(entry: AuditEntry) -> bool:
    event = entry.event or ""
    subject = str((entry.association_resource or {}).get("type", "")).lower()
    if event.startswith("association"):
        return subject in _SUBJECTS
    # What is made has every property for the first time.
    return event == "update" and bool(_PROPERTIES & {*entry.change_summary, *entry.object_changes})


def _told(changes: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {_pair(change)}" for name, change in sorted(changes.items()))


def _pair(change: Any) -> str:
    sides: Iterable[Any] = change if isinstance(change, list) else (change,)
    return " → ".join(_short(side) for side in sides)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
