"""What changing an account takes: who plans, who judges, who runs."""

from __future__ import annotations

from dataclasses import dataclass

from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.runner import Runner
from nexla_mcp.safety.gate import Gate


@dataclass(frozen=True)
class Desk:
    """Of one principal over one state directory."""

    planning: Planning
    gate: Gate
    runner: Runner
