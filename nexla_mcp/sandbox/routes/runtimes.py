"""Custom runtimes (contract 18). Their state is the boolean `active`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.routes.families import FLAG, OBJECT, TEXT, TEXT_OR_NULL, Family, fields_of, one_of, owned, put
from nexla_mcp.sandbox.routing import Call, Route

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document


def _shape(call: Call, document: Document) -> dict[str, Any]:
    shown = ("name", "description", "active", "dockerpath", "managed", "config", "created_at", "updated_at")
    return owned(call, document) | fields_of(document, *shown)


RUNTIMES = Family(
    template="/runtimes",
    parameter="runtime_id",
    kind="runtimes",
    fields={
        "name": TEXT,
        "description": TEXT_OR_NULL,
        "active": FLAG,
        "dockerpath": TEXT,
        "managed": FLAG,
        "config": OBJECT,
    },
    shape=_shape,
    defaults={"active": False, "managed": False, "config": {}},
    declares_404=False,
)


def activate(call: Call) -> Any:
    return _shape(call, put(RUNTIMES, call, one_of(RUNTIMES, call, "operator"), {"active": True}))


def pause(call: Call) -> Any:
    return _shape(call, put(RUNTIMES, call, one_of(RUNTIMES, call, "operator"), {"active": False}))


ROUTES: tuple[Route, ...] = (
    *RUNTIMES.routes(),
    Route("PUT", f"{RUNTIMES.one}/activate", activate),
    Route("PUT", f"{RUNTIMES.one}/pause", pause),
)
