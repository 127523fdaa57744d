"""Every operation of the published contract has a way: a typed tool, `call_operation`, or a reason for none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nexla_mcp.adapter.endpoints import ENDPOINTS, SDK_ONLY
from nexla_mcp.contract.operations import operations
from nexla_mcp.contract.ways import ways
from nexla_mcp.tools.registry import all_tools

DOCUMENT = json.loads((Path(__file__).parents[1] / "contract" / "openapi.json").read_text(encoding="utf-8"))
TOOLS = {spec.name for spec in all_tools()}


def shape(template: str) -> str:
    return re.sub(r"\{\w+\}", "{}", template.partition("?")[0])


PUBLISHED = sorted({(method.upper(), shape(path)) for path, methods in DOCUMENT["paths"].items() for method in methods})
BY_SHAPE = {(endpoint.method, shape(endpoint.template)): name for name, endpoint in ENDPOINTS.items()}


def test_there_are_as_many_as_the_contract_has() -> None:
    assert len(PUBLISHED) == len(set(ENDPOINTS) - SDK_ONLY) == 269


@pytest.mark.parametrize(("method", "path"), PUBLISHED)
def test_an_operation_has_a_way(method: str, path: str) -> None:
    name = BY_SHAPE[method, path]
    way, operation = ways()[name], operations()[name]
    assert operation.published
    assert set(way.tools) <= TOOLS, "a typed tool that does not exist"
    assert way.refused is None or len(way.refused.split()) > 3
    # What is not refused can be called: its path can be filled in, and its body has a schema where it takes one.
    assert all(re.fullmatch(r"\w+", parameter) for parameter in operation.ids)
