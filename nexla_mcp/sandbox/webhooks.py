"""Webhook ingestion: the data plane, where each webhook source has an address of its own (contract 27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routing import Call, Reply, Route
from nexla_mcp.sandbox.webhook_keys import WEBHOOK, key_of

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

WEBHOOK_PREFIX = "/webhooks"
_SCHEME = "Basic "
_UNTOLD_HEADERS = frozenset({"authorization", "content-type"})
_OF_THE_CALL = frozenset({"api_key", "include_headers", "include_url_params", "force_schema_detection"})


def ingest(call: Call) -> Any:
    """Takes one record or several. Nothing is ever told apart from what came before."""
    source = call.world.store.get(kinds.SOURCES, call.id("source_id"))
    if source is None or source["source_type"] != WEBHOOK or _key(call) != key_of(source):
        return Reply({"error": "Invalid API key"}, status=403)
    if source["status"] != "ACTIVE":
        return Reply({"error": f"Source #{source['id']} is {source['status']}"}, status=500)
    records = _records(call)
    nexset = call.world.simulation.ingest(source, records, anew=call.flag("force_schema_detection"))
    return {"datasetId": nexset["id"], "processed": len(records)}


def _key(call: Call) -> str:
    """In the header or in the query; the header's is taken as it stands, since the contract names no encoding."""
    given = call.headers.get("authorization", "")
    return given.removeprefix(_SCHEME).strip() if given.startswith(_SCHEME) else call.query.get("api_key", "")


def _records(call: Call) -> list[Document]:
    records = call.body if isinstance(call.body, list) else [call.body]
    if not records or not all(isinstance(record, dict) for record in records):
        raise invalid("a webhook takes an object or an array of objects")
    return [{**record, **_attributes(call)} for record in records]


def _attributes(call: Call) -> dict[str, str]:
    """What each record gets from the request, if that is asked for."""
    more: dict[str, str] = {}
    if call.flag("include_headers"):
        more |= {f"header_{name}": text for name, text in call.headers.items() if name not in _UNTOLD_HEADERS}
    if call.flag("include_url_params"):
        more |= {f"url_param_{name}": text for name, text in call.query.items() if name not in _OF_THE_CALL}
    return more


ROUTES: tuple[Route, ...] = (Route("POST", "/{source_id}", ingest, authenticated=False),)
