"""What a third party says when the platform logs in with a credential (contract 5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.asynchronous import answered
from nexla_mcp.sandbox.errors import Refusal, invalid
from nexla_mcp.sandbox.shapes.common import is_database

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Call
    from nexla_mcp.sandbox.store import Document

_NOSQL = frozenset({"dynamodb", "firebase", "mongo"})
_DEEPEST = 10


def probe(call: Call, credential: Document) -> Any:
    """`{output}` when let in, 403 `{status, message}` when refused; `async=true` answers a request to poll."""
    return answered(call, lambda: log_in(credential))


def tree(call: Call, credential: Document) -> Any:
    """Folders and files under `path`, or databases, tables and columns, `depth` levels of them."""
    body = call.fields()
    depth = body.get("depth")
    if isinstance(depth, bool) or not isinstance(depth, int) or not 1 <= depth <= _DEEPEST:
        raise invalid(f"depth must be a number from 1 to {_DEEPEST}", field="depth")
    return answered(call, lambda: _tree(credential, body, depth))


def sample(call: Call, credential: Document) -> Any:
    body = call.fields()
    return answered(call, lambda: _sample(credential, body))


def log_in(credential: Document) -> dict[str, Any]:
    """What a login that works answers; a refusal where the third party lets nobody in."""
    facts = credential.get("_sandbox") or {}
    if facts.get("probe", "ok") == "refused":
        message = facts.get("refusal") or "Authentication failed: incorrect username or password"
        raise Refusal(403, message, body={"status": 403, "message": message})
    if facts.get("probe") == "timeout":
        raise Refusal(504, "The remote system did not answer in time")
    return {"output": {"connection": "ok", "connection_type": credential["credentials_type"]}}


def _tree(credential: Document, body: dict[str, Any], depth: int) -> dict[str, Any]:
    log_in(credential)
    found = (credential.get("_sandbox") or {}).get("tree") or {}
    for step in _steps(body):
        found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            raise Refusal(404, f"{step[:80]} does not exist")
    kind = credential["credentials_type"]
    return {"status": "ok", "message": "Ok", "connection_type": kind, "object": _cut(found, depth)}


def _steps(body: dict[str, Any]) -> list[str]:
    steps = [body[name] for name in ("database", "table") if isinstance(body.get(name), str) and body[name]]
    path = body.get("path")
    return steps + ([part for part in path.split("/") if part] if isinstance(path, str) else [])


def _cut(node: Any, depth: int) -> Any:
    if not isinstance(node, dict):
        return node
    return {name: _cut(below, depth - 1) if depth > 1 else {} for name, below in node.items()}


def _sample(credential: Document, body: dict[str, Any]) -> dict[str, Any]:
    log_in(credential)
    kind = credential["credentials_type"]
    records = (credential.get("_sandbox") or {}).get("sample") or []
    if not (body.get("path") or body.get("table") or body.get("query") or body.get("url")):
        output = {"contentType": "text/plain", "statusCode": 400, "response": ""}
        return {"status": "ok", "message": "Nothing to sample was named", "connection_type": kind, "output": output}
    output = {"contentType": "application/json", "statusCode": 200, "response": _response(kind, records)}
    return {"status": "ok", "message": "Ok", "connection_type": kind, "output": output}


def _response(kind: str, records: list[Any]) -> Any:
    """Rows of a database as columns and data, of a NoSQL store as JSON text, of a file as lines."""
    if is_database(kind):
        return {"columns": list(records[0]) if records else [], "data": records}
    if kind in _NOSQL:
        return json.dumps(records)
    return "\n".join(json.dumps(record) for record in records)
