"""Nexsets, their samples and documents (contract 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, copying, creation, kinds, lineage
from nexla_mcp.sandbox.access import Access, listed, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routes import destinations
from nexla_mcp.sandbox.routes.genai import recommended
from nexla_mcp.sandbox.routes.running import set_running
from nexla_mcp.sandbox.routes.writing import COMMON, changed, given, referenced, references
from nexla_mcp.sandbox.routing import Call, Reply, Route
from nexla_mcp.sandbox.shapes import common, nodes

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_FIELDS = (
    *COMMON,
    "transform",
    "has_custom_transform",
    "custom_config",
    "output_schema_annotations",
    "output_schema_validation_enabled",
    "output_validation_schema",
)
DEFAULT_SAMPLES = 5
"""The contract gives no default count."""


def list_nexsets(call: Call) -> list[Any]:
    access = Access(call.world, call.principal)
    return [nodes.nexset(call.world, access, item) for item in listed(call, kinds.NEXSETS, access)]


def create(call: Call) -> Any:
    body = call.fields()
    creation.required(body, "name", "parent_data_set_id")
    used = references(call, body, parent_data_set_id=kinds.NEXSETS, transform_id=kinds.CODE)
    payload = {**given(body, _FIELDS), **used, "data_sinks": _sinks(call, body)}
    with call.world.store.transaction():
        return _full(call, creation.create_nexset(call.world, author(call), payload))


def _sinks(call: Call, body: dict[str, Any]) -> list[Any]:
    """Destinations given with a nexset: payloads of new ones, and ids, which take an admin's role to be moved."""
    return [
        destinations.payload_of(call, sink)
        if isinstance(sink, dict)
        else referenced(call, {"data_sinks": sink}, "data_sinks", kinds.DESTINATIONS, "admin")
        for sink in given(body, ("data_sinks",)).get("data_sinks", [])
    ]


def get(call: Call) -> Any:
    document = require(call, kinds.NEXSETS, call.id("set_id"))
    shape = nodes.nexset_expanded if call.flag("expand") else nodes.nexset
    return shape(call.world, Access(call.world, call.principal), document)


def update(call: Call) -> Any:
    before = require(call, kinds.NEXSETS, call.id("set_id"), "admin")
    body = call.fields()
    used = references(call, body, transform_id=kinds.CODE)
    if used:
        used["code_container_id"] = used["transform_id"]
    parent_id = referenced(call, body, "parent_data_set_id", kinds.NEXSETS)
    if parent_id is not None and before["parent_data_set_id"] is None:
        raise invalid("a detected nexset has no parent", field="parent_data_set_id")
    sinks = _sinks(call, body)
    with call.world.store.transaction():
        after = changed(call, kinds.NEXSETS, before, _FIELDS, **used)
        if parent_id is not None:
            after = lineage.move(call.world, author(call), kinds.NEXSETS, after, parent_id)
        for sink in sinks:
            creation.attach_destination(call.world, author(call), after, sink)
    return _full(call, after)


def delete(call: Call) -> Any:
    document = require(call, kinds.NEXSETS, call.id("set_id"), "admin")
    lineage.remove_node_resource(call.world, author(call), kinds.NEXSETS, document)
    return {}


def activate(call: Call) -> Any:
    return set_running(call, kinds.NEXSETS, call.id("set_id"), active=True, shape=nodes.nexset)


def pause(call: Call) -> Any:
    return set_running(call, kinds.NEXSETS, call.id("set_id"), active=False, shape=nodes.nexset)


def copy(call: Call) -> Any:
    document = require(call, kinds.NEXSETS, call.id("set_id"))
    return _full(call, copying.copy_nexset(call, document, copying.options_of(call)))


