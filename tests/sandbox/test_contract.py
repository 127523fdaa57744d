"""Each served operation is called with valid parameters; its answer must fit the published schema."""

from __future__ import annotations

import json
import re
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
from tests.sandbox.given import BODIES, KNOWN_VALUES, QUERIES, RANGE, Given, accessors, path_of, prepare, renamed
from tests.sandbox.slips import SLIPS, TOLERATED

CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "openapi.json").read_text())


def lenient(value: Any) -> Any:
    """`oneOf` read as `anyOf`: nearly no branch has a required field, so an answer fits several at once."""
    if isinstance(value, dict):
        return {"anyOf" if key == "oneOf" else key: lenient(item) for key, item in value.items()}
    return [lenient(item) for item in value] if isinstance(value, list) else value


REGISTRY = Registry().with_resource("urn:contract", Resource(contents=lenient(CONTRACT), specification=DRAFT202012))
TABLE = RouteTable(collected(), KNOWN)
NODES = ("data_sources", "data_sets", "data_sinks")


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
        query |= {name: str(KNOWN_VALUES[name](given)) for name in required & set(KNOWN_VALUES)}
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
