"""Projects and the flows in them (contract 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds, lineage
from nexla_mcp.sandbox.access import Access, listed, require
from nexla_mcp.sandbox.audit import author
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routes.flows import visible_origins
from nexla_mcp.sandbox.routes.writing import COMMON, changed, given
from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.shapes import flows
from nexla_mcp.sandbox.shapes.collections import project, project_flows

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document


def list_projects(call: Call) -> list[Any]:
    access = Access(call.world, call.principal)
    return [project(call.world, access, item) for item in listed(call, kinds.PROJECTS, access)]


def create(call: Call) -> Any:
    payload = call.fields()
    with call.world.store.transaction():
        document = creation.create_project(call.world, author(call), given(payload, COMMON))
        if payload.get("data_flows"):
            _move(call, document, _origins_of_data_flows(call, payload["data_flows"]))
    return _shape(call, document)


def get(call: Call) -> Any:
    return _shape(call, _project(call, "collaborator"))


def update(call: Call) -> Any:
    before = _project(call, "admin")
    with call.world.store.transaction():
        after = changed(call, kinds.PROJECTS, before, COMMON)
        if "data_flows" in call.fields():
            replace_data_flows(call)
    return _shape(call, after)


def delete(call: Call) -> Any:
    document = _project(call, "admin")
    with call.world.store.transaction():
        _detach(call, document, _members(call, document))
        lineage.remove(call.world, author(call), kinds.PROJECTS, document)
    return {}


def list_flows(call: Call) -> Any:
    return _flows(call, _project(call, "collaborator"))


def add_flows(call: Call) -> Any:
    document = _project(call, "operator")
    _move(call, document, _named(call))
    return _flows(call, document)


def replace_flows(call: Call) -> Any:
    document = _project(call, "operator")
    named = _named(call)
    with call.world.store.transaction():
        _detach(call, document, _members(call, document))
        _move(call, document, named)
    return _flows(call, document)


def remove_flows(call: Call) -> Any:
    """Without a body: all of them."""
    document = _project(call, "operator")
    members = _members(call, document)
    wanted = {node["id"] for node in (members if call.body is None else _named(call))}
    _detach(call, document, [node for node in members if node["id"] in wanted])
    return _flows(call, document)


def list_data_flows(call: Call) -> Any:
    return project_flows(call.world, _project(call, "collaborator"))


def add_data_flows(call: Call) -> Any:
    document = _project(call, "operator")
    _move(call, document, _origins_of_data_flows(call, call.fields().get("data_flows")))
    return project_flows(call.world, document)


def replace_data_flows(call: Call) -> Any:
    document = _project(call, "operator")
    named = _origins_of_data_flows(call, call.fields().get("data_flows"))
    with call.world.store.transaction():
        _detach(call, document, _members(call, document))
        _move(call, document, named)
    return project_flows(call.world, document)


def remove_data_flows(call: Call) -> Any:
    document = _project(call, "operator")
    members = _members(call, document)
    named = members if call.body is None else _origins_of_data_flows(call, call.fields().get("data_flows"))
    wanted = {node["id"] for node in named}
    _detach(call, document, [node for node in members if node["id"] in wanted])
    return project_flows(call.world, document)


def search_flows(call: Call) -> Any:
    """Filters as `{field, operator, value}` on name or status; unknown ones match everything."""
    document = _project(call, "collaborator")
    given = call.fields().get("filters") or []
    if not isinstance(given, list):
        raise invalid("filters must be a list", field="filters")
    members = [node for node in _members(call, document) if all(_passes(call, node, item) for item in given)]
    return flows.flows(call.world, Access(call.world, call.principal), members)


def _passes(call: Call, node: Document, wanted: Any) -> bool:
    if not isinstance(wanted, dict) or wanted.get("field") not in {"name", "status"}:
        return True
    value = str(lineage.resource(call.world, node).get(wanted["field"], "")).lower()
    text = str(wanted.get("value", "")).lower()
    return text in value if wanted.get("operator") == "contains" else text == value


def _project(call: Call, role: str) -> Document:
    return require(call, kinds.PROJECTS, call.id("project_id"), role)


def _members(call: Call, document: Document) -> list[Document]:
    nodes = call.world.store.all(kinds.FLOW_NODES, project_id=document["id"])
    return [node for node in nodes if node["parent_node_id"] is None]


def _named(call: Call) -> list[Document]:
    ids = call.fields().get("flows")
    if not isinstance(ids, list) or not all(isinstance(item, int) and not isinstance(item, bool) for item in ids):
        raise invalid("flows must be a list of flow node ids", field="flows")
    return [_origin(call, item) for item in ids]


def _origin(call: Call, node_id: int) -> Document:
    node = call.world.store.get(kinds.FLOW_NODES, node_id) if 0 <= node_id < 2**63 else None
    if node is None:
        raise invalid(f"flow {node_id} does not exist", field="flows")
    kind, identifier = lineage.resource_of(node)
    require(call, kind, identifier)
    return lineage.Tree(call.world).origin(node_id)


def _origins_of_data_flows(call: Call, given: Any) -> list[Document]:
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise invalid("data_flows must be a list of objects", field="data_flows")
    found = []
    for item in given:
        for field, kind in (("data_source_id", kinds.SOURCES), ("data_set_id", kinds.NEXSETS)):
            identifier = creation.check_reference(call.world, item, field, kind)
            if identifier is not None:
                document = call.world.store.get(kind, identifier) or {}
                found.append(_origin(call, document["flow_node_id"]))
    return found


def _move(call: Call, document: Document, origins: list[Document]) -> None:
    """A flow is in one project at most, so adding moves it (contract 14)."""
    before = [node["id"] for node in _members(call, document)]
    for node in origins:
        call.world.store.put(kinds.FLOW_NODES, {**node, "project_id": document["id"]})
    after = [node["id"] for node in _members(call, document)]
    if before != after:
        audit.record(call.world, author(call), "update", kinds.PROJECTS, document, changes={"flows": [before, after]})


def _detach(call: Call, document: Document, origins: list[Document]) -> None:
    before = [node["id"] for node in _members(call, document)]
    for node in origins:
        call.world.store.put(kinds.FLOW_NODES, {**node, "project_id": None})
    after = [node["id"] for node in _members(call, document)]
    if before != after:
        audit.record(call.world, author(call), "update", kinds.PROJECTS, document, changes={"flows": [before, after]})


def _flows(call: Call, document: Document) -> Any:
    access = Access(call.world, call.principal)
    mine = {node["id"] for node in visible_origins(_seeing_all(call), access)}
    members = [node for node in _members(call, document) if node["id"] in mine]
    return flows.flows(call.world, access, members)


def _seeing_all(call: Call) -> Call:
    """The call as if everything shared with the caller were asked for: a project shows what one may see in it."""
    return Call(**{**vars(call), "query": {**call.query, "access_role": "collaborator"}})


def _shape(call: Call, document: Document) -> Any:
    return project(call.world, Access(call.world, call.principal), document)


_ONE = "/projects/{project_id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/projects", list_projects),
    Route("POST", "/projects", create),
    Route("GET", _ONE, get),
    Route("PUT", _ONE, update),
    Route("DELETE", _ONE, delete),
    Route("GET", f"{_ONE}/flows", list_flows),
    Route("PUT", f"{_ONE}/flows", add_flows),
    Route("POST", f"{_ONE}/flows", replace_flows),
    Route("DELETE", f"{_ONE}/flows", remove_flows),
    Route("POST", f"{_ONE}/flows/search", search_flows),
    Route("GET", f"{_ONE}/data_flows", list_data_flows),
    Route("PUT", f"{_ONE}/data_flows", add_data_flows),
    Route("POST", f"{_ONE}/data_flows", replace_data_flows),
    Route("DELETE", f"{_ONE}/data_flows", remove_data_flows),
)