def samples(call: Call) -> Reply:
    document = require(call, kinds.NEXSETS, call.id("set_id"))
    count = call.integer("count", DEFAULT_SAMPLES) or 0
    if count < 0:
        raise invalid("count must not be negative", field="count")
    if call.flag("live"):
        records = call.world.simulation.live_samples(document["id"], count)
    else:
        records = (document["_sandbox"].get("records") or [])[:count]
    if call.flag("include_metadata"):
        runs = call.world.simulation.run_ids(_source_id(call, document))
        run_id = runs[0] if runs else call.world.clock.now_ms()
        records = [_with_metadata(document, record, run_id, index) for index, record in enumerate(records)]
    return Reply(records, paged=False)


def _source_id(call: Call, document: Document) -> int:
    origin = call.world.store.get(kinds.FLOW_NODES, document["origin_node_id"]) or {}
    return origin.get("data_source_id") or 0


def _with_metadata(document: Document, record: Any, run_id: int, offset: int) -> dict[str, Any]:
    return {
        "rawMessage": record,
        "nexlaMetaData": {
            "sourceType": "file",
            "ingestTime": run_id,
            "sourceOffset": offset,
            "sourceKey": f"part-{offset}",
            "resourceType": "DATASET",
            "resourceId": document["id"],
            "trackerId": {},
            "eof": False,
            "lastModified": run_id,
            "runId": run_id,
            "tags": {},
            "flow_type": document["flow_type"],
        },
    }


def list_docs(call: Call) -> list[Any]:
    document = require(call, kinds.NEXSETS, call.id("data_set_id"))
    return [_doc(call, item) for item in call.world.store.all(kinds.DOCS, data_set_id=document["id"])]


def replace_docs(call: Call) -> list[Any]:
    document = require(call, kinds.NEXSETS, call.id("data_set_id"), "admin")
    given = call.fields().get("docs")
    if not isinstance(given, list) or not all(isinstance(item, dict) and item.get("name") for item in given):
        raise invalid("docs must be a list of objects with a name", field="docs")
    if any("public" in item for item in given):
        raise invalid("public cannot be set here", field="docs")
    now = iso(call.world.clock.now())
    with call.world.store.transaction():
        before = call.world.store.all(kinds.DOCS, data_set_id=document["id"])
        for item in before:
            call.world.store.delete(kinds.DOCS, item["id"])
        for item in given:
            fields = {name: item.get(name, "") for name in ("name", "text", "description")}
            kept = {"data_set_id": document["id"], "owner_id": call.principal.user_id, "org_id": document["org_id"]}
            stamps = {"doc_type": item.get("doc_type", "md"), "created_at": now, "updated_at": now}
            call.world.store.insert(kinds.DOCS, {**fields, **kept, **stamps})
        names = [[item["name"] for item in before], [item["name"] for item in given]]
        audit.record(call.world, author(call), "update", kinds.NEXSETS, document, changes={"docs": names})
    return list_docs(call)


def _doc(call: Call, item: Document) -> dict[str, Any]:
    names = ("id", "name", "description", "doc_type", "text", "created_at", "updated_at")
    return {
        **{name: item[name] for name in names},
        "owner": common.owner(call.world, item["owner_id"]),
        "org": common.org(call.world, item["org_id"]),
        "public": False,
        "repo_type": "embedded",
        "repo_config": {},
        "access_roles": ["owner"],
        "tags": [],
        "copied_from_id": None,
    }


def recommend_docs(call: Call) -> Any:
    return recommended(call, require(call, kinds.NEXSETS, call.id("data_set_id")))


def _full(call: Call, document: Document) -> Any:
    return nodes.nexset(call.world, Access(call.world, call.principal), document)


_ONE = "/data_sets/{set_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/data_sets", list_nexsets),
    Route("POST", "/data_sets", create),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("DELETE", _ONE, delete),
    Route("PUT", f"{_ONE}/activate", activate),
    Route("PUT", f"{_ONE}/pause", pause),
    Route("POST", f"{_ONE}/copy", copy),
    Route("GET", f"{_ONE}/samples", samples),
    Route("GET", "/data_sets/{data_set_id}/docs", list_docs),
    Route("POST", "/data_sets/{data_set_id}/docs", replace_docs),
    Route("POST", "/data_sets/{data_set_id}/docs/recommendation", recommend_docs),
)
