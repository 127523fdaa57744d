"""Plan of `run_batch`: one thing done to many, confirmed once, each told for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nexla_mcp.adapter.identities import Creation, list_mine
from nexla_mcp.domain.batches import MOST_ITEMS, Items, OnError, Verb, Where
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.search import Found
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.batch_items import Item
from nexla_mcp.operations.actions.statuses import is_running
from nexla_mcp.operations.listing import list_type
from nexla_mcp.operations.planning.batch_bodies import creates
from nexla_mcp.operations.planning.checked_config import checked_body
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.settling import refuse_half_done, settled
from nexla_mcp.operations.search import Criteria, search
from nexla_mcp.safety.digest import digest_of_json
from nexla_mcp.safety.untrusted import quoted

KEY = "batch"
SHOWN = 10
"""Items that a plan names; its digest covers all."""
MOST_TARGETS = 200
_RUNS = {Verb.ACTIVATE: True, Verb.PAUSE: False}
_CAN_RUN = frozenset({ResourceType.FLOW, ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION})


async def plan_batch(
    planning: Planning,
    verb: Verb,
    kind: ResourceType,
    *,
    items: Items | None,
    where: Where | None,
    fields: Mapping[str, Any] | None,
    on_error: OnError,
    parallel: int,
) -> Plan:
    """What has to be done to which, looked up in lists and not one by one.

    Raises:
        Failure: `bad_input` for items that cannot be; `not_found` for ids that are not there. Nothing was done.
    """
    _check(verb, kind, items, where, fields)
    lock = f"batch:{verb.value}:{kind.value}:{digest_of_json([items, _told(where), fields])}"
    if verb is not Verb.CREATE:
        await refuse_half_done(planning, lock)
    await settled(planning, {lock})
    if verb is Verb.CREATE:
        todo, kept, targets = await _to_create(planning, kind, items or [])
    else:
        todo, kept, targets = await _on_existing(planning, verb, kind, items, where, fields or {})
    if len(todo) + kept > MOST_ITEMS:
        raise Failure.of(ErrorCode.BAD_INPUT, f"At most {MOST_ITEMS:,} items in a batch. Nothing was done.")
    risk = _risk(verb, targets)
    summary = f"{verb.value.capitalize()} {len(todo):,} {kind.value}s"
    summary += f"; {kept:,} are so already." if kept else "."
    return Plan(
        tool="run_batch",
        arguments={
            "action": verb.value,
            "type": kind.value,
            "items": f"{len(items):,} given" if items is not None else None,
            "where": _told(where),
            "fields": checked_body(planning.nexla.secrets, dict(fields)) if fields else None,
            "on_error": on_error.value,
        },
        principal=str(planning.principal),
        risk=risk if todo else Risk.WRITE,
        summary=summary if todo else f"All {kept:,} are so already, nothing to do.",
        steps=(_step(verb, kind, todo, on_error, parallel),) if todo else (),
        targets=tuple(targets[:MOST_TARGETS]),
        also=_named(todo),
        cannot_be_put_back=(f"{len(todo):,} {kind.value}s, with all that is in them",) if verb is Verb.DELETE else (),
        locks=(lock,),
        undo_on_failure=False,
        type_to_confirm=f"{len(todo)} {kind.value}s" if risk is Risk.DESTRUCTIVE else None,
    )


def _check(
    verb: Verb, kind: ResourceType, items: Items | None, where: Where | None, fields: Mapping[str, Any] | None
) -> None:
    problem = None
    if (items is None) is (where is None):
        problem = "give either `items` or `where`"
    elif verb is Verb.CREATE and items is None:
        problem = "`create` needs `items`"
    elif items is not None and not items:
        problem = "`items` is empty"
    elif verb is Verb.UPDATE and where is not None and not fields:
        problem = "`update` by `where` needs `fields`"
    elif verb in _RUNS and kind not in _CAN_RUN:
        problem = f"a {kind.value} cannot be started or stopped"
    elif verb is Verb.COPY and kind is not ResourceType.FLOW:
        problem = "only flows are copied in a batch"
    elif where is not None and where == Where():
        problem = "`where` is empty: that would be everything; name at least one filter"
    elif verb is Verb.UPDATE and _replaces_secrets(items, fields):
        problem = "the secrets of a credential are changed one by one, with update_resource or rotate_credential"
    elif items is not None and len(items) > MOST_ITEMS:
        problem = f"at most {MOST_ITEMS:,} items in a batch"
    if problem:
        raise Failure.of(ErrorCode.BAD_INPUT, f"{problem[0].upper()}{problem[1:]}. Nothing was done.")


def _replaces_secrets(items: Items | None, fields: Mapping[str, Any] | None) -> bool:
    """Nobody gives the old ones back, so no batch of them could be undone."""
    own = [item.get("fields") for item in items or ()]
    return any(isinstance(given, Mapping) and "credentials" in given for given in (*own, fields))


async def _to_create(planning: Planning, kind: ResourceType, given: Items) -> tuple[list[Item], int, list[Target]]:
    """What is missing; what is there under its name and is another thing refuses the batch."""
    wanted = await creates(planning, kind, given)
    by_name: dict[str, list[Any]] = {}
    for row in await list_mine(planning.nexla, kind):
        by_name.setdefault(row.name or "", []).append(row)
    todo: list[Item] = []
    clashes: list[str] = []
    for number, item in enumerate(wanted, start=1):
        creation = Creation(kind, item.body or {})
        matching = [row for row in by_name.get(item.name, ()) if not creation.differences(row, listed=True)]
        if not matching:
            todo.append(item)
            continue
        found = await getattr(planning.nexla, f"{kind.value}s").get(matching[0].id)
        differing = creation.differences(found) if len(matching) == 1 else ["there are several of that name"]
        if differing:
            clashes.append(f"item {number} {quoted(item.name)}, {kind.value} {found.id}: {', '.join(differing)}")
    if clashes:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"{len(clashes)} of {len(given)} names are taken by something that differs: {'; '.join(clashes[:5])}. "
            "Nothing was done.",
            hint="Choose other names, or change what is there with action=update.",
        )
    return todo, len(wanted) - len(todo), []


async def _on_existing(
    planning: Planning,
    verb: Verb,
    kind: ResourceType,
    items: Items | None,
    where: Where | None,
    fields: Mapping[str, Any],
) -> tuple[list[Item], int, list[Target]]:
    found = await _searched(planning, kind, where) if where is not None else None
    rows = found if found is not None else await _rows(planning, kind, items or [])
    bodies = [_body(item, fields) for item in items] if items is not None else [dict(fields)] * len(rows)
    sources = await _origins(planning) if verb is Verb.COPY else {}
    todo: list[Item] = []
    targets: list[Target] = []
    for row, body in zip(rows, bodies, strict=True):
        if verb in _RUNS and is_running(row.status) is _RUNS[verb] and kind is not ResourceType.FLOW:
            continue
        sent = {"source": sources.get(row.id)} if verb is Verb.COPY else checked_body(planning.nexla.secrets, body)
        todo.append(Item(verb=verb.value, type=kind, name=row.name or "", id=row.id, body=sent or None))
        targets.append(Target(type=kind, id=row.id, name=row.name, status=row.status, owner=row.owner))
    return todo, len(rows) - len(todo), targets


def _body(item: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    own = item.get("fields", {})
    return {**fields, **(own if isinstance(own, Mapping) else {})}


async def _searched(planning: Planning, kind: ResourceType, where: Where) -> list[Found]:
    criteria = Criteria(types=(kind,), **where.model_dump())
    result = await search(planning.nexla, criteria, limit=MOST_ITEMS + 1)
    if result.not_searched or result.unreadable:
        raise Failure.of(
            ErrorCode.UPSTREAM_ERROR, f"The {kind.value}s could not all be listed. Nothing was done.", retryable=True
        )
    return result.rows


async def _rows(planning: Planning, kind: ResourceType, items: Items) -> list[Found]:
    """The resource of each item, which names it by id.

    Raises:
        Failure: for an item without an id, or with one that is not there, or twice.
    """
    ids = [item.get("id") for item in items]
    wrong = [number for number, identifier in enumerate(ids, start=1) if not isinstance(identifier, int)]
    twice = [identifier for identifier, count in Counter(map(str, ids)).items() if count > 1]
    if wrong or twice:
        told = f"item {wrong[0]} has no id" if wrong else f"id {twice[0]} stands twice"
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{told}. Nothing was done.",
            hint="Items of what is there are {id, fields?}; search_resources finds ids.",
        )
    listed = {row.id: row for row in (await list_type(planning.nexla, kind)).rows}
    missing = [identifier for identifier in ids if identifier not in listed]
    if missing:
        raise Failure.of(
            ErrorCode.NOT_FOUND,
            f"{len(missing)} {kind.value}s are not there, or not yours to see: {', '.join(map(str, missing[:10]))}. "
            "Nothing was done.",
        )
    return [listed[identifier] for identifier in ids if isinstance(identifier, int)]


async def _origins(planning: Planning) -> dict[int, int | None]:
    return {flow.id: flow.node.data_source_id for flow in await planning.nexla.flows.list()}


def _step(verb: Verb, kind: ResourceType, todo: Sequence[Item], on_error: OnError, parallel: int) -> Step:
    return Step(
        key=KEY,
        action="batch",
        arguments={
            "items": [item.model_dump(mode="json", exclude_none=True) for item in todo],
            "stop": on_error is OnError.STOP,
            "parallel": parallel,
        },
        says=f"{verb.value} {len(todo):,} {kind.value}s, {parallel} at a time",
        undo=Act(action="undo_batch", arguments={"journal": output_of(KEY)}) if verb is not Verb.DELETE else None,
    )


def _risk(verb: Verb, targets: Sequence[Target]) -> Risk:
    if verb is Verb.DELETE:
        return Risk.DESTRUCTIVE
    stops = verb is Verb.PAUSE or verb is Verb.UPDATE
    running = any(is_running(target.status) is not False for target in targets)
    return Risk.DISRUPTIVE if stops and running else Risk.WRITE


def _named(todo: Sequence[Item]) -> tuple[str, ...]:
    words = [(item.verb, item.type.value, str(item.id or ""), quoted(item.name)) for item in todo[:SHOWN]]
    told = [" ".join(filter(None, parts)) for parts in words]
    return (*told, f"and {len(todo) - SHOWN:,} more") if len(todo) > SHOWN else tuple(told)


def _told(where: Where | None) -> dict[str, Any] | None:
    return where.model_dump(exclude_none=True) if where is not None else None
