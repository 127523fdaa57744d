"""A small org, and callers who ask the sandbox's operations directly, without HTTP.

Every answer to a published operation is checked against the published schema on the way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator

from nexla_mcp.sandbox import creation, kinds
from nexla_mcp.sandbox.errors import Refusal
from nexla_mcp.sandbox.matching import RouteTable
from nexla_mcp.sandbox.routes import collected
from nexla_mcp.sandbox.routing import Call, Principal, Reply
from nexla_mcp.sandbox.world import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)

_OPENAPI = json.loads((Path(__file__).parents[2] / "contract" / "openapi.json").read_text())


@cache
def _table() -> RouteTable:
    return RouteTable(collected())


def published_schema(method: str, template: str) -> dict[str, Any] | None:
    """The schema of a 200, or None where none is published."""
    operation = _OPENAPI["paths"].get(template, {}).get(method.lower())
    response = (operation or {}).get("responses", {}).get("200", {})
    if "$ref" in response:
        response = _OPENAPI["components"]["responses"][response["$ref"].rpartition("/")[2]]
    contents = list(response.get("content", {}).values())
    return contents[0].get("schema") if contents else None


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        node: Any = _OPENAPI
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


_CONTRADICTORY = ("/probe", "/samples")
"""Their published schemas exclude every answer that they document."""


def contract_errors(method: str, template: str, body: Any) -> list[str]:
    """Where an answer departs from the published schema.

    Nulls are not judged: the schema was drawn from examples, in which a field was null or was not (contract 9.1).
    """
    schema = published_schema(method, template)
    asynchronous = isinstance(body, dict) and "request_id" in body  # fits every variant of a oneOf
    if schema is None or asynchronous or any(word in template for word in _CONTRADICTORY):
        return []
    validator = Draft202012Validator({**schema, "components": _OPENAPI["components"]})
    return [
        f"{error.json_path}: {error.message[:200]}"
        for error in validator.iter_errors(body)
        if error.instance is not None and error.validator_value != "null"
    ]


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    template: str = ""

    @property
    def id(self) -> int:
        return int(self.body["id"])


@dataclass
class Caller:
    """Asks as one user. `ok` insists on a 200 that keeps the contract, `refused` on a refusal."""

    world: World
    principal: Principal

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        parts = urlsplit(path)
        match = _table().match(method, parts.path)
        assert match is not None, f"{method} {path} is not served"
        assert match.route is not None
        query = dict(parse_qsl(parts.query))
        call = Call(
            self.world,
            self.principal,
            method,
            match.template,
            match.path,
            query,
            body,
            headers={"user-agent": "tests/1.0"},
            url=f"http://sandbox/nexla-api{parts.path}",
        )
        try:
            with self.world.store.transaction():
                result = match.route.handler(call)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body or {"message": refusal.message}, match.template)
        content = result.body if isinstance(result, Reply) else result
        return Answer(200, json.loads(json.dumps(content, allow_nan=False)), match.template)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status == 200, answer
        errors = contract_errors(method, answer.template, answer.body)
        assert not errors, errors
        return answer.body

    def refused(self, status: int, method: str, path: str, body: Any = None) -> str:
        answer = self.ask(method, path, body)
        assert answer.status == status, answer
        return str(answer.body.get("message"))

    def audit(self, path: str) -> list[dict[str, Any]]:
        return list(self.ok("GET", f"{path}/audit_log"))


@dataclass
class Pipeline:
    """A credential, a source with a detected nexset, one derived from it, and a destination of each nexset."""

    credential: int
    source: int
    detected: int
    derived: int
    early_sink: int
    late_sink: int
    node: int

    @property
    def resources(self) -> list[tuple[str, int]]:
        return [
            ("data_sources", self.source),
            ("data_sets", self.detected),
            ("data_sets", self.derived),
            ("data_sinks", self.early_sink),
            ("data_sinks", self.late_sink),
        ]


@dataclass
class Company:
    """Acme with its admin Dana and its members Sam and Kim, and Robin of another org."""

    world: World
    dana: Caller
    sam: Caller
    kim: Caller
    robin: Caller

    def statuses(self, pipeline: Pipeline) -> list[str]:
        found = (self.world.store.get(kind, identifier) or {} for kind, identifier in pipeline.resources)
        return [document["status"] for document in found]


def company(world: World) -> Company:
    callers = []
    boss = Principal(0, 0)
    for name, domain in (("Acme", "acme.example"), ("Beta", "beta.example")):
        org = creation.create_org(world, {"name": name, "email_domain": domain})
        people = ("Dana", "Sam", "Kim") if name == "Acme" else ("Robin",)
        for person in people:
            admin = person == "Dana"
            principal = Principal(boss.user_id, org["id"])
            payload = {"full_name": person, "email": f"{person.lower()}@{domain}", "admin": admin}
            user = creation.create_user(world, principal, payload)
            callers.append(Caller(world, Principal(user["id"], org["id"], admin)))
    return Company(world, *callers)


def credential_of(caller: Caller, **fields: Any) -> int:
    payload = {
        "name": "warehouse",
        "credentials_type": "snowflake",
        "credentials": {"password": "s3cret-word"},
    }
    return int(caller.ok("POST", "/data_credentials", {**payload, **fields})["id"])


def pipeline_of(caller: Caller) -> Pipeline:
    credential = credential_of(caller)
    source = caller.ok(
        "POST",
        "/data_sources",
        {
            "name": "orders",
            "source_type": "snowflake",
            "source_config": {"table": "ORDERS", "start.cron": "0 0 * * * ?"},
            "data_credentials_id": credential,
        },
    )
    detected = creation.create_nexset(
        caller.world,
        caller.principal,
        {
            "name": "1 - orders",
            "data_source_id": source["id"],
            "output_schema": {"properties": {"order_id": {"type": "integer"}}},
            "_sandbox": {"records": [{"order_id": number} for number in range(8)]},
        },
    )
    derived = caller.ok(
        "POST",
        "/data_sets",
        {
            "name": "clean orders",
            "parent_data_set_id": detected["id"],
            "has_custom_transform": False,
            "transform": {},
        },
    )
    sinks = []
    for name, nexset in (("raw copy", detected["id"]), ("clean copy", derived["id"])):
        payload = {
            "name": name,
            "sink_type": "snowflake",
            "sink_config": {"table": "T"},
            "data_set_id": nexset,
        }
        sinks.append(caller.ok("POST", "/data_sinks", {**payload, "data_credentials_id": credential})["id"])
    node = caller.world.store.get(kinds.SOURCES, source["id"])
    assert node is not None
    return Pipeline(credential, source["id"], detected["id"], derived["id"], *sinks, node["flow_node_id"])
