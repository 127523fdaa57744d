"""Transforms, attribute transforms and code containers (contract 10 to 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.shapes.common import Shape, brief, flat, head, tail_of_number

if TYPE_CHECKING:
    from nexla_mcp.sandbox.access import Access
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World


def full(world: World, access: Access, document: Document) -> Shape:
    shape = {
        **head(world, access, kinds.CODE, document),
        "description": document.get("description") or "",
        "resource_type": document["resource_type"],
        "reusable": document["reusable"],
        "public": document["public"],
        "code_type": document["code_type"],
        "output_type": document["output_type"],
        "code_config": document["code_config"],
        "code_encoding": document["code_encoding"],
        "code": document["code"],
        "managed": False,
        "data_sets": [item["id"] for item in access.store.all(kinds.NEXSETS, code_container_id=document["id"])],
        **tail_of_number(document),
    }
    for name in ("ai_function_type", "custom_config"):
        if document.get(name) is not None:
            shape[name] = document[name]
    credential = access.store.get(kinds.CREDENTIALS, document.get("data_credentials_id") or 0)
    return shape | ({"data_credentials": brief(credential)} if credential else {})


def in_flow(access: Access, document: Document) -> Shape:
    names = ("public", "reusable", "resource_type", "output_type", "code_type", "code_encoding")
    return {
        **flat(access, kinds.CODE, document),
        "data_credentials_id": document.get("data_credentials_id"),
        "managed": False,
        **{name: document[name] for name in names},
    }
