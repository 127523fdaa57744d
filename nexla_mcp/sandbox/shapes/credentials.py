"""Credentials (contract 5). Their secrets are in no shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.shapes.common import Shape, connector, flat, head, tail

if TYPE_CHECKING:
    from nexla_mcp.sandbox.access import Access
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World


def row(world: World, access: Access, document: Document) -> Shape:
    shape = full(world, access, document)
    for name in ("managed", "api_keys", "credentials_non_secure_data", "tags"):
        del shape[name]
    return shape | {"template_config": None}


def full(world: World, access: Access, document: Document) -> Shape:
    return {
        **head(world, access, kinds.CREDENTIALS, document),
        "description": document.get("description") or "",
        "credentials_version": document["credentials_version"],
        "managed": False,
        "credentials_type": document["credentials_type"],
        "connector": connector(document["credentials_type"]),
        "api_keys": [],
        "credentials_non_secure_data": document["credentials_non_secure_data"],
        "verified_status": document["verified_status"],
        "verified_at": document["verified_at"],
        **tail(document),
    }


def expanded(world: World, access: Access, document: Document) -> Shape:
    """With the ids of what uses it, as only the SDK's model shows (contract 5)."""
    using = {
        kind: [item["id"] for item in access.store.all(kind, data_credentials_id=document["id"])]
        for kind in (kinds.SOURCES, kinds.DESTINATIONS)
    }
    return full(world, access, document) | {"referenced_resource_ids": using}


def in_flow(access: Access, document: Document) -> Shape:
    return {
        **flat(access, kinds.CREDENTIALS, document),
        "credentials_type": document["credentials_type"],
        "verified_status": document["verified_status"],
        "managed": False,
        "vendor": None,
    }
