"""Every operation of the published contract is served."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nexla_mcp.sandbox.known_operations import KNOWN, PUBLISHED, SDK_ONLY, operations
from nexla_mcp.sandbox.matching import RouteTable, shape_of
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.routes import collected
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.serving import serve

CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "openapi.json").read_text())
METHODS = ("get", "put", "post", "delete")
DECLARED = [
    (method.upper(), template) for template, item in CONTRACT["paths"].items() for method in METHODS if method in item
]


def nothing(_call: Call) -> None:
    return None


def test_the_known_operations_are_those_of_the_published_document():
    assert len(DECLARED) == 269
    assert sorted(operations(PUBLISHED)) == sorted(DECLARED)


def test_operations_of_the_sdk_alone_are_not_in_the_document():
    shapes = {(method, shape_of(template)) for method, template in DECLARED}
    assert not shapes & {(method, shape_of(template)) for method, template in operations(SDK_ONLY)}


def test_each_served_operation_is_a_known_one():
    known = {(method, shape_of(template)) for method, template in KNOWN}
    # base methods of the SDK reach these for every resource (openapi-vs-sdk 2)
    inherited = re.compile(r"/(accessors|audit_log|activate|pause|copy)$|^/webhooks?/")
    strange = [
        (route.method, route.template)
        for route in collected()
        if (route.method, shape_of(route.template)) not in known and not inherited.search(route.template)
    ]
    assert strange == []


@pytest.fixture(scope="module")
def module_api(api_of):
    with serve(SandboxOptions(seed="empty")) as running:
        yield api_of(running)


def test_every_declared_operation_is_served(module_api):
    table = RouteTable(collected(), KNOWN)
    for method, template in DECLARED:
        if template == "/token/logout":
            continue
        path = re.sub(r"\{resource_type\}", "data_sources", template)
        path = re.sub(r"\{[^}]+\}", "987654", path)
        match = table.match(method, path)
        assert match is not None, (method, template)
        assert match.route is not None, (method, template)
        answer = module_api.call(method, path, json={})
        assert answer.status_code in (200, 400, 401, 403, 404), (method, template, answer.text)


def test_literal_segments_win_over_templates():
    table = RouteTable(
        [
            Route("GET", "/{resource_type}/{resource_id}/metrics", nothing),
            Route("GET", "/users/{user_id}/metrics", nothing),
            Route("GET", "/users/current/metrics", nothing),
        ]
    )

    def template(path: str) -> str | None:
        match = table.match("GET", path)
        return match.template if match else None

    assert template("/users/current/metrics") == "/users/current/metrics"
    assert template("/users/5/metrics") == "/users/{user_id}/metrics"
    assert template("/data_sets/5/metrics/") == "/{resource_type}/{resource_id}/metrics"
    assert template("/teams/5/metrics") is None


def test_an_encoded_slash_stays_in_its_segment():
    table = RouteTable([Route("GET", "/data_maps/{data_map_id}/entries/{entry_keys}", nothing)])
    match = table.match("GET", "/data_maps/5/entries/a%2Fb")
    assert match is not None
    assert match.path == {"data_map_id": "5", "entry_keys": "a/b"}


def test_two_routes_for_one_operation_are_a_mistake():
    with pytest.raises(ValueError, match="two routes"):
        RouteTable([Route("GET", "/teams/{id}", nothing), Route("GET", "/teams/{team_id}", nothing)])
