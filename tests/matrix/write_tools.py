"""Every tool that changes something, called once on an account of its own, and how the account looks from outside.

An account is a file that is made once and copied for each case: a copy is served in a fiftieth of the time that it
takes to found one.
"""

from __future__ import annotations

import copy
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve
from nexla_mcp.settings import Settings
from tests.changes.conftest import FLOW, LAKE, SPEC, Called, Scene
from tests.matrix.faulty import HastyClock

SAM = "sam@acme.example"
SECRET_VARIABLE = "MATRIX_DATABASE_PASSWORD"
SPARE = "Spare login"
REPLICA = "Orders service replica (Postgres)"
KINDS = {
    "source": "data_sources",
    "nexset": "data_sets",
    "destination": "data_sinks",
    "credential": "data_credentials",
    "transform": "code_containers",
}

Picture = Counter[tuple[str, ...]]
"""What there is in an account, without ids and times: each thing, and how often."""
Call = Callable[..., Awaitable[Called]]


def picture(scene: Scene) -> Picture:
    """Read from the sandbox's store: logins, nodes with parent and status, and grants."""
    store = scene.sandbox.world.store
    names = {(kind, row["id"]): str(row["name"]) for kind in KINDS.values() for row in store.all(kind)}
    seen: Picture = Counter()
    for kind in KINDS.values():
        for row in store.all(kind):
            above = names.get(_above(kind, row), "nothing")
            login = names.get((KINDS["credential"], row.get("data_credentials_id")), "no login")
            seen[kind, str(row["name"]), above, login, str(row.get("status"))] += 1
    for row in store.all("accessors"):
        key = (row["resource_kind"], row["resource_id"])
        roles = " ".join(sorted(row["access_roles"]))
        seen["grant", key[0], names.get(key, str(key[1])), row["type"], str(row["subject_id"]), roles] += 1
    for row in store.all("gen_ai_integration_configs"):
        seen["genai config", str(row["name"]), row["type"], str(row["status"])] += 1
    for row in store.all("gen_ai_org_settings", active=True):
        seen["genai setting", row["gen_ai_usage"], "active"] += 1
    seen["flow node", "any"] = len(store.all("flow_nodes"))
    return seen


def _above(kind: str, row: Any) -> tuple[str, Any]:
    if kind == "data_sinks":
        return "data_sets", row["data_set_id"]
    if row.get("parent_data_set_id"):
        return "data_sets", row["parent_data_set_id"]
    return "data_sources", row.get("data_source_id")


def things(seen: Picture) -> Picture:
    """The same picture without statuses and roles."""
    counted: Picture = Counter()
    for key, number in seen.items():
        counted[key[:-1]] += number
    return counted


def doubled(now: Picture, *allowed: Picture) -> dict[tuple[str, ...], int]:
    """What there is more often than in any of the allowed pictures, whatever its status or roles."""
    most: Picture = Counter()
    for one in allowed:
        most |= things(one)
    return dict(things(now) - most)


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


def _id(scene: Scene, kind: str, name: str) -> int:
    return int(scene.row(KINDS[kind], name=name)["id"])


async def _pause(scene: Scene, call: Call) -> Called:
    return await confirmed(call, "pause", resource=scene.flow_id(FLOW))


async def _grant(scene: Scene, call: Call) -> Called:
    return await confirmed(call, "grant_access", **_operator(scene, ""))


async def _build(_: Scene, call: Call) -> Called:
    return await confirmed(call, "create_flow", **spec(verify=False))


async def _delete(scene: Scene, call: Call) -> Called:
    return await confirmed(call, "delete_resource", type="flow", resource=scene.flow_id(FLOW))


