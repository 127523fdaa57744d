"""Every tool that changes something, called once on an account of its own."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.changes.conftest import FLOW, LAKE, SPEC, Called, Scene
from tests.matrix.picture import KINDS

SAM = "sam@acme.example"
SECRET_VARIABLE = "MATRIX_DATABASE_PASSWORD"
SPARE = "Spare login"
REPLICA = "Orders service replica (Postgres)"
Call = Callable[..., Awaitable[Called]]


@dataclass(frozen=True)
class Write:
    """One call of a tool.

    Attributes:
        tool: Its name.
        account: Which account it is called on.
        arguments: From the scene, and the operation that `first` gave.
        routes: Where it writes.
        reads: What it reads besides, before and in between.
        first: What has to be done first, in the same session; gives the id of its operation.
        gone_is_done: Whether `not_found` at a repeat says that it is done.
    """

    tool: str
    account: str
    arguments: Callable[[Scene, str], dict[str, Any]]
    routes: tuple[str, ...]
    reads: tuple[str, ...] = ()
    first: Callable[[Scene, Call], Awaitable[Called]] | None = None
    gone_is_done: bool = False


async def confirmed(call: Call, tool: str, **arguments: Any) -> Called:
    """The call, and again with the token where it asks for one."""
    answer = await call(tool, **arguments)
    if answer.state != "confirmation_required":
        return answer
    return await call(tool, **arguments, confirmation=answer.structured["confirmation"])


def spec(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SPEC), **changes}


def id_of(scene: Scene, kind: str, name: str) -> int:
    return int(scene.row(KINDS[kind], name=name)["id"])


async def pause_it(scene: Scene, call: Call) -> Called:
    return await confirmed(call, "pause", resource=scene.flow_id(FLOW))


async def _grant(scene: Scene, call: Call) -> Called:
    return await confirmed(call, "grant_access", **operator(scene, ""))


async def _build(_: Scene, call: Call) -> Called:
    return await confirmed(call, "create_flow", **spec(verify=False))


async def _delete(scene: Scene, call: Call) -> Called:
    return await confirmed(call, "delete_resource", type="flow", resource=scene.flow_id(FLOW))


def operator(scene: Scene, _: str) -> dict[str, Any]:
    source = id_of(scene, "source", FLOW)
    return {"type": "source", "resources": [source], "to": "user", "who": SAM, "role": "operator"}


def _control(action: str) -> Callable[[Scene, str], dict[str, Any]]:
    return lambda _, operation: {"operation": operation, "action": action}


_CREATES = (
    "POST /data_sources",
    "PUT /data_sources/{source_id}/activate",
    "PUT /data_sources/{source_id}/pause",
    "POST /data_sets",
    "POST /data_sinks",
)
_GRANTS = tuple(
    f"PUT /{name}/accessors"
    for name in ("data_sources/{data_source_id}", "data_sets/{data_set_id}", "data_sinks/{data_sink_id}")
)
_OF_A_NODE = "GET /{resource_type}/{resource_id}/flow"
_RUNS = "GET /data_flows/{resource_type}/{resource_id}/metrics"
_ACCESSORS = "GET /data_sources/{data_source_id}/accessors"

WRITES: dict[str, Write] = {
    "create_credential": Write(
        "create_credential",
        "acme",
        lambda *_: {
            "name": "Orders database",
            "connector": "postgres",
            "credentials": {
                "host": "orders.acme.example",
                "port": 5432,
                "username": "nexla",
                "password": f"env:{SECRET_VARIABLE}",
                "database_name": "orders",
            },
        },
        ("POST /data_credentials",),
        ("GET /data_credentials", "GET /data_credentials/{credential_id}/probe"),
    ),
    "create_source": Write(
        "create_source",
        "acme",
        lambda scene, _: {
            "name": "Orders US",
            "connector": "s3",
            "config": {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/orders/us"},
            "credential": id_of(scene, "credential", LAKE),
        },
        ("POST /data_sources",),
        ("GET /data_sources", "GET /data_credentials/{credential_id}"),
    ),
    "run_batch": Write(
        "run_batch",
        "acme",
        lambda scene, _: {
            "action": "create",
            "type": "source",
            "items": [
                {
                    "name": "Orders US",
                    "connector": "s3",
                    "config": {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/orders/us"},
                    "credential": id_of(scene, "credential", LAKE),
                }
            ],
        },
        ("POST /data_sources",),
        ("GET /data_sources", "GET /data_credentials/{credential_id}"),
    ),
    "run_batch, of pauses": Write(
        "run_batch",
        "running",
        lambda scene, _: {"action": "pause", "type": "source", "items": [{"id": id_of(scene, "source", FLOW)}]},
        ("PUT /data_sources/{source_id}/pause",),
        ("GET /data_sources", _OF_A_NODE),
    ),
    "create_destination": Write(
        "create_destination",
        "running",
        lambda scene, _: {
            "name": "Orders EU, a copy",
            "connector": "s3",
            "nexset": id_of(scene, "nexset", "Orders EU, cleaned"),
            "config": {"path": "acme-data-lake/copy", "data_format": "json"},
            "credential": id_of(scene, "credential", LAKE),
        },
        ("POST /data_sinks",),
        ("GET /data_sinks", "GET /data_sets/{set_id}"),
    ),
    "create_nexset": Write(
        "create_nexset",
        "running",
        lambda scene, _: {
            "name": "Orders EU without amounts",
            "parent": id_of(scene, "nexset", "Orders EU, cleaned"),
            "code": [{"operation": "remove", "spec": {"amount": ""}}],
        },
        ("POST /data_sets",),
        ("GET /data_sets", "GET /data_sets/{set_id}"),
    ),
    "create_transform": Write(
        "create_transform",
        "acme",
        lambda *_: {"name": "Without amounts", "code": [{"operation": "remove", "spec": {"amount": ""}}]},
        ("POST /transforms",),
        ("GET /transforms",),
    ),
    "update_resource": Write(
        "update_resource",
        "running",
        lambda scene, _: {
            "type": "source",
            "resource": id_of(scene, "source", FLOW),
            "changes": {"name": "Orders EU, hourly", "config": {"start.cron": "0 15 * * * ?"}},
        },
        ("PUT /data_sources/{source_id}",),
        ("GET /data_sources/{source_id}", _OF_A_NODE),
    ),
    "call_operation": Write(
        "call_operation",
        "running",
        lambda scene, _: {
            "operation": "update_source",
            "arguments": {"source_id": id_of(scene, "source", FLOW), "body": {"name": "Orders EU, renamed"}},
        },
        ("PUT /data_sources/{source_id}",),
        ("GET /data_sources/{source_id}",),
    ),
    "create_flow": Write(
        "create_flow",
        "acme",
        lambda *_: spec(verify=False),
        (*_CREATES, *_GRANTS),
        ("GET /data_sources", "GET /data_sources/{source_id}", "GET /data_sets", "GET /data_sinks", _OF_A_NODE),
    ),
    "create_flow, verified": Write("create_flow", "acme", lambda *_: spec(access=[]), (), (_OF_A_NODE, _RUNS)),
    "activate": Write(
        "activate",
        "resting",
        lambda scene, _: {"resource": scene.flow_id(FLOW)},
        ("PUT /flows/{flow_id}/activate",),
        ("GET /flows/{flow_id}", _RUNS),
    ),
    "activate a part": Write(
        "activate",
        "resting",
        lambda scene, _: {"type": "source", "resource": id_of(scene, "source", FLOW), "verify": False},
        ("PUT /data_sources/{source_id}/activate",),
        (_OF_A_NODE, "GET /data_sources/{source_id}"),
    ),
    "pause": Write(
        "pause",
        "running",
        lambda scene, _: {"resource": scene.flow_id(FLOW)},
        ("PUT /flows/{flow_id}/pause",),
        ("GET /flows/{flow_id}", _ACCESSORS),
    ),
    "delete a flow": Write(
        "delete_resource",
        "running",
        lambda scene, _: {"type": "flow", "resource": scene.flow_id(FLOW)},
        ("PUT /data_sources/{source_id}/pause", "DELETE /flows/{flow_id}"),
        ("GET /flows/{flow_id}", _OF_A_NODE),
        gone_is_done=True,
    ),
    "delete a branch": Write(
        "delete_resource",
        "running",
        lambda scene, _: {
            "type": "nexset",
            "resource": id_of(scene, "nexset", "Orders EU, cleaned"),
            "with_downstream": True,
        },
        ("PUT /data_sets/{set_id}/pause", "DELETE /data_sinks/{sink_id}", "DELETE /data_sets/{set_id}"),
        ("GET /data_sinks/{sink_id}", "GET /data_sets/{set_id}"),
        gone_is_done=True,
    ),
    "delete a credential": Write(
        "delete_resource",
        "running",
        lambda scene, _: {"type": "credential", "resource": id_of(scene, "credential", SPARE)},
        ("DELETE /data_credentials/{credential_id}",),
        ("GET /data_credentials/{credential_id}", "GET /flows"),
        gone_is_done=True,
    ),
    "rotate_credential": Write(
        "rotate_credential",
        "acme",
        lambda scene, _: {
            "credential": id_of(scene, "credential", REPLICA),
            "credentials": WRITES["create_credential"].arguments(scene, "")["credentials"],
        },
        (
            "POST /data_credentials",
            "PUT /data_sources/{source_id}/pause",
            "PUT /data_sources/{source_id}",
            "PUT /data_sources/{source_id}/activate",
        ),
        ("GET /flows", "GET /data_credentials/{credential_id}/probe", "GET /data_sources/{source_id}", _OF_A_NODE),
    ),
    "copy_flow": Write(
        "copy_flow",
        "running",
        lambda scene, _: {
            "flow": scene.flow_id(FLOW),
            "name": "Orders EU, staging",
            "project": scene.row("projects", name="Finance")["id"],
        },
        (
            "POST /flows/{flow_id}/copy",
            "PUT /flows/{flow_id}/pause",
            "PUT /data_sources/{source_id}",
            "PUT /projects/{project_id}/flows",
        ),
        ("GET /data_sources", "GET /data_sources/{source_id}", "GET /flows/{flow_id}", "GET /projects/{project_id}"),
    ),
    "migrate_schema": Write(
        "migrate_schema",
        "running",
        lambda scene, _: {
            "nexset": id_of(scene, "nexset", "Orders EU, cleaned"),
            "name": "Orders EU, cleaned v2",
            "code": [{"operation": "shift", "spec": {"*": "&", "amount": "total"}}],
        },
        (
            "POST /data_sets",
            "PUT /data_sets/{set_id}/activate",
            "PUT /data_sinks/{sink_id}/pause",
            "PUT /data_sinks/{sink_id}",
            "PUT /data_sinks/{sink_id}/activate",
            "PUT /data_sets/{set_id}/pause",
        ),
        ("GET /data_sets", "GET /data_sets/{set_id}", "GET /data_sets/{set_id}/samples", _OF_A_NODE, _RUNS),
    ),
    "configure_genai": Write(
        "configure_genai",
        "acme",
        lambda *_: {"name": "Docs model", "provider": "genai_openai", "key": f"env:{SECRET_VARIABLE}"},
        ("POST /data_credentials", "POST /gen_ai_integration_configs", "POST /gen_ai_org_settings"),
        ("GET /data_credentials", "GET /gen_ai_integration_configs", "GET /gen_ai_org_settings/active_config"),
    ),
    "grant_access": Write(
        "grant_access",
        "running",
        lambda scene, _: {
            "type": "flow",
            "resources": [scene.flow_id(FLOW)],
            "to": "user",
            "who": SAM,
            "role": "operator",
            "whole_flow": True,
        },
        _GRANTS,
        (_ACCESSORS, "GET /orgs/{org_id}/members"),
    ),
    "revoke_access": Write(
        "revoke_access",
        "running",
        lambda scene, _: {"type": "source", "resources": [id_of(scene, "source", FLOW)], "to": "user", "who": SAM},
        ("DELETE /data_sources/{data_source_id}/accessors",),
        (_ACCESSORS,),
    ),
    "replace_access": Write(
        "replace_access",
        "running",
        lambda scene, _: {
            "type": "source",
            "resources": [id_of(scene, "source", FLOW)],
            "grants": [{"to": "user", "who": SAM, "role": "operator"}],
        },
        ("POST /data_sources/{data_source_id}/accessors",),
        (_ACCESSORS, "GET /teams"),
    ),
    "undo of a pause": Write(
        "control_operation",
        "half paused",
        _control("undo"),
        ("PUT /data_sources/{source_id}/activate", "PUT /data_sinks/{sink_id}/pause"),
        (_OF_A_NODE, "GET /data_sources/{source_id}"),
        first=pause_it,
    ),
    "undo of a grant": Write(
        "control_operation",
        "running",
        _control("undo"),
        (
            "DELETE /data_sources/{data_source_id}/accessors",
            "PUT /data_sources/{data_source_id}/accessors",
        ),
        (_ACCESSORS,),
        first=_grant,
    ),
    "undo of a flow": Write(
        "control_operation",
        "acme",
        _control("undo"),
        (
            "PUT /data_sources/{source_id}/pause",
            "DELETE /data_sinks/{data_sink_id}/accessors",
            "DELETE /data_sinks/{sink_id}",
            "DELETE /data_sets/{set_id}",
            "DELETE /data_sources/{source_id}",
        ),
        (_OF_A_NODE, "GET /data_sets/{set_id}"),
        first=_build,
    ),
    "rebuild": Write(
        "control_operation",
        "resting",
        _control("rebuild"),
        ("POST /data_sources", "PUT /data_sources/{source_id}/pause", "POST /data_sinks", _GRANTS[0]),
        ("GET /data_sets", _OF_A_NODE),
        first=_delete,
    ),
}
