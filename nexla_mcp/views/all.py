"""Every view. Importing this registers them; `text_of` does so when the first answer is shown."""

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
    operation,
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
    "operation",
    "probe",
    "samples",
    "search",
]
