"""What the writing routes share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nexla_mcp.sandbox.routing import Call, Route
    from nexla_mcp.sandbox.store import Document

ROUTES: tuple[Route, ...] = ()

_OBJECTS = frozenset(
    {
        "source_config",
        "sink_config",
        "custom_config",
        "code_config",
        "data_defaults",
        "transform",
        "output_schema_annotations",
        "output_validation_schema",
        "config",
    }
)


def changed(call: Call, kind: str, before: Document, names: Iterable[str]) -> Document:
    """The document with the given fields of the body taken over whole, and an audit entry if any differs."""
    payload = call.fields()
    given = {name: payload[name] for name in names if name in payload}
    for name, value in given.items():
        _check(name, value)
    after = {**before, **given, "updated_at": iso(call.world.clock.now())}
    with call.world.store.transaction():
        call.world.store.put(kind, after)
        if audit.differences(before, after):
            audit.record(call.world, call.principal, "update", kind, after, before=before)
    return after


def _check(name: str, value: Any) -> None:
    if name == "name" and (not isinstance(value, str) or not value):
        raise invalid("name must be a string", field=name)
    if name in _OBJECTS and not isinstance(value, dict):
        raise invalid(f"{name} must be an object", field=name)
    if name == "tags" and not (isinstance(value, list) and all(isinstance(tag, str) for tag in value)):
        raise invalid("tags must be a list of strings", field=name)
    if name == "description" and not isinstance(value, (str, type(None))):
        raise invalid("description must be a string", field=name)


def deleted(what: str) -> dict[str, str]:
    """What a delete answers where the contract gives it a body (contract 2.3)."""
    return {"code": "200", "message": f"{what} deleted"}
