"""The manifest of what was planted where, so that a test can ask whether it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nexla_mcp.sandbox.seed.ailments import Ailment
    from nexla_mcp.sandbox.world import World

_NAME = "troubles"
NOT_SICK = frozenset({"name_twins", "paused_on_purpose", "never_activated"})
"""Kinds whose flow runs well, or rests because somebody wanted it to."""


def entry(ailment: Ailment) -> dict[str, Any]:
    """One line of the manifest. `flow_id` is the origin node's id."""
    source = ailment.planted.source
    return {
        "flow_id": source["flow_node_id"],
        "name": source["name"],
        "trouble": ailment.planted.spec.trouble,
        "sick": ailment.planted.spec.trouble not in NOT_SICK,
        "resource_type": ailment.kind,
        "resource_id": ailment.document["id"],
        "node_id": ailment.document["flow_node_id"],
        "credential_id": ailment.credential_id,
        "what": ailment.what,
    }


def keep(world: World, entries: list[dict[str, Any]]) -> None:
    world.store.remember(_NAME, entries)


def troubles(world: World) -> list[dict[str, Any]]:
    """The planted troubles; empty for a world without a seeded org."""
    found = world.store.recall(_NAME, [])
    return found if isinstance(found, list) else []
