"""The caller's own notifications (contract 26)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import Refusal, forbidden, invalid
from nexla_mcp.sandbox.routes.reading import epoch
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import common
from nexla_mcp.sandbox.simulation.notices import NOTIFICATIONS

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_LEVELS = frozenset({"DEBUG", "INFO", "WARN", "ERROR", "RECOVERED", "RESOLVED"})


def list_notifications(call: Call) -> list[dict[str, Any]]:
    """The newest first. `from` and `to` are unix seconds."""
    level = call.query.get("level", "").upper()
    if level and level not in _LEVELS:
        raise invalid("unknown level", field="level")
    start, end = epoch(call, "from"), epoch(call, "to")
    found = [
        item
        for item in _own(call, _read_filter(call))
        if level in {"", item["level"]}
        and (start is None or _seconds(item) >= start)
        and (end is None or _seconds(item) <= end)
    ]
    found.sort(key=lambda item: (item["created_at"], item["id"]), reverse=True)
    return [_shape(call, item) for item in found]


def get(call: Call) -> dict[str, Any]:
    return _shape(call, _one(call))


def delete(call: Call) -> None:
    call.world.store.delete(NOTIFICATIONS, _one(call)["id"])


def delete_all(call: Call) -> Any:
    return _perhaps_async(call, _delete_own)


def count(call: Call) -> dict[str, int]:
    return {"count": len(_own(call, _read_filter(call)))}


def mark_read(call: Call) -> Any:
    return _perhaps_async(call, lambda asked: _mark(asked, iso(asked.world.clock.now())))


def mark_unread(call: Call) -> None:
    _mark(call, None)


def _delete_own(call: Call) -> None:
    for item in _own(call):
        call.world.store.delete(NOTIFICATIONS, item["id"])


def _mark(call: Call, read_at: str | None) -> None:
    for item in _chosen(call):
        if (item["read_at"] is None) != (read_at is None):
            call.world.store.put(NOTIFICATIONS, {**item, "read_at": read_at})


def _chosen(call: Call) -> list[Document]:
    """Those named by `notification_id` (an id or `all`) or by the ids in the body; others' are refused."""
    named = call.query.get("notification_id")
    if named == "all":
        return _own(call)
    ids = call.body if named is None else [int(named)] if named.isascii() and named.isdigit() else None
    if not isinstance(ids, list) or not all(isinstance(item, int) and not isinstance(item, bool) for item in ids):
        raise invalid("give notification_id=all, one id, or a list of ids", field="notification_id")
    own = {item["id"]: item for item in _own(call)}
    if not set(ids) <= set(own):
        raise forbidden()
    return [own[identifier] for identifier in ids]


def _own(call: Call, read: bool | None = None) -> list[Document]:
    found = call.world.store.all(NOTIFICATIONS, owner_id=call.principal.user_id, org_id=call.principal.org_id)
    return [item for item in found if read is None or (item["read_at"] is not None) == read]


def _read_filter(call: Call) -> bool | None:
    wanted = call.integer("read")
    if wanted not in {None, 0, 1}:
        raise invalid("read must be 0 or 1", field="read")
    return None if wanted is None else wanted == 1


def _one(call: Call) -> Document:
    """403 for an unknown id too: the contract declares no 404 here."""
    identifier = call.id("notification_id")
    for item in _own(call):
        if item["id"] == identifier:
            return item
    raise forbidden()


def _seconds(item: Document) -> float:
    moment = datetime.strptime(item["created_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return moment.timestamp()


def _shape(call: Call, item: Document) -> dict[str, Any]:
    shown = ("level", "resource_id", "resource_type", "message_id", "message", "read_at", "created_at", "updated_at")
    return {
        "id": item["id"],
        "owner": common.owner(call.world, item["owner_id"]),
        "org": common.org(call.world, item["org_id"]),
        "access_roles": ["owner"],
        **{name: item[name] for name in shown},
    }


def _perhaps_async(call: Call, work: Any) -> Any:
    """null, or with `async=true` an AsyncResponse; asked again with its request_id, the same one (contract 2.7)."""
    if not call.flag("async"):
        return work(call)
    request_id = call.integer("request_id")
    name = f"async.{call.principal.user_id}.{call.route}"
    if request_id is not None:
        found = call.world.store.recall(f"{name}.{request_id}")
        if found is None:
            raise Refusal(403, f"Request {request_id} is not yours")
        return found
    work(call)
    now = iso(call.world.clock.now())
    answer = {
        "request_id": call.world.store.next_id("requests"),
        "status": "completed",
        "request_started_at": now,
        "request_stopped_at": now,
        "request_completed_at": now,
        "progress": 100,
        "result": {},
    }
    call.world.store.remember(f"{name}.{answer['request_id']}", answer)
    return answer


ROUTES: tuple[Route, ...] = (
    Route("GET", "/notifications", list_notifications),
    Route("GET", "/notifications/count", count),
    Route("PUT", "/notifications/mark_read", mark_read),
    Route("PUT", "/notifications/mark_unread", mark_unread),
    Route("DELETE", "/notifications/all", delete_all),
    Route("GET", "/notifications/{notification_id}", get),
    Route("DELETE", "/notifications/{notification_id}", delete),
)
