"""How answers are shown: typed result → compact text. Importing the package registers every view."""

from nexla_mcp.views import access, details, health, identity, probe, samples, search

__all__ = ["access", "details", "health", "identity", "probe", "samples", "search"]
