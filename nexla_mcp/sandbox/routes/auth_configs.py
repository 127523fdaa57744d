"""How people log in to an org: auth configs and whether the org uses them (contract 16, 20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid, not_found
from nexla_mcp.sandbox.routes.families import (
    FLAG,
    OBJECT,
    TEXT,
    TEXT_OR_NULL,
    Family,
    create,
    delete,
    fields_of,
    get,
    list_all,
    owned,
    update,
)
from nexla_mcp.sandbox.routes.members import org_of
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import common

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_SETTINGS = "auth_settings"
_TEXTS = (
    "uid",
    "name_identifier_format",
    "nexla_base_url",
    "service_entity_id",
    "assertion_consumer_url",
    "idp_entity_id",
    "idp_sso_target_url",
    "idp_slo_target_url",
    "idp_cert",
    "metadata",
    "oidc_domain",
    "oidc_keys_url_key",
)
_FLAGS = ("global", "enabled_by_default", "auto_create_users_enabled")
_OBJECTS = ("security_settings", "oidc_id_claims", "oidc_access_claims")
"""Objects in a request, text in an answer (contract 20)."""


def _shape(call: Call, document: Document) -> dict[str, Any]:
    """`secret_config` is in no answer."""
    shown = ("protocol", "name", "description", *_TEXTS, *_FLAGS, "client_config", "created_at", "updated_at")
    hidden = {"metadata", "enabled_by_default"}
    shape = owned(call, document) | fields_of(document, *(name for name in shown if name not in hidden))
    return shape | {name: str(document[name]) for name in _OBJECTS if document.get(name) is not None}


CONFIGS = Family(
    template="/api_auth_configs",
    parameter="auth_config_id",
    kind="api_auth_configs",
    fields={
        "name": TEXT,
        "protocol": TEXT,
        "description": TEXT_OR_NULL,
        **dict.fromkeys(_TEXTS, TEXT),
        **dict.fromkeys(_FLAGS, FLAG),
        **dict.fromkeys((*_OBJECTS, "client_config", "secret_config"), OBJECT),
    },
    shape=_shape,
    required=("name", "protocol"),
    defaults={"global": False, "auto_create_users_enabled": False},
    allowed={"protocol": ("saml", "oidc", "google", "password")},
    admins_only=True,
    declares_404=False,
)


def add(call: Call) -> Any:
    """A new config, and whether the org uses it."""
    shape = create(CONFIGS, call)
    now = iso(call.world.clock.now())
    setting = {"enabled": bool(call.fields().get("enabled_by_default")), "created_at": now, "updated_at": now}
    call.world.store.insert(_SETTINGS, {**setting, "auth_config_id": shape["id"], "org_id": call.principal.org_id})
    return shape


def remove(call: Call) -> Any:
    answer = delete(CONFIGS, call)
    for setting in call.world.store.all(_SETTINGS, auth_config_id=call.id("auth_config_id")):
        call.world.store.delete(_SETTINGS, setting["id"])
    return answer


def list_settings(call: Call) -> list[Any]:
    org = org_of(call, admin=True)
    return [_setting(call, item) for item in call.world.store.all(_SETTINGS, org_id=org["id"])]


def set_setting(call: Call) -> Any:
    org = org_of(call, admin=True)
    before = call.world.store.get(_SETTINGS, call.id("auth_setting_id"))
    if before is None or before["org_id"] != org["id"]:
        raise not_found("Auth setting", call.id("auth_setting_id"))
    enabled = call.fields().get("enabled")
    if not isinstance(enabled, bool):
        raise invalid("enabled must be a boolean", field="enabled")
    after = call.world.store.put(_SETTINGS, {**before, "enabled": enabled, "updated_at": iso(call.world.clock.now())})
    audit.record(call.world, audit.author(call), "update", _SETTINGS, after, before=before)
    return _setting(call, after)


def _setting(call: Call, item: Document) -> dict[str, Any]:
    config = call.world.store.get(CONFIGS.kind, item["auth_config_id"]) or {"id": item["auth_config_id"]}
    return {
        "id": item["id"],
        "org": common.org(call.world, item["org_id"]),
        "auth_config": fields_of(config, "id", "uid", "protocol", "name", "description", "global"),
        **{name: item[name] for name in ("enabled", "created_at", "updated_at")},
    }


def _list(call: Call) -> list[Any]:
    return list_all(CONFIGS, call)


def _get(call: Call) -> Any:
    return get(CONFIGS, call)


def _update(call: Call) -> Any:
    return update(CONFIGS, call)


ROUTES: tuple[Route, ...] = (
    Route("GET", CONFIGS.template, _list),
    Route("POST", CONFIGS.template, add),
    Route("GET", f"{CONFIGS.template}/all", _list),
    Route("GET", CONFIGS.one, _get),
    Route("PUT", CONFIGS.one, _update),
    Route("DELETE", CONFIGS.one, remove),
    Route("GET", "/orgs/{org_id}/auth_settings", list_settings),
    Route("PUT", "/orgs/{org_id}/auth_settings/{auth_setting_id}", set_setting),
)
