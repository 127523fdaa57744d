"""Transforms, attribute transforms and code containers: three views of one thing (contract 10 to 12)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import creation, kinds, lineage
from nexla_mcp.sandbox.access import Access, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.errors import Refusal, invalid, not_found
from nexla_mcp.sandbox.routes.writing import COMMON, changed, deleted, given, references
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import code as shapes

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

_FIELDS = (
    *COMMON,
    "code",
    "code_type",
    "code_encoding",
    "custom_config",
    "code_config",
    "reusable",
    "resource_type",
    "ai_function_type",
)
_OUTPUT = {"transforms": "record", "attribute_transforms": "attribute", "code_containers": None}
_PARAMETER = {
    "transforms": "transform_id",
    "attribute_transforms": "attribute_transform_id",
    "code_containers": "code_container_id",
}


def list_code(view: str, call: Call) -> list[Any]:
    """All that the caller may see, these lists know no access_role; other orgs' public ones stand under /public."""
    access = Access(call.world, call.principal)
    org_id = call.principal.org_id
    seen = [item for item in _of_view(call, view) if access.rank(kinds.CODE, item)]
    found = [item for item in seen if item["org_id"] == org_id or not item["public"]]
    return [shapes.full(call.world, access, item) for item in found]


def list_public(view: str, call: Call) -> list[Any]:
    access = Access(call.world, call.principal)
    return [shapes.full(call.world, access, item) for item in _of_view(call, view) if item["public"]]


def _of_view(call: Call, view: str) -> list[Document]:
    output = _OUTPUT[view]
    return [item for item in call.world.store.all(kinds.CODE) if output in (None, item["output_type"])]


def create(view: str, call: Call) -> Any:
    body = call.fields()
    payload = {"output_type": _OUTPUT[view], **given(body, (*_FIELDS, "output_type"))}
    payload |= references(call, body, data_credentials_id=kinds.CREDENTIALS)
    if _OUTPUT[view] not in (None, payload["output_type"]):
        raise invalid(f"output_type must be {_OUTPUT[view]}", field="output_type")
    return _full(call, creation.create_transform(call.world, author(call), payload))


def _one(view: str, call: Call, role: str) -> Document:
    document = require(call, kinds.CODE, call.id(_PARAMETER[view]), role)
    if _OUTPUT[view] not in (None, document["output_type"]):
        raise not_found(view, document["id"])
    return document


def get(view: str, call: Call) -> Any:
    return _full(call, _one(view, call, "collaborator"))


def update(view: str, call: Call) -> Any:
    before = _one(view, call, "admin")
    used = references(call, call.fields(), data_credentials_id=kinds.CREDENTIALS)
    return _full(call, changed(call, kinds.CODE, before, _FIELDS, **used))


def delete(view: str, call: Call) -> Any:
    document = _one(view, call, "admin")
    users = call.world.store.all(kinds.NEXSETS, code_container_id=document["id"])
    if users:
        names = ", ".join(str(item["id"]) for item in users[:5])
        raise Refusal(400, f"It is used by nexsets {names}", code="VAL_001")
    lineage.remove(call.world, author(call), kinds.CODE, document)
    return deleted("code container")


def copy(view: str, call: Call) -> Any:
    original = _one(view, call, "collaborator")
    left = {"id", "owner_id", "org_id", "created_at", "updated_at", "public"}
    payload = {name: value for name, value in original.items() if name not in left}
    payload["copied_from_id"] = original["id"]
    return _full(call, creation.create_transform(call.world, author(call), payload))


def _full(call: Call, document: Document) -> Any:
    return shapes.full(call.world, Access(call.world, call.principal), document)


def _routes(view: str) -> tuple[Route, ...]:
    one = f"/{view}/{{{_PARAMETER[view]}}}"
    routes = (
        Route("GET", f"/{view}", partial(list_code, view)),
        Route("POST", f"/{view}", partial(create, view)),
        Route("GET", f"/{view}/public", partial(list_public, view)),
        Route("GET", one, partial(get, view)),
        Route("PUT", one, partial(update, view)),
        Route("DELETE", one, partial(delete, view)),
    )
    if view == "attribute_transforms":
        return routes
    return (*routes, Route("POST", f"{one}/copy", partial(copy, view)))


ROUTES: tuple[Route, ...] = tuple(route for view in _OUTPUT for route in _routes(view))
