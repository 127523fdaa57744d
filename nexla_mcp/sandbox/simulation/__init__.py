"""The simulated platform: time makes active flows run, and runs leave metrics, logs and notifications."""

from nexla_mcp.sandbox.simulation.simulation import Simulation

__all__ = ["Simulation"]
