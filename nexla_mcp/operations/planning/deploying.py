"""Plan of `create_flow`: a whole pipeline from a spec."""

from __future__ import annotations

from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import DETECTED, DestinationSpec, FlowSpec, NexsetSpec
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.operations.planning.blueprint import AccessRule, Blueprint, Part
from nexla_mcp.operations.planning.building import plan_blueprint
from nexla_mcp.operations.planning.checked_config import refuse_markers
from nexla_mcp.operations.planning.creating import node_part
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.subjects import access_rule
from nexla_mcp.operations.resolve import resolve
from nexla_mcp.safety.untrusted import quoted


async def plan_flow(planning: Planning, spec: FlowSpec) -> Plan:
    """Everything named in the spec is looked up, everything configured is checked, before anything is planned.

    Raises:
        Failure: naming the offending field; nothing was sent.
    """
    _check_names(spec)
    source, found = await _source(planning, spec)
    notes: list[str] = [*found]
    parts: list[Part] = [source, *[await _nexset(planning, nexset) for nexset in _in_order(spec.nexsets)]]
    for number, destination in enumerate(spec.destinations):
        part, found = await _destination(planning, spec, destination, number)
        parts.append(part)
        notes += found
    rules: list[AccessRule] = [await access_rule(planning, item.to, item.who, item.role) for item in spec.access]
    return await plan_blueprint(
        planning,
        Blueprint(parts=tuple(parts), access=tuple(rules), active=spec.activate, verify=spec.verify),
        tool="create_flow",
        arguments=_told(spec, parts),
        summary=f"Create flow {quoted(spec.name)}: {len(spec.nexsets)} derived nexsets, {len(spec.destinations)} "
        f"destinations{', and let it run' if spec.activate else ', not running'}.",
        notes=tuple(notes),
    )


def _check_names(spec: FlowSpec) -> None:
    names = [nexset.name for nexset in spec.nexsets]
    twice = {name for name in names if names.count(name) > 1} | ({DETECTED} & set(names))
    if twice:
        raise _bad(f"nexsets: the name {min(twice)!r} is taken", f"`{DETECTED}` stands for the source's own.")
    for index, nexset in enumerate(spec.nexsets):
        if not nexset.name.strip():
            raise _bad(f"nexsets[{index}].name: empty", None)
        if nexset.parent not in {DETECTED, *names} or nexset.parent == nexset.name:
            raise _bad(f"nexsets[{index}].parent: no nexset {nexset.parent[:60]!r} in this spec", _valid(names))
    outputs = [(destination.name, _written(spec, destination)) for destination in spec.destinations]
    for index, (name, written) in enumerate(outputs):
        if written not in {DETECTED, *names}:
            raise _bad(f"destinations[{index}].nexset: no nexset {written[:60]!r} in this spec", _valid(names))
        if outputs.index((name, written)) != index:
            raise _bad(f"destinations[{index}].name: two of one nexset are named {name[:60]!r}", "Rename one.")


def _written(spec: FlowSpec, given: DestinationSpec) -> str:
    """The name of the nexset that a destination writes."""
    if given.nexset is not None:
        return given.nexset
    return spec.nexsets[-1].name if spec.nexsets else DETECTED


def _in_order(nexsets: list[NexsetSpec]) -> list[NexsetSpec]:
    """Parents before children.

    Raises:
        Failure: `bad_input` when they stand in a circle.
    """
    placed = [DETECTED]
    waiting, ordered = list(nexsets), []
    while waiting:
        ready = [nexset for nexset in waiting if nexset.parent in placed]
        if not ready:
            raise _bad(f"nexsets: {', '.join(nexset.name for nexset in waiting)} are each other's parents", None)
        ordered += ready
        placed += [nexset.name for nexset in ready]
        waiting = [nexset for nexset in waiting if nexset not in ready]
    return ordered


async def _source(planning: Planning, spec: FlowSpec) -> tuple[Part, tuple[str, ...]]:
    given = spec.source
    credential = await _credential(planning, given.credential)
    name = given.name or spec.name
    part, notes = await node_part(
        planning,
        ResourceType.SOURCE,
        "source",
        name,
        given.connector,
        given.config,
        credential,
        given.description,
        "source.config",
    )
    if given.tags:
        part = part.model_copy(update={"body": {**part.body, "tags": given.tags}})
    return part, notes


async def _nexset(planning: Planning, given: NexsetSpec) -> Part:
    body: dict[str, Any] = {"name": given.name, "has_custom_transform": isinstance(given.transform, (int, str))}
    if isinstance(given.transform, dict):
        # Everybody who may see the nexset reads its transform: no secret is ever put into it.
        refuse_markers(given.transform, f"nexsets[{given.name[:60]}].transform")
        body["transform"] = given.transform
    elif given.transform is not None:
        body["transform_id"] = (await resolve(planning.nexla, ResourceType.TRANSFORM, given.transform)).id
    if given.description is not None:
        body["description"] = given.description
    parent = DETECTED if given.parent == DETECTED else _key(ResourceType.NEXSET, given.parent)
    return Part(
        key=_key(ResourceType.NEXSET, given.name), type=ResourceType.NEXSET, name=given.name, body=body, parent=parent
    )


async def _destination(
    planning: Planning, spec: FlowSpec, given: DestinationSpec, number: int
) -> tuple[Part, tuple[str, ...]]:
    credential = await _credential(planning, given.credential)
    nexset = _written(spec, given)
    part, notes = await node_part(
        planning,
        ResourceType.DESTINATION,
        f"{_key(ResourceType.DESTINATION, given.name)}#{number}",
        given.name,
        given.connector,
        given.config,
        credential,
        given.description,
        f"destinations[{number}].config",
    )
    parent = DETECTED if nexset == DETECTED else _key(ResourceType.NEXSET, nexset)
    return part.model_copy(update={"parent": parent}), notes


async def _credential(planning: Planning, reference: int | str | None) -> int | None:
    if reference is None:
        return None
    return (await resolve(planning.nexla, ResourceType.CREDENTIAL, reference)).id


def _key(kind: ResourceType, name: str) -> str:
    return f"{kind.value}:{name}"


def _told(spec: FlowSpec, parts: list[Part]) -> dict[str, Any]:
    """The spec as it was given, its configurations with references for secrets."""
    told = spec.model_dump(mode="json", exclude_none=True)
    told["source"]["config"] = parts[0].body["source_config"]
    outputs = [part for part in parts if part.type is ResourceType.DESTINATION]
    for given, part in zip(told["destinations"], outputs, strict=True):
        given["config"] = part.body["sink_config"]
    return told


def _valid(names: list[str]) -> str:
    return f"Valid: {', '.join([DETECTED, *names])}."


def _bad(message: str, hint: str | None) -> Failure:
    return Failure.of(ErrorCode.BAD_INPUT, f"{message}. Nothing was done.", hint=hint)
