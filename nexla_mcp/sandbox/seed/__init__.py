"""What a new sandbox holds. `plant(world)` fills an empty store as `world.options.seed` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexla_mcp.sandbox.world import World


def plant(world: World) -> None:
    """One org with its two people who hold service keys."""
    org = world.store.insert("orgs", {"name": "Acme", "email_domain": "acme.example"})
    people = (("Dana Reyes", "dana", True), ("Sam Okafor", "sam", False))
    for name, short, admin in people:
        membership = {"id": org["id"], "name": "Acme", "is_admin?": admin, "org_membership_status": "ACTIVE"}
        user = world.store.insert(
            "users",
            {"full_name": name, "email": f"{short}@acme.example", "org_memberships": [membership]},
        )
        world.store.insert(
            "service_keys",
            {"key": f"sandbox-key-{short}", "user_id": user["id"], "org_id": org["id"]},
        )
