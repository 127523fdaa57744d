"""What operations of the contract are called with: resources that are there or are made, bodies, queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

KIND_OF_PARAMETER = {
    "credential_id": "data_credentials",
    "data_credential_id": "data_credentials",
    "source_id": "data_sources",
    "data_source_id": "data_sources",
    "set_id": "data_sets",
    "data_set_id": "data_sets",
    "sink_id": "data_sinks",
    "data_sink_id": "data_sinks",
    "data_map_id": "data_maps",
    "transform_id": "transforms",
    "attribute_transform_id": "attribute_transforms",
    "code_container_id": "code_containers",
    "project_id": "projects",
    "org_id": "orgs",
    "team_id": "teams",
    "user_id": "users",
    "flow_id": "flows",
    "notification_id": "notifications",
    "notification_type_id": "notification_types",
    "notification_channel_setting_id": "notification_channel_settings",
    "notification_setting_id": "notification_settings",
    "data_schema_id": "data_schemas",
    "schema_id": "data_schemas",
    "doc_container_id": "doc_containers",
    "data_flow_id": "flows",
    "domain_id": "marketplace/domains",
    "auth_config_id": "api_auth_configs",
    "task_id": "async_tasks",
    "runtime_id": "runtimes",
    "gen_ai_config_id": "gen_ai_integration_configs",
    "gen_ai_org_setting_id": "gen_ai_org_settings",
}


class Given:
    """Resources to call operations on: seeded ones to read, fresh ones to change."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self._made = 0

    def seeded(self, kind: str) -> int:
        if kind in ("flows", "users", "orgs"):
            return {"flows": self._flow_of, "users": self._me, "orgs": self._org}[kind](
                *([self.seeded("data_sources")] if kind == "flows" else [])
            )
        if kind in ("data_schemas", "doc_containers"):
            return self.api.sandbox.world.store.all(kind)[0]["id"]
        rows = self.api.get(f"/{kind}").json()
        return rows[0]["id"] if rows else self.fresh(kind)

    def fresh(self, kind: str) -> int:
        if kind == "flows":
            return self._flow_of(self.fresh("data_sources"))
        if kind in ("orgs", "notification_types", "data_schemas", "doc_containers"):
            return self.seeded(kind)
        if kind == "notifications":
            self.api.put(f"/data_sources/{self.fresh('data_sources')}/activate")
            return self.api.get("/notifications").json()[-1]["id"]
        answer = self.api.post(f"/{kind}", json=self.payload(kind))
        assert answer.status_code == 200, answer.text
        made = answer.json()
        return (made[-1] if isinstance(made, list) else made)["id"]

    def approval(self) -> int:
        """A request that waits for a decision."""
        pending = {"request_type": "publish_data_set", "topic_id": 1, "status": "pending", "requestor_id": self._me()}
        stamps = {"created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z"}
        return self.api.sandbox.world.store.insert("approval_requests", {**pending, **stamps, "org_id": self._org()})[
            "id"
        ]

    def auth_setting(self) -> int:
        """Whether the org uses an auth config of its own."""
        self.fresh("api_auth_configs")
        return self.api.get(f"/orgs/{self._org()}/auth_settings").json()[-1]["id"]

    def sign_up(self) -> int:
        self.api.post("/signup", json={"email": f"{self.name().replace(' ', '')}@new.example", "full_name": "New"})
        return self.api.get("/self_signup_requests").json()[-1]["id"]

    def blocked_domain(self) -> int:
        self.api.post("/self_signup_blocked_domains", json={"domain": f"{self.name().replace(' ', '')}.example"})
        return self.api.get("/self_signup_blocked_domains").json()[-1]["id"]

    def detected_nexset(self) -> int:
        return next(row["id"] for row in self.api.get("/data_sets").json() if row["data_source_id"])

    def name(self) -> str:
        self._made += 1
        return f"contract {self._made}"

    def payload(self, kind: str) -> dict[str, Any]:
        return PAYLOADS[kind](self)

    def _flow_of(self, source: int) -> int:
        return self.api.get(f"/data_sources/{source}/flow").json()["flows"][0]["id"]

    def _me(self) -> int:
        return self.api.get("/users/current").json()["id"]

    def _org(self) -> int:
        return self.api.get("/orgs").json()[0]["id"]


