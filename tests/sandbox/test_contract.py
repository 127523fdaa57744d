"""Each served operation is called with valid parameters; its answer must fit the published schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from nexla_mcp.sandbox.known_operations import KNOWN
from nexla_mcp.sandbox.matching import RouteTable, shape_of
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.routes import collected
from nexla_mcp.sandbox.serving import serve

CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "openapi.json").read_text())


def lenient(value: Any) -> Any:
    """`oneOf` read as `anyOf`: nearly no branch has a required field, so an answer fits several at once."""
    if isinstance(value, dict):
        return {"anyOf" if key == "oneOf" else key: lenient(item) for key, item in value.items()}
    return [lenient(item) for item in value] if isinstance(value, list) else value


REGISTRY = Registry().with_resource("urn:contract", Resource(contents=lenient(CONTRACT), specification=DRAFT202012))
TABLE = RouteTable(collected(), KNOWN)
NODES = ("data_sources", "data_sets", "data_sinks")

SLIPS: dict[str, tuple[dict[str, Any], str]] = {
    "GET /users/current": (
        {"$ref": "urn:contract#/components/schemas/User"},
        "the document points to the transfer report, a copy error (contract 1.3)",
    ),
    "POST /data_credentials/{credential_id}/probe/sample": (
        {
            "type": "object",
            "required": ["status", "message", "connection_type", "output"],
            "properties": {
                "status": {"const": "ok"},
                "message": {"const": "Ok"},
                "connection_type": {"type": "string"},
                "output": {"$ref": "urn:contract#/components/schemas/probe_sample/properties/output"},
            },
        },
        "connection_type is an allOf of disjoint enums, which nothing satisfies (openapi-vs-sdk 4)",
    ),
    **{
        f"{method} /teams/{{team_id}}/members": (
            {
                "type": "array",
                "items": {
                    "required": ["id", "email", "admin"],
                    "properties": {
                        "id": {"type": "integer"},
                        "email": {"type": "string"},
                        "admin": {"type": "boolean"},
                    },
                },
            },
            "declared as rows of {members: [...]}; the flat array is served (contract 15)",
        )
        for method in ("GET", "PUT", "POST", "DELETE")
    },
}
"""Where the document contradicts itself: the schema held instead, and why."""

TOLERATED = (
    (
        r"(parent_node_id|shared_origin_node_id|project_id|data_(source|set|sink)_id)$",
        r"^None is not of type 'number'",
        "ids of a flow node that do not apply are null (contract 9.1)",
    ),
    (r"copied_from_id$", r"^(None|\d+) is not of type", "an id in a copy, null in an original (contract 3, 9.4)"),
    (r"read_at$", r"^None is not of type 'string'", "null until it is read (contract 26)"),
    (r"description$", r"is not of type 'null'$", "text or null; the example alone was null (contract 6, 16)"),
    (r"code_type$", r"^'python3' is not one of", "python3 is a language of attribute transforms (contract 10)"),
    (r"code$", r"is not of type 'array'$", "text in an attribute transform (contract 10)"),
    (r"(source|sink)_config/", r"is not of type 'string'$", "connector schemas have objects and lists there"),
    (r"connection_type$", r"^'probe_tree_with_async' was expected", "the schema's own name as a constant"),
)
"""(path, message, why): what the document states too narrowly, against itself or against the contract."""

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
        rows = self.api.get(f"/{kind}").json()
        return rows[0]["id"] if rows else self.fresh(kind)

    def fresh(self, kind: str) -> int:
        if kind == "flows":
            return self._flow_of(self.fresh("data_sources"))
        if kind in ("orgs", "notification_types"):
            return self.seeded(kind)
        if kind == "notifications":
            self.api.put(f"/data_sources/{self.fresh('data_sources')}/activate")
            return self.api.get("/notifications").json()[-1]["id"]
        answer = self.api.post(f"/{kind}", json=self.payload(kind))
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

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
}

RANGE = {"from": "yesterday", "aggregate": "1"}
QUERIES: dict[str, dict[str, str]] = {
    # without `all` this URL answers the resource, as its other declaration says (contract 6)
    "PUT /{resource_type}/{resource_id}/activate": {"all": "1"},
    "PUT /{resource_type}/{resource_id}/pause": {"all": "1"},
    "GET /users/{user_id}/metrics": {**RANGE, "resource_type": "SOURCE"},
    "GET /notification_types/list": {"event_type": "ERROR", "resource_type": "SOURCE"},
}


def prepare(given: Given, key: str, path: str) -> None:
    """What must be there before: something to remove, a setting to read."""
    if key in (
        "GET /users/{user_id}/quarantine_settings",
        *(f"{m} /users/{{user_id}}/quarantine_settings" for m in ("PUT", "DELETE")),
    ):
        given.api.post(path, json=BODIES["POST /users/{user_id}/quarantine_settings"](given))


def declared_schema(operation: dict[str, Any], template: str, method: str) -> dict[str, Any] | None:
    """A reference to the schema of the 200 answer; None where none is declared."""
    pointer = f"/paths/{template.replace('~', '~0').replace('/', '~1')}/{method}/responses/200"
    answer = operation["responses"]["200"]
    if "$ref" in answer:
        pointer = answer["$ref"][1:]
        answer = CONTRACT["components"]["responses"][pointer.rsplit("/", 1)[1]]
    for media_type, content in answer.get("content", {}).items():
        if "schema" in content:
            return {"$ref": f"urn:contract#{pointer}/content/{media_type.replace('/', '~1')}/schema"}
    return None


def served_operations() -> list[Any]:
    cases = []
    for template, item in CONTRACT["paths"].items():
        for method in ("get", "post", "put", "delete"):
            if method not in item:
                continue
            kinds = (
                NODES
                if template.startswith("/{resource_type}") or "data_flows/{resource_type}" in template
                else (None,)
            )
            for kind in kinds:
                concrete = template.replace("{resource_type}", kind or "SOURCE")
                match = TABLE.match(method.upper(), re.sub(r"\{[^}]+\}", "1", concrete))
                if match is None or match.route is None or template.startswith("/token"):
                    continue
                cases.append(pytest.param(method, template, kind, id=f"{method.upper()} {concrete}"))
    return cases


@pytest.fixture(scope="module")
def given(api_of):
    with serve(SandboxOptions(seed="acme")) as running:
        yield Given(api_of(running))


def path_of(given: Given, template: str, kind: str | None, *, fresh: bool) -> str:
    choose = given.fresh if fresh else given.seeded

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == "resource_type":
            return kind or "SOURCE"
        if name == "resource_id":
            return str(choose(kind or "data_sources"))
        if name == "entry_keys":
            return "de" if fresh else "*"
        if name == "transform_id" and template.startswith("/code_containers"):
            return str(choose("code_containers"))
        return str(choose(KIND_OF_PARAMETER[name]))

    return re.sub(r"\{([^}]+)\}", value, template)


@pytest.mark.parametrize(("method", "template", "kind"), served_operations())
def test_the_answer_fits_the_published_schema(given: Given, method: str, template: str, kind: str | None):
    key = f"{method.upper()} {template}"
    operation = CONTRACT["paths"][template][method]
    path = path_of(given, template, kind, fresh=method != "get")
    prepare(given, key, path)
    query = dict(QUERIES.get(key, {}))
    if not query:
        required = {item["name"] for item in operation["parameters"] if item["in"] == "query" and item["required"]}
        query = {name: RANGE[name] for name in required & set(RANGE)}
        if "run_id" in required:
            query |= {"run_id": "1", "from": "1"}
    if query.get("from") == "yesterday":
        query["from"] = (datetime.now(timezone.utc) - timedelta(days=1)).strftime("%Y-%m-%d")
    body = accessors(given) if template.endswith("/accessors") and method != "get" else None
    if method != "get" and body is None:
        body = (
            BODIES[key](given)
            if key in BODIES
            else renamed(given)
            if method == "put" and "requestBody" in operation
            else None
        )
    answer = given.api.call(method.upper(), path, params=query, json=body)
    assert answer.status_code == 200, answer.text
    schema, _reason = SLIPS.get(key, (declared_schema(operation, template, method), ""))
    if schema is None:
        return
    errors = [
        f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}"
        for error in Draft202012Validator(schema, registry=REGISTRY).iter_errors(answer.json())
        if not tolerated(error)
    ]
    assert errors == []


def tolerated(error: ValidationError) -> bool:
    path = "/".join(str(part) for part in error.absolute_path)
    return any(re.search(where, path) and re.search(what, error.message) for where, what, _why in TOLERATED)


def test_every_slip_is_one_of_a_declared_operation():
    declared = {f"{method.upper()} {template}" for template, item in CONTRACT["paths"].items() for method in item}
    assert set(SLIPS) <= declared
    assert set(BODIES) <= declared | {"POST /notifications"}
    assert {shape_of(key.split(" ")[1]) for key in QUERIES} <= {shape_of(path) for path in CONTRACT["paths"]}
