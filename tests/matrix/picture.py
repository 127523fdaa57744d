"""How an account looks from outside: what is there, and how often."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.changes.conftest import Scene

KINDS = {
    "source": "data_sources",
    "nexset": "data_sets",
    "destination": "data_sinks",
    "credential": "data_credentials",
    "transform": "code_containers",
}

Picture = Counter[tuple[str, ...]]
"""What there is in an account, without ids and times: each thing, and how often."""


def picture(scene: Scene) -> Picture:
    """Read from the sandbox's store: logins, nodes with parent and status, and grants."""
    store = scene.sandbox.world.store
    names = {(kind, row["id"]): str(row["name"]) for kind in KINDS.values() for row in store.all(kind)}
    seen: Picture = Counter()
    for kind in KINDS.values():
        for row in store.all(kind):
            above = names.get(_above(kind, row), "nothing")
            login = names.get((KINDS["credential"], row.get("data_credentials_id")), "no login")
            seen[kind, str(row["name"]), above, login, str(row.get("status"))] += 1
    for row in store.all("accessors"):
        key = (row["resource_kind"], row["resource_id"])
        roles = " ".join(sorted(row["access_roles"]))
        seen["grant", key[0], names.get(key, str(key[1])), row["type"], str(row["subject_id"]), roles] += 1
    for row in store.all("gen_ai_integration_configs"):
        seen["genai config", str(row["name"]), row["type"], str(row["status"])] += 1
    for row in store.all("gen_ai_org_settings", active=True):
        seen["genai setting", row["gen_ai_usage"], "active"] += 1
    seen["flow node", "any"] = len(store.all("flow_nodes"))
    return seen


def _above(kind: str, row: Any) -> tuple[str, Any]:
    if kind == "data_sinks":
        return "data_sets", row["data_set_id"]
    if row.get("parent_data_set_id"):
        return "data_sets", row["parent_data_set_id"]
    return "data_sources", row.get("data_source_id")


def things(seen: Picture) -> Picture:
    """The same picture without statuses and roles."""
    counted: Picture = Counter()
    for key, number in seen.items():
        counted[key[:-1]] += number
    return counted


def doubled(now: Picture, *allowed: Picture) -> dict[tuple[str, ...], int]:
    """What there is more often than in any of the allowed pictures, whatever its status or roles."""
    most: Picture = Counter()
    for one in allowed:
        most |= things(one)
    return dict(things(now) - most)