CODE = {"reusable": True, "code_config": {}, "custom_config": {}, "tags": []}
PAYLOADS: dict[str, Callable[[Given], dict[str, Any]]] = {
    "data_credentials": lambda given: {
        "name": given.name(),
        "credentials_type": "s3",
        "credentials": {"access_key_id": "a", "secret_key": "b", "region": "eu-west-1"},
    },
    "data_sources": lambda given: {
        "name": given.name(),
        "source_type": "s3",
        "source_config": {"path": "bucket/orders"},
        "data_credentials_id": given.seeded("data_credentials"),
    },
    "data_sets": lambda given: {
        "name": given.name(),
        "parent_data_set_id": given.detected_nexset(),
        "has_custom_transform": False,
        "transform": {"version": 1, "data_maps": [], "transforms": [], "custom_config": {}},
    },
    "data_sinks": lambda given: {
        "name": given.name(),
        "sink_type": "s3",
        "sink_config": {"path": "bucket/out", "data_format": "json"},
        "data_credentials_id": given.seeded("data_credentials"),
        "data_set_id": given.detected_nexset(),
    },
    "data_maps": lambda given: {
        "name": given.name(),
        "data_type": "string",
        "map_primary_key": "code",
        "data_map": [{"code": "de", "label": "Germany"}, {"code": "fr", "label": "France"}],
    },
    "transforms": lambda given: {
        **CODE,
        "name": given.name(),
        "output_type": "record",
        "code_type": "jolt_standard",
        "code_encoding": "none",
        "code": [{"operation": "shift", "spec": {}}],
    },
    "attribute_transforms": lambda given: {
        **CODE,
        "name": given.name(),
        "output_type": "attribute",
        "code_type": "python3",
        "code_encoding": "base64",
        "code": "cmV0dXJuIDE=",
    },
    "code_containers": lambda given: given.payload("transforms"),
    "projects": lambda given: {"name": given.name()},
    "teams": lambda given: {"name": given.name(), "members": []},
    "users": lambda given: {"full_name": given.name(), "email": f"u{given._made}@acme.example"},
    "notification_channel_settings": lambda _given: {"channel": "EMAIL", "config": {"to": "ops@acme.example"}},
    "notification_settings": lambda given: {
        "channel": "APP",
        "notification_type_id": given.seeded("notification_types"),
        "status": "ACTIVE",
    },
    "runtimes": lambda given: {"name": given.name(), "active": False, "dockerpath": "acme/runtime:1", "config": {}},
    "marketplace/domains": lambda given: {"name": given.name(), "description": "Sales data"},
    "api_auth_configs": lambda given: {"name": given.name(), "protocol": "saml", "oidc_id_claims": {"a": "b"}},
    "gen_ai_integration_configs": lambda given: {
        "name": given.name(),
        "type": "genai_openai",
        "config": {"openai_model": "model", "enable_doc_recommendations": True},
        "data_credentials_id": given.fresh("data_credentials"),
    },
    "gen_ai_org_settings": lambda given: {
        "gen_ai_config_id": given.fresh("gen_ai_integration_configs"),
        "gen_ai_usage": "gen_docs",
    },
    "async_tasks": lambda _given: {"type": "GetAuditLogs", "arguments": {"resource_type": "projects"}},
}


def accessors(_given: Given) -> dict[str, Any]:
    return {"accessors": [{"type": "USER", "email": "sam@acme.example", "access_roles": ["operator"]}]}


def renamed(given: Given) -> dict[str, Any]:
    return {"name": given.name()}