def _operator(scene: Scene, _: str) -> dict[str, Any]:
    source = _id(scene, "source", FLOW)
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
            "credential": _id(scene, "credential", LAKE),
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
                    "credential": _id(scene, "credential", LAKE),
                }
            ],
        },
        ("POST /data_sources",),
        ("GET /data_sources", "GET /data_credentials/{credential_id}"),
    ),
    "run_batch, of pauses": Write(
        "run_batch",
        "running",
        lambda scene, _: {"action": "pause", "type": "source", "items": [{"id": _id(scene, "source", FLOW)}]},
        ("PUT /data_sources/{source_id}/pause",),
        ("GET /data_sources", _OF_A_NODE),
    ),
    "create_destination": Write(
        "create_destination",
        "running",
        lambda scene, _: {
            "name": "Orders EU, a copy",
            "connector": "s3",
            "nexset": _id(scene, "nexset", "Orders EU, cleaned"),
            "config": {"path": "acme-data-lake/copy", "data_format": "json"},
            "credential": _id(scene, "credential", LAKE),
        },
        ("POST /data_sinks",),
        ("GET /data_sinks", "GET /data_sets/{set_id}"),
    ),
    "create_nexset": Write(
        "create_nexset",
        "running",
        lambda scene, _: {
            "name": "Orders EU without amounts",
            "parent": _id(scene, "nexset", "Orders EU, cleaned"),
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
            "resource": _id(scene, "source", FLOW),
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
            "arguments": {"source_id": _id(scene, "source", FLOW), "body": {"name": "Orders EU, renamed"}},
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
        lambda scene, _: {"type": "source", "resource": _id(scene, "source", FLOW), "verify": False},
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
            "resource": _id(scene, "nexset", "Orders EU, cleaned"),
            "with_downstream": True,
        },
        ("PUT /data_sets/{set_id}/pause", "DELETE /data_sinks/{sink_id}", "DELETE /data_sets/{set_id}"),
        ("GET /data_sinks/{sink_id}", "GET /data_sets/{set_id}"),
        gone_is_done=True,
    ),
    "delete a credential": Write(
        "delete_resource",
        "running",
        lambda scene, _: {"type": "credential", "resource": _id(scene, "credential", SPARE)},
        ("DELETE /data_credentials/{credential_id}",),
        ("GET /data_credentials/{credential_id}", "GET /flows"),
        gone_is_done=True,
    ),
    "rotate_credential": Write(
        "rotate_credential",
        "acme",
        lambda scene, _: {
            "credential": _id(scene, "credential", REPLICA),
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
            "nexset": _id(scene, "nexset", "Orders EU, cleaned"),
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
        lambda scene, _: {"type": "source", "resources": [_id(scene, "source", FLOW)], "to": "user", "who": SAM},
        ("DELETE /data_sources/{data_source_id}/accessors",),
        (_ACCESSORS,),
    ),
    "replace_access": Write(
        "replace_access",
        "running",
        lambda scene, _: {
            "type": "source",
            "resources": [_id(scene, "source", FLOW)],
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
        first=_pause,
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


@dataclass
class Accounts:
    """Files with accounts: `acme` as founded; `running` with the flow of `SPEC` beside; `resting` with that paused;
    `half paused` with only its destination at rest."""

    folder: Path
    made: set[str] = field(default_factory=set)
    seen: dict[str, tuple[Picture, Picture, dict[str, int]]] = field(default_factory=dict)
    """Of each write: before, after, and how often each route was met without a fault."""

    @contextmanager
    def scene(self, account: str, state: Path, **options: Any) -> Iterator[Scene]:
        """A copy of an account, served."""
        state.mkdir(parents=True, exist_ok=True)
        file = state / "account.db"
        shutil.copy(self._file(account), file)
        with self._served(file, state, **options) as scene:
            yield scene

    @contextmanager
    def _served(self, file: Path, state: Path, **options: Any) -> Iterator[Scene]:
        with serve(SandboxOptions(db=file, **options)) as sandbox:
            settings = Settings(
                NEXLA_SERVICE_KEY=sandbox.service_key,
                NEXLA_API_URL=sandbox.url,
                requests_per_second=100.0,
                state_dir=state / "state",
                confirm="token",
                secret_variables=SECRET_VARIABLE,
                _env_file=None,
            )
            yield Scene(sandbox, settings, HastyClock(sandbox.world.clock.advance))

    def _file(self, account: str) -> Path:
        return self.folder / f"{account}.db"

    async def make(self) -> None:
        """Makes all of them, once."""
        if "acme" not in self.made:
            with self._served(self._file("acme"), self.folder / "acme"):
                self.made.add("acme")
        for account, before, steps in (
            ("running", "acme", _run),
            ("resting", "running", _rest),
            ("half paused", "running", _half_pause),
        ):
            if account in self.made:
                continue
            shutil.copy(self._file(before), self._file(account))
            with self._served(self._file(account), self.folder / account) as scene:
                async with scene.connected() as call:
                    await steps(scene, call)
                scene.settle()
            self.made.add(account)


async def _run(scene: Scene, call: Call) -> None:
    spare = {**WRITES["create_credential"].arguments(scene, ""), "name": SPARE}
    for tool, arguments in (("create_flow", spec()), ("create_credential", spare)):
        assert (await call(tool, **arguments)).state == "done"
    grant = {**_operator(scene, ""), "role": "collaborator"}
    assert (await call("grant_access", **grant)).state == "done"


async def _rest(scene: Scene, call: Call) -> None:
    assert (await _pause(scene, call)).state == "done"


async def _half_pause(scene: Scene, call: Call) -> None:
    sink = _id(scene, "destination", "Orders EU in the lake")
    assert (await confirmed(call, "pause", type="destination", resource=sink)).state == "done"
