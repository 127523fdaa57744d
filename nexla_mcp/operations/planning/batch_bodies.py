"""Items of a batch as people write them, checked and made into what is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nexla_mcp.adapter.models import Credential
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.actions.batch_items import Item
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.planning.checked_config import checked_body, checked_config
from nexla_mcp.operations.planning.planning import Planning

MOST_PROBLEMS = 5
_TELLING = ("source_type", "sink_type", "data_set_id", "parent_data_set_id")
"""What tells two of one name apart."""
_CONFIGS = {ResourceType.SOURCE: "source", ResourceType.DESTINATION: "sink"}
_FIELDS: Mapping[ResourceType, frozenset[str]] = {
    ResourceType.CREDENTIAL: frozenset({"name", "connector", "credentials", "description"}),
    ResourceType.SOURCE: frozenset({"name", "connector", "config", "credential", "description", "tags"}),
    ResourceType.DESTINATION: frozenset({"name", "connector", "config", "credential", "nexset", "description", "tags"}),
}
_MAY_BE_MADE = {
    *_FIELDS,
    ResourceType.NEXSET,
    ResourceType.TRANSFORM,
    ResourceType.LOOKUP,
    ResourceType.PROJECT,
    ResourceType.TEAM,
}


async def creates(planning: Planning, kind: ResourceType, given: Sequence[Mapping[str, Any]]) -> list[Item]:
    """The items of a batch of creates.

    Raises:
        Failure: `bad_input`, naming the first items that cannot be made and why. Nothing was done.
    """
    if kind not in _MAY_BE_MADE:
        raise Failure.of(ErrorCode.BAD_INPUT, f"A {kind.value} is not made in a batch. Nothing was done.")
    logins = await _logins(planning, given)
    made = [_made(planning, kind, item, logins) for item in given]
    items = [item for item in made if isinstance(item, Item)]
    problems = [f"item {number}: {item}" for number, item in enumerate(made, start=1) if isinstance(item, str)]
    problems += _twins(made)
    if problems:
        raise _refused(problems, len(given))
    return items


def _made(
    planning: Planning, kind: ResourceType, item: Mapping[str, Any], logins: Mapping[int, Credential | Failure]
) -> Item | str:
    """The item, or in words why it cannot be made."""
    try:
        body = _body(planning, kind, item, logins)
    except Failure as failure:
        return failure.info.message.removesuffix(" Nothing was done.")
    return Item(verb="create", type=kind, name=body["name"], body=body)


def _body(
    planning: Planning, kind: ResourceType, item: Mapping[str, Any], logins: Mapping[int, Credential | Failure]
) -> dict[str, Any]:
    name = item.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Failure.of(ErrorCode.BAD_INPUT, "name: missing.")
    if kind not in _FIELDS:
        return {"name": name, **checked_body(planning.nexla.secrets, dict(item))}
    unknown = sorted(set(item) - _FIELDS[kind])
    if unknown:
        raise Failure.of(ErrorCode.BAD_INPUT, f"{unknown[0][:60]}: unknown; valid: {', '.join(sorted(_FIELDS[kind]))}.")
    connector = str(item.get("connector", ""))
    more = {key: item[key] for key in ("description", "tags") if item.get(key) is not None}
    if kind is ResourceType.CREDENTIAL:
        checked = checked_config(
            planning.nexla.secrets, "credential", connector, item.get("credentials") or {}, "credentials"
        )
        return {"name": name, "credentials_type": checked.connector, "credentials": checked.values, **more}
    checked = checked_config(planning.nexla.secrets, kind.value, connector, item.get("config") or {}, "config")
    prefix = _CONFIGS[kind]
    body = {"name": name, f"{prefix}_type": checked.connector, f"{prefix}_config": checked.values, **more}
    login = item.get("credential")
    if login is not None:
        _check_login(checked.connector, login, logins)
        body["data_credentials_id"] = login
    elif checked.needs_credential:
        what = f"A {checked.connector} {kind.value} logs in with one."
        raise Failure.of(ErrorCode.BAD_INPUT, f"credential: missing. {what}")
    if kind is ResourceType.DESTINATION:
        if not isinstance(item.get("nexset"), int):
            raise Failure.of(ErrorCode.BAD_INPUT, "nexset: missing, the id of what is written.")
        body["data_set_id"] = item["nexset"]
    return body


async def _logins(planning: Planning, given: Sequence[Mapping[str, Any]]) -> dict[int, Credential | Failure]:
    """Each credential that is named, read once."""
    ids = sorted({item["credential"] for item in given if isinstance(item.get("credential"), int)})
    answers = await outcomes(partial(planning.nexla.credentials.get, identifier) for identifier in ids)
    return dict(zip(ids, answers, strict=True))


def _check_login(connector: str, login: Any, logins: Mapping[int, Credential | Failure]) -> None:
    found = logins.get(login) if isinstance(login, int) else None
    if found is None:
        raise Failure.of(ErrorCode.BAD_INPUT, "credential: must be an id.")
    if isinstance(found, Failure):
        raise Failure.of(found.info.code, f"credential {login}: {found.info.message}")
    if found.credentials_type and found.credentials_type != connector:
        raise Failure.of(ErrorCode.BAD_INPUT, f"credential: {login} is a login to {found.credentials_type}.")


def _twins(made: Sequence[Item | str]) -> list[str]:
    """Items that nothing could tell apart once their answers are lost."""
    seen: dict[tuple[Any, ...], int] = {}
    problems: list[str] = []
    for number, item in enumerate(made, start=1):
        if isinstance(item, str):
            continue
        body = item.body or {}
        key = (item.name, *(body.get(name) for name in _TELLING))
        if key in seen:
            problems.append(f"item {number}: has the name of item {seen[key]}")
        seen.setdefault(key, number)
    return problems


def _refused(problems: list[str], total: int) -> Failure:
    more = f"; and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
    told = "; ".join(problems[:MOST_PROBLEMS])
    return Failure.of(
        ErrorCode.BAD_INPUT,
        f"{len(problems)} of {total} items cannot be made: {told}{more}. Nothing was done.",
        hint="Items of a create have the arguments of the single tool, e.g. create_source.",
        next_tool="describe_connector",
    )