BODIES: dict[str, Callable[[Given], Any]] = {
    **{f"POST /{kind}": (lambda given, kind=kind: given.payload(kind)) for kind in PAYLOADS},
    "POST /data_credentials/{credential_id}/probe/tree": lambda _given: {"depth": 2},
    "POST /data_credentials/{credential_id}/probe/sample": lambda _given: {"path": "/"},
    "PUT /data_maps/{data_map_id}/entries": lambda _given: {"entries": [{"code": "it", "label": "Italy"}]},
    "PUT /attribute_transforms/{attribute_transform_id}": lambda given: given.payload("attribute_transforms"),
    "PUT /transforms/{transform_id}": lambda given: given.payload("transforms"),
    "PUT /code_containers/{code_container_id}": lambda given: given.payload("transforms"),
    **{
        f"{method} /projects/{{project_id}}/flows": lambda given: {"flows": [given.fresh("flows")]}
        for method in ("PUT", "POST", "DELETE")
    },
    **{
        f"{method} /projects/{{project_id}}/data_flows": lambda given: {
            "data_flows": [{"data_source_id": given.fresh("data_sources")}]
        }
        for method in ("PUT", "POST", "DELETE")
    },
    "PUT /orgs/{org_id}": lambda _given: {"name": "Acme"},
    "PUT /orgs/{org_id}/members": lambda _given: {"members": [{"email": "new@acme.example"}]},
    "DELETE /orgs/{org_id}/members": lambda given: {"members": [{"id": given.fresh("users")}]},
    **{
        f"{method} /orgs/{{org_id}}/custodians": lambda _given: [{"email": "sam@acme.example"}]
        for method in ("PUT", "POST", "DELETE")
    },
    **{
        f"{method} /teams/{{team_id}}/members": lambda _given: {"members": [{"email": "sam@acme.example"}]}
        for method in ("PUT", "POST", "DELETE")
    },
    **{
        f"{method} /users/{{user_id}}/quarantine_settings": lambda given: {
            "data_credentials_id": given.seeded("data_credentials"),
            "config": {"start.cron": "0 0 1 ? * * *", "path": "bucket/quarantine"},
        }
        for method in ("PUT", "POST")
    },
    "PUT /notifications/mark_read": lambda given: [given.seeded("notifications")],
    "PUT /notifications/mark_unread": lambda given: [given.seeded("notifications")],
    "PUT /notification_channel_settings/{notification_channel_setting_id}": (
        lambda given: given.payload("notification_channel_settings")
    ),
    "PUT /notification_settings/{notification_setting_id}": lambda given: given.payload("notification_settings"),
    "POST /marketplace/domains/{domain_id}": lambda given: given.payload("marketplace/domains"),
    "POST /marketplace/domains/{domain_id}/items": lambda given: {
        "name": given.name(),
        "data_set_id": given.fresh("data_sets"),
    },
    **{
        f"{method} /marketplace/domains/{{domain_id}}/custodians": lambda _given: [{"email": "sam@acme.example"}]
        for method in ("PUT", "POST", "DELETE")
    },
    "POST /signup": lambda _given: {"email": "someone@new.example", "full_name": "Some One"},
    "POST /self_signup_blocked_domains": lambda _given: {"domain": "spam.example"},
    "PUT /self_signup_blocked_domains/{domain_id}": lambda _given: {"domain": "other.example"},
    "PUT /orgs/{org_id}/auth_settings/{auth_setting_id}": lambda _given: {"enabled": True},
}

RANGE = {"from": "yesterday", "aggregate": "1"}
QUERIES: dict[str, dict[str, str]] = {
    # without `all` this URL answers the resource, as its other declaration says (contract 6)
    "PUT /{resource_type}/{resource_id}/activate": {"all": "1"},
    "PUT /{resource_type}/{resource_id}/pause": {"all": "1"},
    "GET /users/{user_id}/metrics": {**RANGE, "resource_type": "SOURCE"},
    "GET /notification_types/list": {"event_type": "ERROR", "resource_type": "SOURCE"},
    "GET /gen_ai_org_settings/active_config": {"gen_ai_usage": "gen_docs"},
}
KNOWN_VALUES: dict[str, Callable[[Given], Any]] = {
    "org_id": lambda given: given.seeded("orgs"),
    "token": lambda given: given.sign_up(),
}
"""Query parameters that name something."""
WORDS = {"task_type": "GetAuditLogs", "status": "completed"}
"""Path parameters that are words."""


def prepare(given: Given, key: str, path: str) -> None:
    """What must be there before: something to remove, a setting to read."""
    if key in (
        "GET /users/{user_id}/quarantine_settings",
        *(f"{m} /users/{{user_id}}/quarantine_settings" for m in ("PUT", "DELETE")),
    ):
        given.api.post(path, json=BODIES["POST /users/{user_id}/quarantine_settings"](given))
    if key == "GET /gen_ai_org_settings/active_config":
        given.fresh("gen_ai_org_settings")
    if "/async_tasks/{task_id}" in key:
        given.api.advance(60)


def path_of(given: Given, template: str, kind: str | None, *, fresh: bool) -> str:
    choose = given.fresh if fresh else given.seeded

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == "resource_type":
            return kind or "SOURCE"
        if name in WORDS:
            return WORDS[name]
        made = {
            "request_id": given.sign_up if "signup" in template else given.approval,
            "auth_setting_id": given.auth_setting,
            **({"domain_id": given.blocked_domain} if "blocked" in template else {}),
        }
        if name in made:
            return str(made[name]())
        if name == "resource_id":
            return str(choose(kind or "data_sources"))
        if name == "entry_keys":
            return "de" if fresh else "*"
        if name == "transform_id" and template.startswith("/code_containers"):
            return str(choose("code_containers"))
        return str(choose(KIND_OF_PARAMETER[name]))

    return re.sub(r"\{([^}]+)\}", value, template)
