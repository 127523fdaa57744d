"""Plans of `create_credential`, `create_source` and `create_destination`: one resource each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexla_mcp.adapter.models import Credential
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan, Step
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.planning.blueprint import Blueprint, Part
from nexla_mcp.operations.planning.building import plan_blueprint
from nexla_mcp.operations.planning.checked_config import checked_config
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.safety.untrusted import quoted


async def plan_credential(
    planning: Planning, name: str, connector: str, credentials: Mapping[str, Any], description: str | None
) -> Plan:
    """A login, its secrets by reference, tried as soon as it is there."""
    checked = checked_config(planning.nexla.secrets, "credential", connector, credentials, "credentials")
    body = {"name": _named(name), "credentials_type": checked.connector, "credentials": checked.values}
    part = Part(key="credential", type=ResourceType.CREDENTIAL, name=name, body=_with(body, description))
    plan = await plan_blueprint(
        planning,
        Blueprint(parts=(part,), active=False),
        tool="create_credential",
        arguments={"name": name, "connector": connector, "credentials": checked.values, "description": description},
        summary=f"Create the {checked.connector} credential {quoted(name)} and try it.",
        notes=checked.notes,
    )
    if plan.changes_nothing:
        note = "whether its contents are the same cannot be told: Nexla never gives them out"
        return plan.model_copy(update={"notes": (*plan.notes, note)})
    probe = Step(
        key="probe",
        action="probe_credential",
        arguments={"id": {"$output": "credential"}, "must": False},
        says="let Nexla log in with it",
    )
    return plan.model_copy(update={"steps": (*plan.steps, probe)})


async def plan_source(
    planning: Planning,
    name: str,
    connector: str,
    config: Mapping[str, Any],
    credential: int | None,
    description: str | None,
) -> Plan:
    """A source that does not run yet."""
    part, notes = await node_part(
        planning, ResourceType.SOURCE, "source", name, connector, config, credential, description
    )
    return await plan_blueprint(
        planning,
        Blueprint(parts=(part,), active=False),
        tool="create_source",
        arguments={
            "name": name,
            "connector": connector,
            "config": part.body["source_config"],
            "credential": credential,
            "description": description,
        },
        summary=f"Create the {part.body['source_type']} source {quoted(name)}. It will not run until it is activated.",
        notes=notes,
    )


async def plan_destination(
    planning: Planning,
    name: str,
    connector: str,
    nexset: int,
    config: Mapping[str, Any],
    credential: int | None,
    description: str | None,
) -> Plan:
    """A destination of a nexset that exists, not running yet."""
    target = await planning.nexla.nexsets.get(nexset)
    part, notes = await node_part(
        planning, ResourceType.DESTINATION, "destination", name, connector, config, credential, description
    )
    return await plan_blueprint(
        planning,
        Blueprint(parts=(part.model_copy(update={"parent_id": nexset}),), active=False),
        tool="create_destination",
        arguments={
            "name": name,
            "connector": connector,
            "nexset": nexset,
            "config": part.body["sink_config"],
            "credential": credential,
            "description": description,
        },
        summary=f"Create the {part.body['sink_type']} destination {quoted(name)} of nexset {nexset} "
        f"{quoted(target.name)}. It will not run until it is activated.",
        notes=notes,
    )


async def node_part(
    planning: Planning,
    kind: ResourceType,
    key: str,
    name: str,
    connector: str,
    config: Mapping[str, Any],
    credential: int | None,
    description: str | None,
    where: str = "config",
) -> tuple[Part, tuple[str, ...]]:
    """A source or destination as a part of a blueprint, checked against catalog and credential."""
    role = kind.value
    checked = checked_config(planning.nexla.secrets, role, connector, config, where)
    login = await fitting_login(planning, checked.connector, credential, needed=checked.needs_credential, role=role)
    prefix = "source" if kind is ResourceType.SOURCE else "sink"
    body: dict[str, Any] = {
        "name": _named(name),
        f"{prefix}_type": checked.connector,
        f"{prefix}_config": checked.values,
        **({"data_credentials_id": login.id} if login else {}),
    }
    part = Part(key=key, type=kind, name=name, body=_with(body, description), credential=login.id if login else None)
    return part, checked.notes


async def fitting_login(
    planning: Planning, connector: str, identifier: int | None, *, needed: bool, role: str
) -> Credential | None:
    if identifier is None:
        if needed:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"credential: missing. A {connector} {role} logs in with one. Nothing was done.",
                hint=f"search_resources(types=['credential'], connector={connector!r}) lists those there are.",
                next_tool="search_resources",
            )
        return None
    credential = await planning.nexla.credentials.get(identifier)
    if credential.credentials_type and credential.credentials_type != connector:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"credential: {identifier} is a login to {credential.credentials_type}, and the {role} is {connector}. "
            "Nothing was done.",
            hint=f"search_resources(types=['credential'], connector={connector!r}) lists those that fit.",
            next_tool="search_resources",
        )
    return credential


def _named(name: str) -> str:
    if not name.strip():
        raise Failure.of(ErrorCode.BAD_INPUT, "name: empty. Nothing was done.")
    return name


def _with(body: dict[str, Any], description: str | None) -> dict[str, Any]:
    return body if description is None else {**body, "description": description}
