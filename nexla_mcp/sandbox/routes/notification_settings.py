"""Types of notifications, and over which channels the caller wants them (contract 26)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.access import Access
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import forbidden, invalid, not_found
from nexla_mcp.sandbox.routes.reading import LARGEST
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.simulation.notices import RESOURCE_TYPES
from nexla_mcp.sandbox.simulation.notification_types import TYPES

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_CHANNEL_SETTINGS = "notification_channel_settings"
_SETTINGS = "notification_settings"
_CHANNELS = frozenset({"APP", "EMAIL", "SMS", "SLACK", "WEBHOOKS"})
_RESOURCES = frozenset({"ORG", "USER", "DATA_FLOW", "CUSTOM_DATA_FLOW", "SOURCE", "DATASET", "SINK"})
_EVENTS = frozenset(
    {"SHARE", "CREATE", "DELETE", "UPDATE", "ACTIVATE", "PAUSE", "METRICS", "RESETPASS", "ERROR_AGGREGATED"}
    | {"ERROR", "MONITOR", "WRITE", "EMPTY_DATA", "READ_START", "READ_DONE", "WRITE_START", "WRITE_DONE"}
)
_KINDS = {resource: kind for kind, resource in RESOURCE_TYPES.items()}
_BY_ID = {item["id"]: item for item in TYPES}


def list_types(call: Call) -> list[dict[str, Any]]:
    status = _among(call.query.get("status"), {"ACTIVE", "PAUSE"}, "status")
    return [item for item in TYPES if status is None or item["status"] == (status == "ACTIVE")]


def one_type(call: Call) -> dict[str, Any]:
    event = _among(call.query.get("event_type"), _EVENTS, "event_type", required=True)
    resource = _among(call.query.get("resource_type"), _RESOURCES, "resource_type", required=True)
    for item in TYPES:
        if (item["event_type"], item["resource_type"]) == (event, resource):
            return item
    raise not_found("NotificationType", f"{event} {resource}")


def list_channels(call: Call) -> list[dict[str, Any]]:
    return [_channel_shape(item) for item in _own(call, _CHANNEL_SETTINGS)]


def create_channel(call: Call) -> dict[str, Any]:
    fields = call.fields()
    channel = _among(fields.get("channel"), _CHANNELS, "channel", required=True)
    config = _config(fields)
    return _channel_shape(_insert(call, _CHANNEL_SETTINGS, {"channel": channel, "config": config}))


def get_channel(call: Call) -> dict[str, Any]:
    return _channel_shape(_one(call, _CHANNEL_SETTINGS, "notification_channel_setting_id"))


def update_channel(call: Call) -> dict[str, Any]:
    before, fields = _one(call, _CHANNEL_SETTINGS, "notification_channel_setting_id"), call.fields()
    changes: dict[str, Any] = {}
    if "channel" in fields:
        changes["channel"] = _among(fields["channel"], _CHANNELS, "channel", required=True)
    if "config" in fields:
        changes["config"] = _config(fields)
    return _channel_shape(_put(call, _CHANNEL_SETTINGS, before, changes))


def delete_channel(call: Call) -> None:
    identifier = _one(call, _CHANNEL_SETTINGS, "notification_channel_setting_id")["id"]
    call.world.store.delete(_CHANNEL_SETTINGS, identifier)


def list_settings(call: Call) -> list[dict[str, Any]]:
    event = _among(call.query.get("event_type"), _EVENTS, "event_type")
    resource = _among(call.query.get("resource_type"), _RESOURCES, "resource_type")
    status = _among(call.query.get("status"), {"ACTIVE", "PAUSED"}, "status")
    shapes = [_shape(item) for item in _own(call, _SETTINGS)]
    return [
        shape
        for shape in shapes
        if event in {None, shape["event_type"]}
        and resource in {None, shape["resource_type"]}
        and status in {None, shape["status"]}
    ]


def create_setting(call: Call) -> dict[str, Any]:
    fields = call.fields()
    for name in ("channel", "notification_type_id"):
        if name not in fields:
            raise invalid(f"{name} is required", fields=[name])
    defaults: dict[str, Any] = {
        "status": "ACTIVE",
        "config": {},
        "notification_resource_type": None,
        "resource_id": None,
    }
    return _shape(_insert(call, _SETTINGS, {**defaults, **_setting_fields(call, fields)}))


def get_setting(call: Call) -> dict[str, Any]:
    return _shape(_one(call, _SETTINGS, "notification_setting_id"))


def update_setting(call: Call) -> dict[str, Any]:
    before = _one(call, _SETTINGS, "notification_setting_id")
    return _shape(_put(call, _SETTINGS, before, _setting_fields(call, call.fields())))


def delete_setting(call: Call) -> None:
    call.world.store.delete(_SETTINGS, _one(call, _SETTINGS, "notification_setting_id")["id"])


def settings_of_type(call: Call) -> list[dict[str, Any]]:
    """The type view: other field names than anywhere else."""
    type_id = call.id("notification_type_id")
    return [_type_view(call, item) for item in _own(call, _SETTINGS) if item["notification_type_id"] == type_id]


def settings_of_resource(call: Call) -> list[dict[str, Any]]:
    resource = _among(call.path["resource_type"], _RESOURCES, "resource_type")
    identifier, type_id = call.id("resource_id"), call.integer("notification_type_id")
    return [
        _shape(item)
        for item in _own(call, _SETTINGS)
        if (item["notification_resource_type"], item["resource_id"]) == (resource, identifier)
        and type_id in {None, item["notification_type_id"]}
    ]


def _setting_fields(call: Call, fields: dict[str, Any]) -> dict[str, Any]:
    """The changeable fields that were given, checked."""
    taken: dict[str, Any] = {}
    for name, allowed in (
        ("channel", _CHANNELS),
        ("status", {"ACTIVE", "PAUSED"}),
        ("notification_resource_type", _RESOURCES),
    ):
        if name in fields:
            taken[name] = _among(fields[name], allowed, name, required=True)
    if "config" in fields:
        taken["config"] = _config(fields)
    for name in ("resource_id", "notification_type_id", "notification_channel_setting_id"):
        if name in fields:
            value = fields[name]
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
                raise invalid(f"{name} must be an id", field=name)
            taken[name] = value
    if taken.get("notification_type_id", 1) not in _BY_ID:
        raise invalid("notification_type_id does not exist", field="notification_type_id")
    channel_id = taken.get("notification_channel_setting_id")
    if channel_id is not None and channel_id not in {item["id"] for item in _own(call, _CHANNEL_SETTINGS)}:
        raise invalid("notification_channel_setting_id does not exist", field="notification_channel_setting_id")
    return taken


def _among(value: Any, allowed: Iterable[str], name: str, *, required: bool = False) -> Any:
    if value is None and not required:
        return None
    if not isinstance(value, str) or value not in set(allowed):
        raise invalid(f"{name} must be one of {', '.join(sorted(allowed))}", field=name)
    return value


def _config(fields: dict[str, Any]) -> dict[str, str]:
    config = fields.get("config")
    if not isinstance(config, dict) or not all(isinstance(item, str) for item in config.values()):
        raise invalid("config must be an object of strings", field="config")
    return config


def _own(call: Call, kind: str) -> list[Document]:
    return call.world.store.all(kind, owner_id=call.principal.user_id, org_id=call.principal.org_id)


def _one(call: Call, kind: str, parameter: str) -> Document:
    identifier = call.id(parameter)
    found = call.world.store.get(kind, identifier) if identifier < 2**63 else None
    if found is None:
        raise not_found("Setting", call.path[parameter])
    if (found["owner_id"], found["org_id"]) != (call.principal.user_id, call.principal.org_id):
        raise forbidden()
    return found


def _insert(call: Call, kind: str, fields: dict[str, Any]) -> Document:
    now = iso(call.world.clock.now())
    owner = {"owner_id": call.principal.user_id, "org_id": call.principal.org_id}
    return call.world.store.insert(kind, {**owner, **fields, "created_at": now, "updated_at": now})


def _put(call: Call, kind: str, before: Document, fields: dict[str, Any]) -> Document:
    return call.world.store.put(kind, {**before, **fields, "updated_at": iso(call.world.clock.now())})


def _channel_shape(item: Document) -> dict[str, Any]:
    return {name: item[name] for name in ("id", "owner_id", "org_id", "channel", "config")}


def _shape(item: Document) -> dict[str, Any]:
    about = _BY_ID[item["notification_type_id"]]
    shown = ("id", "org_id", "owner_id", "channel", "config", "status", "notification_type_id")
    return {
        **{name: item[name] for name in shown},
        "notification_resource_type": item["notification_resource_type"] or about["resource_type"],
        "resource_id": item["resource_id"] or 0,
        "priority": 1,
        "name": about["name"],
        "description": about["description"],
        "code": about["id"],
        "category": about["category"],
        "event_type": about["event_type"],
        "resource_type": about["resource_type"],
    }


def _type_view(call: Call, item: Document) -> dict[str, Any]:
    about = _BY_ID[item["notification_type_id"]]
    view = {
        "setting_id": item["id"],
        "org_id": item["org_id"],
        "owner_id": item["owner_id"],
        "channel": item["channel"],
        "resource_type": item["notification_resource_type"] or about["resource_type"],
        "resource_id": item["resource_id"] or 0,
        "priority": 1,
        "status": item["status"],
        "notification_type_id": about["id"],
        "setting_created_at": item["created_at"],
        "setting_updated_at": item["updated_at"],
        "notification_type_name": about["name"],
        "notification_type_description": about["description"],
        "notification_type_code": about["id"],
        "notification_type_category": about["category"],
        "notification_type_event_type": about["event_type"],
    }
    return {**view, **_resource(call, item)}


def _resource(call: Call, item: Document) -> dict[str, Any]:
    """What the setting is about, where it is about one resource that the caller sees."""
    kind = _KINDS.get(item["notification_resource_type"] or "")
    found = call.world.store.get(kind, item["resource_id"] or 0) if kind else None
    if kind is None or found is None or Access(call.world, call.principal).rank(kind, found) == 0:
        return {}
    return {
        "resource_owner_id": found["owner_id"],
        "resource_org_id": found["org_id"],
        "resource_name": found["name"],
        "resource_description": found.get("description") or "",
        "resource_status": found["status"],
    }


_CHANNEL = "/notification_channel_settings/{notification_channel_setting_id}"
_SETTING = "/notification_settings/{notification_setting_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/notification_types", list_types),
    Route("GET", "/notification_types/list", one_type),
    Route("GET", "/notification_channel_settings", list_channels),
    Route("POST", "/notification_channel_settings", create_channel),
    Route("GET", _CHANNEL, get_channel),
    Route("PUT", _CHANNEL, update_channel),
    Route("DELETE", _CHANNEL, delete_channel),
    Route("GET", "/notification_settings", list_settings),
    Route("POST", "/notification_settings", create_setting),
    Route("GET", _SETTING, get_setting),
    Route("PUT", _SETTING, update_setting),
    Route("DELETE", _SETTING, delete_setting),
    Route("GET", "/notification_settings/notification_types/{notification_type_id}", settings_of_type),
    Route("GET", "/notification_settings/{resource_type}/{resource_id}", settings_of_resource),
)
