"""Where a webhook source is sent to, and with which key. What an entry of `api_keys` holds is published nowhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

WEBHOOK = "nexla_rest"
"""The connector whose sources are sent to (contract 4.2)."""


def host_of(world: World, org: Document) -> str:
    """The host of the data plane: the sandbox's own while it listens, else the one that the org was founded with."""
    return world.webhook_origin.partition("://")[2].partition("/")[0] or str(org.get("org_webhook_host", ""))


def key_of(source: Document) -> str:
    return hashlib.sha256(f"webhook:{source['id']}:{source['created_at']}".encode()).hexdigest()[:32]


def api_keys(world: World, source: Document) -> list[dict[str, Any]]:
    """Of a webhook source its key, with the address that takes it; no other has any."""
    if source["source_type"] != WEBHOOK:
        return []
    key, origin = key_of(source), world.webhook_origin or "https://api-webhook.nexla.example"
    names = {"id": source["id"], "name": "default", "status": "ACTIVE", "scope": "all"}
    return [{**names, "api_key": key, "url": f"{origin}/{source['id']}?api_key={key}"}]
