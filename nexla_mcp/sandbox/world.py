"""Everything one sandbox consists of, handed to every route."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexla_mcp.sandbox.clock import SimulatedClock
    from nexla_mcp.sandbox.deferred import Deferred
    from nexla_mcp.sandbox.faults import Faults
    from nexla_mcp.sandbox.options import SandboxOptions
    from nexla_mcp.sandbox.request_log import RequestLog
    from nexla_mcp.sandbox.sessions import Sessions
    from nexla_mcp.sandbox.simulation import Simulation
    from nexla_mcp.sandbox.store import Store


@dataclass
class World:
    """State, time, identity, faults and the simulated platform of one sandbox."""

    options: SandboxOptions
    clock: SimulatedClock
    store: Store
    webhook_origin: str = ""
    """Where webhooks are taken, `http://127.0.0.1:PORT/webhooks`; empty while nothing listens."""
    sessions: Sessions = field(init=False)
    faults: Faults = field(init=False)
    requests: RequestLog = field(init=False)
    deferred: Deferred = field(init=False)
    simulation: Simulation = field(init=False)
