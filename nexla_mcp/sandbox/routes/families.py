"""Families of the API that are plain stores of objects: one description each, the same five operations for all.

What a family does beyond that stands in a module of its own (approvals, marketplace, genai, signups, tasks).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit
from nexla_mcp.sandbox.access import Access, require
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import Refusal, forbidden, invalid
from nexla_mcp.sandbox.payloads import required
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import common

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

Types = tuple[type, ...]
TEXT: Types = (str,)
TEXT_OR_NULL: Types = (str, type(None))
NUMBER: Types = (int, float)
FLAG: Types = (bool,)
OBJECT: Types = (dict,)
LIST: Types = (list,)

NOT_FOUND = 404


@dataclass(frozen=True)
class Family:
    """How the objects of one family look. `template` is the path of the list, `parameter` the id's name below it."""

    template: str
    parameter: str
    kind: str
    """Under which they are kept."""
    fields: Mapping[str, Types]
    """What a body may set, and of which types."""
    shape: Callable[[Call, Document], dict[str, Any]]
    required: tuple[str, ...] = ("name",)
    defaults: Mapping[str, Any] | None = None
    allowed: Mapping[str, tuple[str, ...]] | None = None
    """Closed enums of fields."""
    admins_only: bool = False
    """Whether only admins of the org see and change them; otherwise owners and admins do."""
    declares_404: bool = True
    """Whether the contract knows a 404 here; where it does not, an unknown id is a 403."""
    check: Callable[[Call, dict[str, Any]], None] | None = None
    """What a body must fulfil beyond its types."""

    @property
    def one(self) -> str:
        return f"{self.template}/{{{self.parameter}}}"

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", self.template, partial(list_all, self)),
            Route("POST", self.template, partial(create, self)),
            Route("GET", self.one, partial(get, self)),
            Route("PUT", self.one, partial(update, self)),
            Route("DELETE", self.one, partial(delete, self)),
        )


def list_all(family: Family, call: Call) -> list[Any]:
    """What the caller may see, in the order of ids."""
    _admit(family, call)
    access = Access(call.world, call.principal)
    found = call.world.store.all(family.kind, org_id=call.principal.org_id)
    return [family.shape(call, item) for item in found if access.rank(family.kind, item)]


def create(family: Family, call: Call) -> Any:
    return family.shape(call, made(family, call, given(family, call, whole=True)))


def get(family: Family, call: Call) -> Any:
    return family.shape(call, one_of(family, call))


def update(family: Family, call: Call) -> Any:
    return family.shape(call, put(family, call, one_of(family, call, "admin"), given(family, call, whole=False)))


def delete(family: Family, call: Call) -> Any:
    document = one_of(family, call, "admin")
    call.world.store.delete(family.kind, document["id"])
    audit.record(call.world, audit.author(call), "destroy", family.kind, document, changes={})
    return {}


def made(family: Family, call: Call, fields: dict[str, Any]) -> Document:
    """A new object of the caller's, with its entry in the audit log."""
    now = iso(call.world.clock.now())
    stamps = {"owner_id": call.principal.user_id, "org_id": call.principal.org_id, "created_at": now, "updated_at": now}
    document = call.world.store.insert(family.kind, {**(family.defaults or {}), **fields, **stamps})
    audit.record(call.world, audit.author(call), "create", family.kind, document)
    return document


def put(family: Family, call: Call, before: Document, fields: dict[str, Any]) -> Document:
    """The object with these fields taken over whole."""
    after = {**before, **fields, "updated_at": iso(call.world.clock.now())}
    call.world.store.put(family.kind, after)
    if audit.differences(before, after):
        audit.record(call.world, audit.author(call), "update", family.kind, after, before=before)
    return after


def one_of(family: Family, call: Call, role: str = "collaborator") -> Document:
    """The object that the path names, if the caller has that role on it."""
    _admit(family, call)
    try:
        return require(call, family.kind, call.id(family.parameter), role)
    except Refusal as refusal:
        if refusal.status == NOT_FOUND and not family.declares_404:
            raise forbidden() from None
        raise


def given(family: Family, call: Call, *, whole: bool) -> dict[str, Any]:
    """The known fields of a body, checked; a whole one has everything that is required."""
    _admit(family, call)
    payload = call.fields()
    if whole:
        required(payload, *family.required)
    found = {name: payload[name] for name in family.fields if name in payload}
    for name, value in found.items():
        types = family.fields[name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise invalid(f"{name} has the wrong type", field=name)
        if name in family.required and value in ("", None):
            raise invalid(f"{name} is required", field=name)
        allowed = (family.allowed or {}).get(name)
        if allowed and value is not None and value not in allowed:
            raise invalid(f"{name} must be one of {', '.join(allowed)}", field=name)
    if family.check is not None:
        family.check(call, found)
    return found


def _admit(family: Family, call: Call) -> None:
    if family.admins_only and not call.principal.is_org_admin:
        raise forbidden()


def owned(call: Call, document: Document) -> dict[str, Any]:
    """What the objects of most families begin with."""
    return {
        "id": document["id"],
        "owner": common.owner(call.world, document["owner_id"]),
        "org": common.org(call.world, document["org_id"]),
    }


def fields_of(document: Document, *names: str) -> dict[str, Any]:
    """The named fields as far as they are set: an unset one is left out, since the document types none as null."""
    return {name: document[name] for name in names if document.get(name) is not None}


ROUTES: tuple[Route, ...] = ()
