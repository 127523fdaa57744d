"""The audit trail: every write leaves an entry that tells what changed from what to what (contract 22)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.routing import Call, Route

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Handler, Principal
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

ITEM_TYPES = {
    "data_credentials": "DataCredentials",
    "data_sources": "DataSource",
    "data_sets": "DataSet",
    "data_sinks": "DataSink",
    "flow_nodes": "FlowNode",
    "code_containers": "CodeContainer",
    "data_maps": "DataMap",
    "doc_containers": "DocContainer",
    "projects": "Project",
    "teams": "Team",
    "users": "User",
    "orgs": "Org",
}

_UNTRACKED = frozenset({"id", "_sandbox", "created_at", "updated_at"})
_FILTERED = "[FILTERED]"

_request: ContextVar[Call | None] = ContextVar("sandbox_request", default=None)


@contextmanager
def acting(call: Call) -> Iterator[None]:
    """Entries written inside name this request's address and caller program."""
    token = _request.set(call)
    try:
        yield
    finally:
        _request.reset(token)


def served(*operations: tuple[str, str, Handler]) -> tuple[Route, ...]:
    """Routes whose handlers write all or nothing, under the request's name."""
    return tuple(Route(method, template, _atomic(handler)) for method, template, handler in operations)


def _atomic(handler: Handler) -> Callable[[Call], Any]:
    def handle(call: Call) -> Any:
        with acting(call):
            if call.method == "GET":
                return handler(call)
            with call.world.store.transaction():
                return handler(call)

    return handle


def moment(world: World, at: datetime | str | None = None) -> str:
    """The time to write down: the given one, or now."""
    if at is None:
        return iso(world.clock.now())
    return iso(at) if isinstance(at, datetime) else at


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Changed properties as [before, after]; private and bookkeeping keys are left out."""
    names = [name for name in {**before, **after} if name not in _UNTRACKED]
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def record(
    world: World,
    principal: Principal,
    kind: str,
    document: Document,
    event: str,
    changes: Mapping[str, list[Any]],
    *,
    association: Mapping[str, Any] | None = None,
    at: datetime | str | None = None,
) -> Document:
    """Appends one entry. `event` is create, update, destroy, association_added or association_removed."""
    call = _request.get()
    user = world.store.get("users", principal.user_id) or {}
    owner = world.store.get("users", document.get("owner_id") or principal.user_id) or {}
    entry = {
        "item_kind": kind,
        "item_type": ITEM_TYPES.get(kind, kind),
        "item_id": document["id"],
        "event": event,
        "change_summary": list(changes),
        "object_changes": dict(changes),
        "association_resource": dict(association) if association else None,
        "request_ip": "127.0.0.1" if call else None,
        "request_user_agent": call.headers.get("user-agent", "") if call else None,
        "request_url": _address(call) if call else None,
        "user": {"id": principal.user_id, "email": user.get("email", "")},
        "impersonator_id": None,
        "org_id": document.get("org_id") or principal.org_id,
        "owner_id": owner.get("id", principal.user_id),
        "owner_email": owner.get("email", ""),
        "created_at": moment(world, at),
    }
    return world.store.insert("audit", entry)


def created(world: World, principal: Principal, kind: str, document: Document) -> None:
    """The entry of a new resource, at the time at which it says it was made."""
    facts = {name: value for name, value in document.items() if value not in (None, [], {})}
    record(world, principal, kind, document, "create", differences({}, facts), at=document["created_at"])


def destroyed(world: World, principal: Principal, kind: str, document: Document) -> None:
    facts = {name: document[name] for name in ("name", "status") if name in document}
    record(world, principal, kind, document, "destroy", {name: [value, None] for name, value in facts.items()})


def change(
    world: World,
    principal: Principal,
    kind: str,
    document: Document,
    changes: Mapping[str, Any],
    *,
    at: datetime | str | None = None,
    secret: bool = False,
) -> Document:
    """Stores a document with changed fields and its entry. `secret` notes that credentials were replaced.

    Nothing is written where nothing differs (contract 4.1: activating an active node is no change).
    """
    found = differences(document, {**document, **changes})
    if secret:
        found["credentials"] = [_FILTERED, _FILTERED]
    after = {**document, **changes}
    if not found and after == document:
        return document
    after["updated_at"] = moment(world, at)
    world.store.put(kind, after)
    if found:
        record(world, principal, kind, after, "update", found, at=at)
    return after


def _address(call: Call) -> str:
    """The request's path without its query, which may carry what an auditor must not read."""
    path = call.route
    for name, value in call.path.items():
        path = path.replace("{" + name + "}", value)
    return path
