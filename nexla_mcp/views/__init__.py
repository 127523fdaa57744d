"""How answers are shown: typed result → compact text. Importing the package registers every view."""

from nexla_mcp.views import (
    access,
    connector,
    details,
    diagnosis,
    flow,
    health,
    identity,
    logs,
    metrics,
    probe,
    samples,
    search,
)

__all__ = [
    "access",
    "connector",
    "details",
    "diagnosis",
    "flow",
    "health",
    "identity",
    "logs",
    "metrics",
    "probe",
    "samples",
    "search",
]
