"""Rate limits as the platform tells them: nothing is enforced by default (contract 2.6, 20)."""

from __future__ import annotations

from typing import Any

from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.routing import Call, Route

_PER_SECOND = {"common": 40, "light": 40, "medium": 20, "high": 5}
_PER_DAY = {"common": 1_000_000, "light": 1_000_000, "medium": 200_000, "high": 50_000}


def limits(call: Call) -> dict[str, Any]:
    """What is allowed and used. All requests that were served count as common."""
    now = iso(call.world.clock.now())
    served = [request["at"] for request in call.world.requests.listed()]
    second = sum(at[:19] == now[:19] for at in served)
    day = sum(at[:10] == now[:10] for at in served)
    return {"second": _counted(_PER_SECOND, second), "day": _counted(_PER_DAY, day)}


def _counted(allowed: dict[str, int], used: int) -> dict[str, Any]:
    return {name: {"limit": limit, "count": used if name == "common" else 0} for name, limit in allowed.items()}


ROUTES: tuple[Route, ...] = (Route("GET", "/limits", limits),)
