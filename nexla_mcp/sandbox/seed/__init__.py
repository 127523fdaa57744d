"""What a new sandbox holds. `plant(world)` fills an empty store as `world.options.seed` says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from nexla_mcp.sandbox.seed import acme, people
from nexla_mcp.sandbox.seed.troubles import troubles

if TYPE_CHECKING:
    from nexla_mcp.sandbox.world import World

__all__ = ["plant", "troubles"]


def plant(world: World) -> None:
    """`acme`: a whole org with its troubles. `empty`: an org with one person and nothing else."""
    if world.options.seed == "acme":
        acme.plant(world)
    else:
        people.founded(world, world.clock.now() - timedelta(days=1), (people.ADMIN,))
