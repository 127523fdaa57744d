"""The marketplace: domains of an org, the nexsets offered in them, and who looks after them (contract 20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.access import require
from nexla_mcp.sandbox.errors import forbidden, invalid
from nexla_mcp.sandbox.payloads import check_reference
from nexla_mcp.sandbox.routes.families import (
    LIST,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    Family,
    create,
    fields_of,
    given,
    made,
    put,
)
from nexla_mcp.sandbox.routes.families import delete as delete_from
from nexla_mcp.sandbox.routes.members import user_named
from nexla_mcp.sandbox.routing import Call, Reply, Route

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document


def _domain_shape(_call: Call, document: Document) -> dict[str, Any]:
    shown = ("id", "org_id", "owner_id", "name", "description", "parent_id", "created_at", "updated_at")
    return fields_of(document, *shown)


def _item_shape(call: Call, document: Document) -> dict[str, Any]:
    """Samples of an item are the offered nexset's own."""
    nexset = call.world.store.get(kinds.NEXSETS, document["data_set_id"]) or {}
    samples = (nexset.get("_sandbox") or {}).get("records") or []
    rows = [row for row in samples[:3] if isinstance(row, dict)] if isinstance(samples, list) else []
    return fields_of(document, "id", "name", "description", "created_at", "updated_at") | {"data_samples": rows}


def _check_domain(call: Call, fields: dict[str, Any]) -> None:
    check_reference(call.world, fields, "parent_id", "marketplace_domains")
    if "custodians" in fields:
        fields["custodians"] = _ids(call, fields["custodians"])


DOMAINS = Family(
    template="/marketplace/domains",
    parameter="domain_id",
    kind="marketplace_domains",
    fields={"name": TEXT, "description": TEXT_OR_NULL, "parent_id": NUMBER, "custodians": LIST},
    shape=_domain_shape,
    defaults={"custodians": []},
    declares_404=False,
    check=_check_domain,
)
ITEMS = Family(
    template="/marketplace/domains/{domain_id}/items",
    parameter="item_id",
    kind="marketplace_items",
    fields={"name": TEXT, "description": TEXT_OR_NULL, "data_set_id": NUMBER},
    shape=_item_shape,
    required=("name", "data_set_id"),
)


def list_domains(call: Call) -> list[Any]:
    """Everybody in the org sees its marketplace."""
    found = call.world.store.all(DOMAINS.kind, org_id=call.principal.org_id)
    return [_domain_shape(call, item) for item in found]


def list_for_org(call: Call) -> list[Any]:
    if call.integer("org_id") != call.principal.org_id:
        raise forbidden()
    return list_domains(call)


def create_domain(call: Call) -> Any:
    """POST on the list answers with all domains (contract 20)."""
    _only_admins(call)
    create(DOMAINS, call)
    return Reply(list_domains(call), paged=False)


def create_one(call: Call) -> Any:
    """POST on one id makes a single domain; the id says nothing (openapi-vs-sdk 1)."""
    _only_admins(call)
    call.id("domain_id")
    return create(DOMAINS, call)


def get_domain(call: Call) -> Any:
    return _domain_shape(call, _domain(call))


def update_domain(call: Call) -> Any:
    return _domain_shape(call, put(DOMAINS, call, _domain(call, change=True), given(DOMAINS, call, whole=False)))


def delete_domain(call: Call) -> Any:
    document = _domain(call, change=True)
    for item in call.world.store.all(ITEMS.kind, domain_id=document["id"]):
        call.world.store.delete(ITEMS.kind, item["id"])
    return delete_from(DOMAINS, call)


def list_items(call: Call) -> list[Any]:
    return [_item_shape(call, item) for item in _items(call, _domain(call))]


def add_item(call: Call) -> Any:
    document = _domain(call, change=True)
    fields = given(ITEMS, call, whole=True)
    identifier = check_reference(call.world, fields, "data_set_id", kinds.NEXSETS)
    require(call, kinds.NEXSETS, identifier or 0, "admin")
    made(ITEMS, call, {**fields, "domain_id": document["id"]})
    return Reply([_item_shape(call, item) for item in _items(call, document)], paged=False)


def list_custodians(call: Call) -> Any:
    return _custodians(call, _domain(call))


def set_custodians(call: Call) -> Any:
    return _keep(call, _ids(call, call.body))


def add_custodians(call: Call) -> Any:
    present = _domain(call)["custodians"]
    return _keep(call, [*present, *_ids(call, call.body)])


def remove_custodians(call: Call) -> None:
    gone = set(_ids(call, call.body))
    _keep(call, [user_id for user_id in _domain(call)["custodians"] if user_id not in gone])


def _keep(call: Call, ids: list[int]) -> Any:
    return _custodians(call, put(DOMAINS, call, _domain(call, change=True), {"custodians": list(dict.fromkeys(ids))}))


def _ids(call: Call, named: Any) -> list[int]:
    """Custodians come as a bare array of {id} or {email} (contract 16)."""
    if not isinstance(named, list) or not all(isinstance(item, dict) for item in named):
        raise invalid("custodians must be an array of {id} or {email}")
    users = [user_named(call, item) for item in named]
    if None in users:
        raise invalid("a custodian must be an existing user")
    return [user["id"] for user in users if user is not None]


def _custodians(call: Call, document: Document) -> Any:
    users = (call.world.store.get(kinds.USERS, user_id) for user_id in document["custodians"])
    return Reply([fields_of(user, "id", "email", "full_name") for user in users if user], paged=False)


def _domain(call: Call, *, change: bool = False) -> Document:
    """Changed by admins of the org and by its custodians; an unknown one is a 403 (contract 20)."""
    document = call.world.store.get(DOMAINS.kind, call.id("domain_id"))
    if document is None or document["org_id"] != call.principal.org_id:
        raise forbidden()
    if change and call.principal.user_id not in document["custodians"]:
        _only_admins(call)
    return document


def _items(call: Call, document: Document) -> list[Document]:
    return call.world.store.all(ITEMS.kind, domain_id=document["id"])


def _only_admins(call: Call) -> None:
    if not call.principal.is_org_admin:
        raise forbidden()


ROUTES: tuple[Route, ...] = (
    Route("GET", DOMAINS.template, list_domains),
    Route("POST", DOMAINS.template, create_domain),
    Route("GET", f"{DOMAINS.template}/for_org", list_for_org),
    Route("GET", DOMAINS.one, get_domain),
    Route("PUT", DOMAINS.one, update_domain),
    Route("POST", DOMAINS.one, create_one),
    Route("DELETE", DOMAINS.one, delete_domain),
    Route("GET", ITEMS.template, list_items),
    Route("POST", ITEMS.template, add_item),
    Route("GET", f"{DOMAINS.one}/custodians", list_custodians),
    Route("PUT", f"{DOMAINS.one}/custodians", set_custodians),
    Route("POST", f"{DOMAINS.one}/custodians", add_custodians),
    Route("DELETE", f"{DOMAINS.one}/custodians", remove_custodians),
)
