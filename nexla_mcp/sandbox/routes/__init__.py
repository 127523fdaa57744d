"""The served operations: a module here lists its own in `ROUTES`, if it has any."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Route


def collected() -> tuple[Route, ...]:
    """The routes of the API, without those of the admin endpoint, which stands outside it."""
    routes: list[Route] = []
    for module in pkgutil.iter_modules(__path__):
        if module.name != "admin":
            routes += getattr(importlib.import_module(f"{__name__}.{module.name}"), "ROUTES", ())
    return tuple(routes)
