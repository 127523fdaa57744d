"""Background tasks on the simulated clock: pending, running, then completed or failed (contract 19).

What the arguments of each type are called is published nowhere; these names are guesses, told by explain_arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, kinds, lineage
from nexla_mcp.sandbox.access import Access
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import Refusal, forbidden, invalid, not_found
from nexla_mcp.sandbox.probing import log_in
from nexla_mcp.sandbox.routing import Principal
from nexla_mcp.sandbox.simulation.notices import NOTIFICATIONS

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

TASKS = "async_tasks"
STARTS_AFTER_MS = 2_000
ENDS_AFTER_MS = 8_000
STATUSES = ("pending", "running", "completed", "failed", "cancelled")
_OPEN = frozenset({"pending", "running"})
_PROGRESS = {"pending": 0, "running": 50}
_OWNED = (
    kinds.CREDENTIALS,
    kinds.SOURCES,
    kinds.NEXSETS,
    kinds.DESTINATIONS,
    kinds.CODE,
    kinds.LOOKUPS,
    kinds.PROJECTS,
    kinds.TEAMS,
)

Result = dict[str, Any]


@dataclass(frozen=True)
class TaskType:
    """What a task takes and does. `optional` are arguments that may be left out."""

    arguments: Mapping[str, str]
    work: Callable[[World, Principal, dict[str, Any]], Result]
    optional: frozenset[str] = frozenset()
    admins_only: bool = False
    downloadable: bool = False


def _pause_flows(world: World, principal: Principal, arguments: dict[str, Any]) -> Result:
    """All or none: a flow that may not be paused fails the task before any is."""
    access = Access(world, principal)
    nodes = []
    for identifier in _ids(arguments["flow_ids"], "flow_ids"):
        node = world.store.get(kinds.FLOW_NODES, identifier)
        if node is None:
            raise not_found("FlowNode", identifier)
        if access.rank(kinds.FLOW_NODES, node) < 2:  # noqa: PLR2004 - an operator's rank
            raise forbidden()
        nodes.append(node)
    for node in nodes:
        lineage.set_running(world, principal, node, active=False, whole=True)
    return {"paused": [node["id"] for node in nodes]}


def _mark_read(world: World, principal: Principal, arguments: dict[str, Any]) -> Result:
    now, chosen = iso(world.clock.now()), _notifications(world, principal, arguments)
    for item in chosen:
        if item["read_at"] is None:
            world.store.put(NOTIFICATIONS, {**item, "read_at": now})
    return {"marked": len(chosen)}


def _delete_notifications(world: World, principal: Principal, arguments: dict[str, Any]) -> Result:
    chosen = _notifications(world, principal, arguments)
    for item in chosen:
        world.store.delete(NOTIFICATIONS, item["id"])
    return {"deleted": len(chosen)}


def _notifications(world: World, principal: Principal, arguments: dict[str, Any]) -> list[Document]:
    own = world.store.all(NOTIFICATIONS, owner_id=principal.user_id, org_id=principal.org_id)
    if arguments["notification_ids"] == "all":
        return own
    wanted = set(_ids(arguments["notification_ids"], "notification_ids"))
    if not wanted <= {item["id"] for item in own}:
        raise forbidden()
    return [item for item in own if item["id"] in wanted]


def _probe(world: World, principal: Principal, arguments: dict[str, Any]) -> Result:
    credential = world.store.get(kinds.CREDENTIALS, arguments["data_credentials_id"])
    if credential is None:
        raise not_found("DataCredentials", arguments["data_credentials_id"])
    if not Access(world, principal).rank(kinds.CREDENTIALS, credential):
        raise forbidden()
    return log_in(credential)


def _change_owner(world: World, principal: Principal, arguments: dict[str, Any]) -> Result:
    before, after = (
        _member(world, principal, arguments, "owner_id"),
        _member(world, principal, arguments, "delegate_owner_id"),
    )
    moved: dict[str, int] = {}
    for kind in _OWNED:
        for item in world.store.all(kind, owner_id=before["id"], org_id=principal.org_id):
            owned = world.store.put(kind, {**item, "owner_id": after["id"], "updated_at": iso(world.clock.now())})
            audit.record(world, principal, "update", kind, owned, before=item)
            moved[kind] = moved.get(kind, 0) + 1
    owners = {"previous_owner_id": before["id"], "new_owner_id": after["id"], "org_id": principal.org_id}
    return {"transfer_user_resources": owners, "moved": moved}


def _deactivate(world: World, principal: Principal, arguments: dict[str, Any]) -> Result:
    user = _member(world, principal, arguments, "user_id")
    if user["id"] == principal.user_id:
        raise forbidden("Nobody deactivates themselves")
    after = world.store.put(kinds.USERS, {**user, "status": "DEACTIVATED", "updated_at": iso(world.clock.now())})
    audit.record(world, principal, "update", kinds.USERS, after, before=user)
    return {"user_id": user["id"], "status": "DEACTIVATED"}


def _member(world: World, principal: Principal, arguments: dict[str, Any], name: str) -> Document:
    user = world.store.get(kinds.USERS, arguments[name])
    if user is None or principal.org_id not in {item["id"] for item in user.get("org_memberships", ())}:
        raise not_found("User", arguments[name])
    return user


def _audit_logs(world: World, principal: Principal, arguments: dict[str, Any]) -> Result:
    """The newest first, of the whole org or of one resource."""
    kind, identifier = arguments.get("resource_type"), arguments.get("resource_id")
    entries = [
        {name: value for name, value in entry.items() if name != "item_kind" and value is not None}
        for entry in world.store.all(kinds.AUDIT, org_id=principal.org_id)
        if kind in (None, entry["item_kind"]) and identifier in (None, entry["item_id"])
    ]
    return {"entries": sorted(entries, key=lambda entry: (entry["created_at"], entry["id"]), reverse=True)}


def _ids(value: Any, name: str) -> list[int]:
    if not isinstance(value, list) or not value or not all(type(item) is int for item in value):
        raise invalid(f"{name} must be a list of ids", field=name)
    return value


_CHOSEN = {"notification_ids": "List of ids of your notifications, or the word all"}
TYPES: Mapping[str, TaskType] = {
    "BulkDeleteNotifications": TaskType(_CHOSEN, _delete_notifications),
    "BulkMarkAsReadNotifications": TaskType(_CHOSEN, _mark_read),
    "BulkPauseFlows": TaskType({"flow_ids": "List of ids of the flows to pause"}, _pause_flows),
    "CallProbe": TaskType({"data_credentials_id": "Id of the credential to probe"}, _probe),
    "ChownUserResources": TaskType(
        {
            "owner_id": "Id of the user whose resources are handed over",
            "delegate_owner_id": "Id of the user who owns them afterwards",
        },
        _change_owner,
        admins_only=True,
    ),
    "DeactivateUser": TaskType({"user_id": "Id of the user to deactivate"}, _deactivate, admins_only=True),
    "GetAuditLogs": TaskType(
        {
            "resource_type": "Only entries of this type, e.g. data_sources (optional)",
            "resource_id": "Only entries of the resource with this id (optional)",
        },
        _audit_logs,
        optional=frozenset({"resource_type", "resource_id"}),
        admins_only=True,
        downloadable=True,
    ),
}


def started(world: World, principal: Principal, kind: Any, arguments: Any, priority: Any = None) -> Document:
    """A new task; a 400 for arguments that the type does not take, or lacks."""
    found = TYPES.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise invalid(f"type must be one of {', '.join(TYPES)}", field="type")
    if found.admins_only and not principal.is_org_admin:
        raise forbidden()
    given = {} if arguments is None else arguments
    if not isinstance(given, dict):
        raise invalid("arguments must be an object", field="arguments")
    unknown = sorted(set(given) - set(found.arguments))
    missing = [name for name in found.arguments if name not in given and name not in found.optional]
    if unknown or missing:
        raise invalid(f"{kind} takes {', '.join(found.arguments)}", fields=[name[:40] for name in [*unknown, *missing]])
    now = world.clock.now()
    return world.store.insert(
        TASKS,
        {
            "type": kind,
            "arguments": given,
            "priority": priority if type(priority) is int else 0,
            "status": "pending",
            "owner_id": principal.user_id,
            "org_id": principal.org_id,
            "admin": principal.is_org_admin,
            "created_at": iso(now),
            "created_ms": world.clock.now_ms(),
        },
    )


def advance(world: World) -> None:
    """Brings every task to where it is by now; what one does is done when its time has come, once."""
    for task in _unfinished(world.store.all(TASKS)):
        age = world.clock.now_ms() - task["created_ms"]
        with world.store.transaction():
            if age >= ENDS_AFTER_MS:
                _end(world, task)
            elif age >= STARTS_AFTER_MS and task["status"] == "pending":
                world.store.put(TASKS, {**task, "status": "running"})


def _unfinished(tasks: Iterable[Document]) -> list[Document]:
    return [task for task in tasks if task["status"] in _OPEN]


def _end(world: World, task: Document) -> None:
    principal = Principal(task["owner_id"], task["org_id"], task["admin"])
    ended = datetime.fromtimestamp((task["created_ms"] + ENDS_AFTER_MS) / 1000, tz=timezone.utc)
    try:
        outcome = {"status": "completed", "result": TYPES[task["type"]].work(world, principal, task["arguments"])}
    except Refusal as refusal:
        outcome = {"status": "failed", "error": {"code": refusal.status, "message": refusal.message}}
    world.store.put(TASKS, {**task, **outcome, "stopped_at": iso(ended)})


def progress_of(task: Document) -> int:
    return _PROGRESS.get(task["status"], 100)
