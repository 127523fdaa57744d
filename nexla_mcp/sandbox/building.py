"""Puts one sandbox together: state, time, identity, faults, the simulated platform, and the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexla_mcp.sandbox import seed
from nexla_mcp.sandbox.clock import SimulatedClock
from nexla_mcp.sandbox.deferred import Deferred
from nexla_mcp.sandbox.faults import Faults
from nexla_mcp.sandbox.request_log import RequestLog
from nexla_mcp.sandbox.sessions import Sessions
from nexla_mcp.sandbox.simulation import Simulation
from nexla_mcp.sandbox.store import Store
from nexla_mcp.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from nexla_mcp.sandbox.options import SandboxOptions

_OFFSET = "clock.offset_seconds"
_SEEDED = "seed"


def build_world(options: SandboxOptions, base_clock: Callable[[], datetime] | None = None) -> World:
    """A world ready to be served; an empty store is seeded first, one with `--db` continues where it was.

    `base_clock` replaces the machine's clock under the simulated one, for tests.
    """
    store = Store(options.db)
    offset = float(store.recall(_OFFSET, 0.0))
    clock = SimulatedClock(base_clock, offset) if base_clock else SimulatedClock(offset_seconds=offset)
    world = World(options=options, clock=clock, store=store)
    world.sessions = Sessions(store, clock, options)
    world.faults = Faults()
    world.deferred = Deferred(clock)
    world.requests = RequestLog()
    world.simulation = Simulation(world)
    if store.recall(_SEEDED) is None:
        with store.transaction():
            seed.plant(world)
            store.remember(_SEEDED, options.seed)
            keep_clock(world)
    return world


def keep_clock(world: World) -> None:
    """Stores how far the clock was pushed, so that a restart does not turn time back."""
    world.store.remember(_OFFSET, world.clock.offset_seconds)


def close_world(world: World) -> None:
    """Ends a world; with a database, another may be built from it."""
    keep_clock(world)
    world.store.close()
