"""Every kind of call that changes something, with the moments at which it can be killed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.changes.conftest import LAKE, SPEC, TEAM, WAREHOUSE, Scene

REPLICA = "Orders service replica (Postgres)"
"""Two sources log in with it."""
RUNNING, RESTING = "Churn Features", "Holiday Campaign 2025"
ORDERS, OTHER_WAREHOUSE = "Shopify Orders", "Snowflake finance"
CONFIG = {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/new"}


@dataclass(frozen=True)
class Case:
    """A call that changes something, and how many steps its plan has."""

    tool: str
    arguments: Callable[[Scene], dict[str, Any]]
    steps: int

    @property
    def moments(self) -> list[str]:
        """Between the steps, in the middle of each with nothing sent, and in the middle with all of it done."""
        inside = [
            f"{when} {number}" for number in range(self.steps) for when in ("after begin", "before end", "after end")
        ]
        return ["after claim", *inside, "before status done"]


def _login(scene: Scene) -> int:
    return _named(scene, LAKE)


def _named(scene: Scene, login: str) -> int:
    return int(scene.row("data_credentials", name=login)["id"])


def _nexset(scene: Scene) -> int:
    return max(row["id"] for row in scene.rows("data_sets", origin_node_id=scene.flow_id(RUNNING)))


CASES = {
    case.tool: case
    for case in (
        Case("create_flow", lambda scene: copy.deepcopy(SPEC), 12),
        Case(
            "create_credential",
            lambda scene: {
                "name": "Orders DB",
                "connector": "postgresql",
                "credentials": {
                    "host": "db.acme.example",
                    "port": 5432,
                    "username": "reader",
                    "database_name": "orders",
                    "password": "env:ORDERS_PASSWORD",
                },
            },
            2,
        ),
        Case(
            "create_source",
            lambda scene: {"name": "New source", "connector": "s3", "credential": _login(scene), "config": CONFIG},
            1,
        ),
        Case(
            "create_destination",
            lambda scene: {
                "name": "New destination",
                "connector": "s3",
                "credential": _login(scene),
                "nexset": _nexset(scene),
                "config": {"path": "acme-data-lake/out", "data_format": "json"},
            },
            1,
        ),
        Case(
            "update_resource",
            lambda scene: {
                "type": "source",
                "resource": scene.row("data_sources", name=RESTING)["id"],
                "changes": {"config": {"start.cron": "0 30 4 * * ?"}, "description": "Later in the night"},
            },
            1,
        ),
        Case("pause", lambda scene: {"resource": scene.flow_id(RUNNING)}, 1),
        Case("activate", lambda scene: {"resource": scene.flow_id(RESTING)}, 2),
        Case(
            "grant_access",
            lambda scene: {
                "type": "flow",
                "resources": [scene.flow_id(RUNNING)],
                "to": "team",
                "who": TEAM,
                "whole_flow": True,
            },
            4,
        ),
        Case(
            "delete_resource",
            lambda scene: {
                "type": "source",
                "resource": scene.row("data_sources", name=RUNNING)["id"],
                "with_downstream": True,
            },
            5,
        ),
        Case(
            "copy_flow",
            lambda scene: {
                "flow": scene.flow_id(ORDERS),
                "name": "Orders, staging",
                "credentials": {str(_named(scene, WAREHOUSE)): _named(scene, OTHER_WAREHOUSE)},
                "project": scene.row("projects", name="Finance")["id"],
                "activate": True,
            },
            7,
        ),
        Case(
            "migrate_schema",
            lambda scene: {
                "nexset": scene.row("data_sets", name="Orders, cleaned")["id"],
                "name": "Orders, cleaned v2",
                "code": [{"operation": "shift", "spec": {"*": "&", "order_id": "number"}}],
                "parallel": {str(scene.row("data_sinks", name="Orders in Snowflake")["id"]): {"table": "ORDERS_V2"}},
            },
            10,
        ),
        Case(
            "run_batch",
            lambda scene: {
                "action": "pause",
                "type": "source",
                "items": [{"id": scene.row("data_sources", name=name)["id"]} for name in (RUNNING, ORDERS)],
            },
            1,
        ),
        Case(
            "rotate_credential",
            lambda scene: {
                "credential": scene.row("data_credentials", name=REPLICA)["id"],
                "credentials": {
                    "host": "db.acme.example",
                    "port": 5432,
                    "username": "reader",
                    "database_name": "orders",
                    "password": "env:ORDERS_PASSWORD",
                },
            },
            9,
        ),
    )
}
