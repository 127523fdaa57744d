"""Schemas as resources: what each resource's create and update takes, and each connector's fields."""

from __future__ import annotations

import json
from dataclasses import dataclass

from nexla_mcp.connectors import load_catalog, resource_schema, resource_schemas
from nexla_mcp.domain.errors import Failure

PREFIX = "nexla://schemas/"
CONNECTOR_TEMPLATE = PREFIX + "connectors/{code}"
FLOW_SPEC = PREFIX + "flow-spec"


@dataclass(frozen=True)
class SchemaResource:
    uri: str
    title: str
    description: str


def schema_resources() -> list[SchemaResource]:
    """The flow spec, and one for each pair of resource and action that the contract has."""
    flow_spec = SchemaResource(FLOW_SPEC, "Flow spec", "JSON Schema of what create_flow takes: a whole pipeline.")
    return [
        flow_spec,
        *(_of_body(kind, action) for kind, action in resource_schemas()),
    ]


def _of_body(kind: str, action: str) -> SchemaResource:
    return SchemaResource(
        uri=f"{PREFIX}{kind}/{action}",
        title=f"{action} {kind}".capitalize(),
        description=f"JSON Schema of the body that {action}s a {kind.replace('_', ' ')} in Nexla.",
    )


def read_schema(uri: str) -> str | None:
    """The schema under a URI as JSON text; None where there is none."""
    if uri == FLOW_SPEC:
        from nexla_mcp.domain.flow_spec import FlowSpec  # noqa: PLC0415 - a start should not pay for it

        return json.dumps(FlowSpec.model_json_schema(), indent=1)
    head, _, last = uri.removeprefix(PREFIX).partition("/")
    try:
        if head == "connectors":
            return json.dumps(load_catalog().connector(last).as_json(), indent=1)
        return json.dumps(resource_schema(head, last), indent=1)
    except Failure:
        return None


def connector_codes() -> list[str]:
    return [connector.code for connector in load_catalog().connectors()]
