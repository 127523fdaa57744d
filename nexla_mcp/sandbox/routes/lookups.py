"""Lookups and their rows (contract 13)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds, lineage
from nexla_mcp.sandbox.access import Access, listed, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routes.writing import COMMON, changed, deleted, given
from nexla_mcp.sandbox.routing import Call, Reply, Route
from nexla_mcp.sandbox.shapes.collections import lookup

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_FIELDS = (*COMMON, "data_defaults", "emit_data_default", "map_primary_key", "data_type")


def list_lookups(call: Call) -> list[Any]:
    access = Access(call.world, call.principal)
    return [lookup(call.world, access, item) for item in listed(call, kinds.LOOKUPS, access)]


def create(call: Call) -> Any:
    return _shape(call, creation.create_lookup(call.world, author(call), given(call.fields(), (*_FIELDS, "data_map"))))


def get(call: Call) -> Any:
    document = require(call, kinds.LOOKUPS, call.id("data_map_id"))
    return lookup(call.world, Access(call.world, call.principal), document, expand=call.flag("expand"))


def update(call: Call) -> Any:
    before = require(call, kinds.LOOKUPS, call.id("data_map_id"), "admin")
    return _shape(call, changed(call, kinds.LOOKUPS, before, _FIELDS))


def delete(call: Call) -> Any:
    document = require(call, kinds.LOOKUPS, call.id("data_map_id"), "admin")
    lineage.remove(call.world, author(call), kinds.LOOKUPS, document)
    return deleted("lookup")


def upsert(call: Call) -> Any:
    document = require(call, kinds.LOOKUPS, call.id("data_map_id"), "operator")
    entries = call.fields().get("entries")
    key = document["map_primary_key"]
    if not isinstance(entries, list) or not all(isinstance(row, dict) and key in row for row in entries):
        raise invalid(f"entries must be a list of objects with {key}", field="entries")
    rows = {str(row.get(key)): row for row in document["data_map"]}
    rows |= {str(row[key]): row for row in entries}
    _keep(call, document, list(rows.values()))
    return Reply(entries, paged=False)


def check(call: Call) -> Any:
    document = require(call, kinds.LOOKUPS, call.id("data_map_id"))
    return Reply([row for row in document["data_map"] if _named(call, document, row)], paged=False)


def remove(call: Call) -> Any:
    document = require(call, kinds.LOOKUPS, call.id("data_map_id"), "operator")
    _keep(call, document, [row for row in document["data_map"] if not _named(call, document, row)])
    return {}


def _named(call: Call, document: Document, row: dict[str, Any]) -> bool:
    value = str(row.get(document["map_primary_key"]))
    return any(fnmatchcase(value, key.replace("[", "[[]")) for key in call.path["entry_keys"].split(",") if key)


def _keep(call: Call, document: Document, rows: list[dict[str, Any]]) -> None:
    after = {**document, "data_map": rows, "updated_at": iso(call.world.clock.now())}
    call.world.store.put(kinds.LOOKUPS, after)
    changes = {"map_entry_count": [len(document["data_map"]), len(rows)]}
    audit.record(call.world, author(call), "update", kinds.LOOKUPS, after, changes=changes)


def _shape(call: Call, document: Document) -> Any:
    return lookup(call.world, Access(call.world, call.principal), document)


_ONE = "/data_maps/{data_map_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/data_maps", list_lookups),
    Route("POST", "/data_maps", create),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("DELETE", _ONE, delete),
    Route("PUT", f"{_ONE}/entries", upsert),
    Route("GET", f"{_ONE}/entries/{{entry_keys}}", check),
    Route("DELETE", f"{_ONE}/entries/{{entry_keys}}", remove),
)
