"""Teams and their members (contract 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds, lineage
from nexla_mcp.sandbox.access import Access, listed, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.routes.writing import COMMON, changed, given
from nexla_mcp.sandbox.routing import Call, Reply, Route
from nexla_mcp.sandbox.shapes.collections import team

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document


def list_teams(call: Call) -> list[Any]:
    access = Access(call.world, call.principal)
    return [team(call.world, access, item, call.principal.user_id) for item in listed(call, kinds.TEAMS, access)]


def create(call: Call) -> Any:
    return _shape(call, creation.create_team(call.world, author(call), given(call.fields(), (*COMMON, "members"))))


def get(call: Call) -> Any:
    return _shape(call, _team(call, "collaborator"))


def update(call: Call) -> Any:
    before = _team(call, "admin")
    after = changed(call, kinds.TEAMS, before, COMMON)
    if "members" in call.fields():
        after = _set_members(call, after, creation.team_members(call.world, call.fields()["members"]))
    return _shape(call, after)


def delete(call: Call) -> Any:
    lineage.remove(call.world, author(call), kinds.TEAMS, _team(call, "admin"))
    return {}


def list_members(call: Call) -> Any:
    return _team(call, "collaborator")["members"]


def add_members(call: Call) -> Any:
    document = _team(call, "admin")
    added = {member["id"]: member for member in _named(call)}
    kept = [member for member in document["members"] if member["id"] not in added]
    return Reply(_set_members(call, document, [*kept, *added.values()])["members"], paged=False)


def replace_members(call: Call) -> Any:
    return Reply(_set_members(call, _team(call, "admin"), _named(call))["members"], paged=False)


def remove_members(call: Call) -> Any:
    """Without a body: all of them."""
    document = _team(call, "admin")
    gone = {member["id"] for member in (document["members"] if call.body is None else _named(call))}
    kept = [member for member in document["members"] if member["id"] not in gone]
    return Reply(_set_members(call, document, kept)["members"], paged=False)


def _named(call: Call) -> list[dict[str, Any]]:
    return creation.team_members(call.world, call.fields().get("members"))


def _set_members(call: Call, document: Document, members: list[dict[str, Any]]) -> Document:
    after = {**document, "members": members, "updated_at": iso(call.world.clock.now())}
    call.world.store.put(kinds.TEAMS, after)
    before = [member["email"] for member in document["members"]]
    changes = {"members": [before, [member["email"] for member in members]]}
    audit.record(call.world, author(call), "update", kinds.TEAMS, after, changes=changes)
    return after


def _team(call: Call, role: str) -> Document:
    return require(call, kinds.TEAMS, call.id("team_id"), role)


def _shape(call: Call, document: Document) -> Any:
    return team(call.world, Access(call.world, call.principal), document, call.principal.user_id)


_ONE = "/teams/{team_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/teams", list_teams),
    Route("POST", "/teams", create),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("DELETE", _ONE, delete),
    Route("GET", f"{_ONE}/members", list_members),
    Route("PUT", f"{_ONE}/members", add_members),
    Route("POST", f"{_ONE}/members", replace_members),
    Route("DELETE", f"{_ONE}/members", remove_members),
)
