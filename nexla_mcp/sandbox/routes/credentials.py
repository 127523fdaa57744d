"""Credentials (contract 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds, lineage
from nexla_mcp.sandbox.access import Access, listed, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import Refusal, invalid
from nexla_mcp.sandbox.probing import probe, sample, tree
from nexla_mcp.sandbox.routes.writing import COMMON, changed, deleted, given
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import credentials as shapes

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_FIELDS = (*COMMON, "credentials_type", "template_config")


def list_credentials(call: Call) -> list[Any]:
    access = Access(call.world, call.principal)
    wanted = call.query.get("credentials_type")
    found = listed(call, kinds.CREDENTIALS, access)
    return [shapes.row(call.world, access, item) for item in found if wanted in (None, item["credentials_type"])]


def create(call: Call) -> Any:
    body = call.fields()
    if not isinstance(body.get("credentials"), dict):
        raise invalid("credentials is required", fields=["credentials"])
    payload = given(body, (*_FIELDS, "credentials"))
    return _full(call, creation.create_credential(call.world, author(call), payload))


def get(call: Call) -> Any:
    document = require(call, kinds.CREDENTIALS, call.id("credential_id"))
    shape = shapes.expanded if call.flag("expand") else shapes.full
    return shape(call.world, Access(call.world, call.principal), document)


def update(call: Call) -> Any:
    before = require(call, kinds.CREDENTIALS, call.id("credential_id"), "admin")
    payload = call.fields()
    after = changed(call, kinds.CREDENTIALS, before, _FIELDS)
    if "credentials" in payload:
        if not isinstance(payload["credentials"], dict):
            raise invalid("credentials must be an object", field="credentials")
        secrets = {**after["_sandbox"], "secrets": payload["credentials"], "probe": "ok"}
        verified = {"_sandbox": secrets, "verified_status": "VERIFIED", "verified_at": iso(call.world.clock.now())}
        after = call.world.store.put(kinds.CREDENTIALS, {**after, **verified})
        changes = {"credentials": ["[hidden]", "[hidden]"]}
        audit.record(call.world, author(call), "update", kinds.CREDENTIALS, after, changes=changes)
    return _full(call, after)


def delete(call: Call) -> Any:
    document = require(call, kinds.CREDENTIALS, call.id("credential_id"), "admin")
    users = [
        f"{kinds.ITEM_TYPES[kind]} {item['id']}"
        for kind in (kinds.SOURCES, kinds.DESTINATIONS)
        for item in call.world.store.all(kind, data_credentials_id=document["id"])
    ]
    if users:
        raise Refusal(400, f"Credential {document['id']} is used by {', '.join(users[:5])}", code="VAL_001")
    lineage.remove(call.world, author(call), kinds.CREDENTIALS, document)
    return deleted("credential")


def probe_credential(call: Call) -> Any:
    return probe(call, require(call, kinds.CREDENTIALS, call.id("credential_id")))


def probe_tree(call: Call) -> Any:
    return tree(call, require(call, kinds.CREDENTIALS, call.id("credential_id")))


def probe_sample(call: Call) -> Any:
    return sample(call, require(call, kinds.CREDENTIALS, call.id("credential_id")))


def _full(call: Call, document: Document) -> Any:
    return shapes.full(call.world, Access(call.world, call.principal), document)


_ONE = "/data_credentials/{credential_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/data_credentials", list_credentials),
    Route("POST", "/data_credentials", create),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("DELETE", _ONE, delete),
    Route("GET", f"{_ONE}/probe", probe_credential),
    Route("POST", f"{_ONE}/probe/tree", probe_tree),
    Route("POST", f"{_ONE}/probe/sample", probe_sample),
)
