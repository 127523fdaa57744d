"""GenAI: which model with which login, and which of them an org uses for what (contract 20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.access import Access, require
from nexla_mcp.sandbox.errors import forbidden, invalid, not_found
from nexla_mcp.sandbox.payloads import check_reference
from nexla_mcp.sandbox.routes.families import (
    NUMBER,
    OBJECT,
    TEXT,
    TEXT_OR_NULL,
    Family,
    fields_of,
    made,
    one_of,
    owned,
    put,
)
from nexla_mcp.sandbox.routes.families import delete as delete_from
from nexla_mcp.sandbox.routes.families import given as given_to
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes.credentials import full

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

USAGES = ("all", "gen_docs", "check_code")


def _config_shape(call: Call, document: Document) -> dict[str, Any]:
    """Without `data_credentials` where the caller may not see the login."""
    shape = owned(call, document) | fields_of(document, "name", "description", "type", "config")
    shape["status"] = document["status"].upper()
    access = Access(call.world, call.principal)
    credential = call.world.store.get(kinds.CREDENTIALS, document["data_credentials_id"])
    if credential is not None and access.rank(kinds.CREDENTIALS, credential):
        login = full(call.world, access, credential)
        shape["data_credentials"] = {name: value for name, value in login.items() if value is not None}
    return shape


def _check_config(call: Call, fields: dict[str, Any]) -> None:
    identifier = check_reference(call.world, fields, "data_credentials_id", kinds.CREDENTIALS)
    if identifier is not None:
        require(call, kinds.CREDENTIALS, identifier)
    config = fields.get("config", {})
    for name in ("api_version", "openai_model", "google_ai_model"):
        if not isinstance(config.get(name), (str, type(None))):
            raise invalid(f"config.{name} must be a string", field="config")
    if not isinstance(config.get("enable_doc_recommendations", False), bool):
        raise invalid("config.enable_doc_recommendations must be a boolean", field="config")
    if "config" in fields:
        fields["config"] = {name: value for name, value in config.items() if value is not None}
    if "status" in fields:
        fields["status"] = fields["status"] or "active"


CONFIGS = Family(
    template="/gen_ai_integration_configs",
    parameter="gen_ai_config_id",
    kind="gen_ai_integration_configs",
    fields={
        "name": TEXT,
        "description": TEXT_OR_NULL,
        "status": TEXT_OR_NULL,
        "config": OBJECT,
        "type": TEXT,
        "data_credentials_id": NUMBER,
    },
    shape=_config_shape,
    required=("name", "type", "config", "data_credentials_id"),
    defaults={"status": "active"},
    allowed={"status": ("active", "paused"), "type": ("genai_openai", "genai_googleai")},
    admins_only=True,
    check=_check_config,
)


def _setting_shape(call: Call, document: Document) -> dict[str, Any]:
    """The id of the config is spelled `get_ai_config_id` by the platform. Whether it is active is not shown."""
    shape = {"id": document["id"], "org_id": document["org_id"], "gen_ai_usage": document["gen_ai_usage"]}
    shape["get_ai_config_id"] = document["gen_ai_config_id"]
    config = call.world.store.get(CONFIGS.kind, document["gen_ai_config_id"])
    return shape | ({"gen_ai_config": _config_shape(call, config)} if config else {})


SETTINGS = Family(
    template="/gen_ai_org_settings",
    parameter="gen_ai_org_setting_id",
    kind="gen_ai_org_settings",
    fields={"gen_ai_config_id": NUMBER, "gen_ai_usage": TEXT},
    shape=_setting_shape,
    required=("gen_ai_config_id", "gen_ai_usage"),
    allowed={"gen_ai_usage": USAGES},
    admins_only=True,
)


def delete_config(call: Call) -> Any:
    """What an org uses cannot be deleted."""
    document = one_of(CONFIGS, call, "admin")
    if call.world.store.all(SETTINGS.kind, gen_ai_config_id=document["id"], active=True):
        raise invalid("the config is in use by the org: remove its setting first")
    return delete_from(CONFIGS, call)


def list_settings(call: Call) -> list[Any]:
    """`org_id` and `all` are for super-admins, whom the sandbox does not have."""
    if call.integer("org_id", call.principal.org_id) != call.principal.org_id:
        raise forbidden()
    return [_setting_shape(call, item) for item in _settings(call)]


def bind(call: Call) -> Any:
    """A config for a usage; whatever was bound to that usage before becomes inactive."""
    fields = given_to(SETTINGS, call, whole=True)
    if call.fields().get("org_id") not in (None, call.principal.org_id):
        raise forbidden()
    identifier = check_reference(call.world, fields, "gen_ai_config_id", CONFIGS.kind)
    require(call, CONFIGS.kind, identifier or 0)
    for other in _settings(call):
        if other["gen_ai_usage"] == fields["gen_ai_usage"] and other["active"]:
            put(SETTINGS, call, other, {"active": False})
    return _setting_shape(call, made(SETTINGS, call, {**fields, "active": True}))


def get_setting(call: Call) -> Any:
    return _setting_shape(call, one_of(SETTINGS, call))


def delete_setting(call: Call) -> Any:
    return delete_from(SETTINGS, call)


def get_active(call: Call) -> Any:
    """The setting in force for a usage: its own, else that for all."""
    usage = call.query.get("gen_ai_usage", "")
    if usage not in USAGES:
        raise invalid(f"gen_ai_usage must be one of {', '.join(USAGES)}", field="gen_ai_usage")
    found = active_setting(call, usage)
    if found is None:
        raise not_found("Active GenAI config for", usage)
    return _setting_shape(call, found)


def active_setting(call: Call, usage: str) -> Document | None:
    bound = {item["gen_ai_usage"]: item for item in _settings(call) if item["active"]}
    return bound.get(usage) or bound.get("all")


def recommended(call: Call, document: Document) -> dict[str, Any]:
    """What the model of the org would write about something; an error inside a 200 when it has none (contract 9.6)."""
    setting = active_setting(call, "gen_docs")
    config = call.world.store.get(CONFIGS.kind, setting["gen_ai_config_id"]) if setting else None
    if config is None or config["status"] != "active":
        return _told(404, errorMessage="GenAI is not configured for this org")
    if not config["config"].get("enable_doc_recommendations", False):
        return _told(403, errorMessage="Recommendations are switched off in the GenAI config")
    fields = (document.get("output_schema") or {}).get("properties") or {}
    rows = "".join(f"- `{name}`\n" for name in fields)
    about = f"It has these fields:\n{rows}" if rows else "Its records move from its source to its destinations.\n"
    return _told(200, response=f"## {document.get('name', 'Flow')}\n\n{about}")


def _told(status: int, **output: str) -> dict[str, Any]:
    return {"status": "ok", "output": {"statusCode": status, **output}}


def _settings(call: Call) -> list[Document]:
    return call.world.store.all(SETTINGS.kind, org_id=call.principal.org_id)


_CONFIG_ROUTES = tuple(route for route in CONFIGS.routes() if route.method != "DELETE")

ROUTES: tuple[Route, ...] = (
    *_CONFIG_ROUTES,
    Route("DELETE", CONFIGS.one, delete_config),
    Route("GET", SETTINGS.template, list_settings),
    Route("POST", SETTINGS.template, bind),
    Route("GET", f"{SETTINGS.template}/active_config", get_active),
    Route("GET", SETTINGS.one, get_setting),
    Route("DELETE", SETTINGS.one, delete_setting),
)
