"""Destinations (contract 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import copying, creation, kinds, lineage
from nexla_mcp.sandbox.access import Access, listed, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routes.running import set_running
from nexla_mcp.sandbox.routes.writing import COMMON, changed, deleted, given, login, referenced, references
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import nodes

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_FIELDS = (*COMMON, "sink_type", "sink_config", "sink_format")


def list_destinations(call: Call) -> list[Any]:
    access = Access(call.world, call.principal)
    return [nodes.destination_row(call.world, access, item) for item in listed(call, kinds.DESTINATIONS, access)]


def create(call: Call) -> Any:
    creation.required(call.fields(), "name", "sink_type", "data_set_id")
    return _full(call, creation.create_destination(call.world, author(call), payload_of(call, call.fields())))


def payload_of(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """What a request may say of a new destination, its references checked."""
    used = references(call, body, data_credentials_id=kinds.CREDENTIALS, data_set_id=kinds.NEXSETS)
    return {**given(body, _FIELDS), **used}


def get(call: Call) -> Any:
    document = require(call, kinds.DESTINATIONS, call.id("sink_id"))
    shape = nodes.destination_expanded if call.flag("expand") else nodes.destination
    return shape(call.world, Access(call.world, call.principal), document)


def update(call: Call) -> Any:
    before = require(call, kinds.DESTINATIONS, call.id("sink_id"), "admin")
    body = call.fields()
    connector = body.get("sink_type", before["sink_type"])
    used = login(call, body, connector, creation.DESTINATIONS_WITHOUT_CREDENTIAL)
    nexset_id = referenced(call, body, "data_set_id", kinds.NEXSETS)
    if nexset_id is None and "data_set_id" in body:
        raise invalid("data_set_id must be an id", field="data_set_id")
    with call.world.store.transaction():
        after = changed(call, kinds.DESTINATIONS, before, _FIELDS, **used)
        if after["status"] == "PROCESSING" and not lineage.waits_for_table(after):
            after = call.world.store.put(kinds.DESTINATIONS, {**after, "status": "ACTIVE"})
        if nexset_id is not None:
            after = lineage.move(call.world, author(call), kinds.DESTINATIONS, after, nexset_id)
    return _full(call, after)


def delete(call: Call) -> Any:
    document = require(call, kinds.DESTINATIONS, call.id("sink_id"), "admin")
    lineage.remove_node_resource(call.world, author(call), kinds.DESTINATIONS, document)
    return deleted("destination")


def activate(call: Call) -> Any:
    return set_running(call, kinds.DESTINATIONS, call.id("sink_id"), active=True, shape=nodes.destination)


def pause(call: Call) -> Any:
    return set_running(call, kinds.DESTINATIONS, call.id("sink_id"), active=False, shape=nodes.destination)


def copy(call: Call) -> Any:
    document = require(call, kinds.DESTINATIONS, call.id("sink_id"))
    return _full(call, copying.copy_destination(call, document, copying.options_of(call)))


def _full(call: Call, document: Document) -> Any:
    return nodes.destination(call.world, Access(call.world, call.principal), document)


_ONE = "/data_sinks/{sink_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/data_sinks", list_destinations),
    Route("POST", "/data_sinks", create),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("DELETE", _ONE, delete),
    Route("PUT", f"{_ONE}/activate", activate),
    Route("PUT", f"{_ONE}/pause", pause),
    Route("POST", f"{_ONE}/copy", copy),
)
