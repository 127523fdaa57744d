"""Generated requests from the published document: whatever is sent, the sandbox answers and never breaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve

pytestmark = pytest.mark.long

CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "openapi.json").read_text())
schema = schemathesis.openapi.from_dict(CONTRACT)
NOT_SERVED = 501
TIMEOUT = 504
LARGEST = 10**6
COLLECTIONS = (
    "data_credentials",
    "data_sources",
    "data_sets",
    "data_sinks",
    "data_maps",
    "projects",
    "teams",
    "users",
)


@pytest.fixture(scope="module")
def known_ids(served) -> dict[str, list[int]]:
    """A few real ids of each kind, so that the generated requests also reach what exists."""
    ids = {name: served.ids(f"/{name}")[:3] for name in COLLECTIONS}
    flows = [node["id"] for node in served.get("/flows").json()["flows"]][:3]
    return {**ids, "flows": flows, "{resource_type}": [*ids["data_sources"], *ids["data_sets"], *ids["data_sinks"]]}


@pytest.fixture(scope="module")
def served(api_of):
    with serve(SandboxOptions(seed="acme")) as running:
        yield api_of(running)


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_generated_requests_are_answered(case, served, known_ids):
    if case.operation.path in ("/token", "/token/logout"):
        return
    for name, value in dict(case.path_parameters or {}).items():
        if isinstance(value, (int, float)) and abs(value) < LARGEST:
            real = known_ids.get(case.operation.path.split("/")[1]) or [int(value)]
            case.path_parameters[name] = real[int(value) % len(real)]
    answer = case.call(base_url=served.sandbox.url, headers={"Authorization": f"Bearer {served.token}"}, timeout=20)
    third_party_silent = answer.status_code == TIMEOUT and "/probe" in case.operation.path
    undeclared = case.method.lower() not in CONTRACT["paths"][case.operation.path]
    unserved = undeclared and answer.status_code == NOT_SERVED
    assert answer.status_code < 500 or unserved or third_party_silent, answer.text
    assert answer.headers["content-type"] == ["application/json"]
    assert answer.headers["x-request-id"]
    if answer.content:
        json.loads(answer.content)
