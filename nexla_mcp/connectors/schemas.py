"""JSON Schemas of what each resource's create and update takes."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import lru_cache
from importlib.resources import files
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import parse_resource_type


def resource_schemas() -> list[tuple[str, str]]:
    """Every pair of resource and action that has a schema, e.g. `("source", "create")`.

    Accessors, project flows and team members have `add` and `replace` instead: with Nexla a PUT adds and a
    POST replaces the whole list, so neither is a create or an update.
    """
    return [(resource, action) for resource, actions in _bodies().items() for action in actions]


def resource_schema(resource: str, action: str) -> dict[str, Any]:
    """A self-contained JSON Schema (draft 2020-12) of the request body; the caller's own copy.

    Configs are plain objects in it: their fields are the connector's, under
    `nexla://schemas/connectors/{code}`.

    Args:
        resource: A resource type in our words or the API's, or `accessors`, `lookup_entries`,
            `project_flows`, `team_members`.
        action: `create`, `update`, `add`, `replace` or `upsert`, whichever the resource has.

    Raises:
        Failure: `bad_input`, naming what there is.
    """
    bodies = _bodies()
    known = resource if resource in bodies else parse_resource_type(resource).value
    actions = bodies.get(known, {})
    if action not in actions:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"The contract has no {action[:40]!r} for {known}.",
            hint=f"Valid for {known}: {', '.join(actions)}." if actions else f"Valid: {', '.join(bodies)}.",
        )
    return deepcopy(actions[action])


@lru_cache(maxsize=1)
def _bodies() -> dict[str, dict[str, dict[str, Any]]]:
    text = files("nexla_mcp.connectors").joinpath("request_bodies.json").read_text(encoding="utf-8")
    bodies: dict[str, dict[str, dict[str, Any]]] = json.loads(text)
    return bodies
