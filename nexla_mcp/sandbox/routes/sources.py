"""Sources (contract 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import copying, creation, kinds, lineage
from nexla_mcp.sandbox.access import Access, listed, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.routes.running import set_running
from nexla_mcp.sandbox.routes.writing import COMMON, changed, deleted, given, login, references
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import nodes

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_FIELDS = (*COMMON, "source_type", "source_config", "ingest_method")


def list_sources(call: Call) -> list[Any]:
    access = Access(call.world, call.principal)
    return [nodes.source_row(call.world, access, item) for item in listed(call, kinds.SOURCES, access)]


def create(call: Call) -> Any:
    body = call.fields()
    used = references(call, body, data_credentials_id=kinds.CREDENTIALS, code_container_id=kinds.CODE)
    return _full(call, creation.create_source(call.world, author(call), {**given(body, _FIELDS), **used}))


def get(call: Call) -> Any:
    document = require(call, kinds.SOURCES, call.id("source_id"))
    shape = nodes.source_expanded if call.flag("expand") else nodes.source
    return shape(call.world, Access(call.world, call.principal), document)


def update(call: Call) -> Any:
    before = require(call, kinds.SOURCES, call.id("source_id"), "admin")
    body = call.fields()
    used = references(call, body, code_container_id=kinds.CODE)
    used |= login(call, body, body.get("source_type", before["source_type"]), creation.SOURCES_WITHOUT_CREDENTIAL)
    return _full(call, changed(call, kinds.SOURCES, before, _FIELDS, **used))


def delete(call: Call) -> Any:
    document = require(call, kinds.SOURCES, call.id("source_id"), "admin")
    lineage.remove_node_resource(call.world, author(call), kinds.SOURCES, document)
    return deleted("source")


def activate(call: Call) -> Any:
    return set_running(call, kinds.SOURCES, call.id("source_id"), active=True, shape=nodes.source)


def pause(call: Call) -> Any:
    return set_running(call, kinds.SOURCES, call.id("source_id"), active=False, shape=nodes.source)


def copy(call: Call) -> Any:
    document = require(call, kinds.SOURCES, call.id("source_id"))
    return _full(call, copying.copy_source(call, document, copying.options_of(call)))


def _full(call: Call, document: Document) -> Any:
    return nodes.source(call.world, Access(call.world, call.principal), document)


_ONE = "/data_sources/{source_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/data_sources", list_sources),
    Route("POST", "/data_sources", create),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("DELETE", _ONE, delete),
    Route("PUT", f"{_ONE}/activate", activate),
    Route("PUT", f"{_ONE}/pause", pause),
    Route("POST", f"{_ONE}/copy", copy),
)
