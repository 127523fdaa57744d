"""The nexset that is to take another's place, and the destinations that write it beside the present ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nexla_mcp.adapter.identities import Creation
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import LineageNode
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.actions.statuses import is_running, label
from nexla_mcp.operations.configuration import read_in_full, target_of
from nexla_mcp.operations.planning.checked_config import checked_config, refuse_markers
from nexla_mcp.operations.planning.deriving import checked_code, inline_body
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.snapshot import hidden_paths
from nexla_mcp.operations.planning.survey import Survey
from nexla_mcp.operations.transforming.code import notes_of

Ref = int | dict[str, str]

_TAKEN_OVER = ("custom_config", "output_schema_annotations", "tags", "description")
"""What the successor has from the present nexset."""


@dataclass(frozen=True)
class Doubled:
    """A destination that writes the successor somewhere else while the two run side by side."""

    original: int
    name: str
    body: dict[str, Any]
    """Without its nexset."""
    id: int | None = None
    running: bool = True
    """Whether it runs when its time is over, and has to be paused."""

    @property
    def key(self) -> str:
        return f"double:{self.original}"

    @property
    def ref(self) -> Ref:
        return self.id if self.id is not None else output_of(self.key)


@dataclass(frozen=True)
class Successor:
    name: str
    body: dict[str, Any]
    parent: int
    id: int | None = None
    """Of one that is there already, as it would be made."""
    running: bool = False
    doubles: tuple[Doubled, ...] = ()
    existing: tuple[Target, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ref(self) -> Ref:
        return self.id if self.id is not None else output_of("next")


async def plan_successor(
    planning: Planning,
    survey: Survey,
    name: str,
    transform: int | None,
    code: Sequence[Any] | str | None,
    schema: Mapping[str, Any] | None,
    parallel: Mapping[str, Mapping[str, Any]],
) -> Successor:
    """Under the same parent as the present nexset; one that was detected is the parent of its own successor.

    Raises:
        Failure: `bad_input`, or `conflict` where something else has its name under the same parent.
    """
    if not name.strip():
        raise Failure.of(ErrorCode.BAD_INPUT, "name: empty. Nothing was done.")
    present = survey.nodes[0]
    model = await read_in_full(planning.nexla, ResourceType.NEXSET, present.id)
    above = survey.lineage.parent(present)
    parent = above.id if above is not None and above.type is ResourceType.NEXSET else present.id
    body, notes = await _body(planning, model, parent, name, transform, code, schema)
    found = await _existing(planning, ResourceType.NEXSET, body)
    doubles = [await _double(planning, survey, word, fields, found) for word, fields in parallel.items()]
    if found is None:
        return Successor(name, body, parent, doubles=tuple(doubles), notes=notes)
    running = is_running(found.status) is True
    existing = (target_of(ResourceType.NEXSET, found),)
    return Successor(name, body, parent, found.id, running, tuple(doubles), existing, notes)


async def _body(
    planning: Planning,
    model: Any,
    parent: int,
    name: str,
    transform: int | None,
    code: Sequence[Any] | str | None,
    schema: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    if (transform is None and code is None and schema is None) or (transform is not None and code is not None):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "Give a new `transform` or a new `code`, or a new `json_schema`, which goes with either. Nothing was done.",
            hint="transform is the id of a reusable one, code is Jolt or a script of the nexset's own.",
        )
    told = model.model_dump(mode="json", include={*_TAKEN_OVER, "output_validation_schema"}, exclude_none=True)
    body = {key: value for key, value in told.items() if value not in ([], {}, "") and not hidden_paths(value)}
    notes: tuple[str, ...] = ()
    if code is not None:
        read = checked_code(code)
        body |= {"transform": inline_body(read), "has_custom_transform": False}
        notes = tuple(notes_of(read))
    elif transform is not None:
        body |= {"transform_id": (await planning.nexla.transforms.get(transform)).id, "has_custom_transform": True}
    elif parent != model.id:
        body |= _same_transform(model)
    else:
        body["has_custom_transform"] = False
    if schema is not None:
        refuse_markers(schema, "json_schema")
        body |= {"output_validation_schema": dict(schema), "output_schema_validation_enabled": True}
    elif "output_validation_schema" in body:
        body["output_schema_validation_enabled"] = bool(model.output_schema_validation_enabled)
    return {**body, "name": name, "parent_data_set_id": parent}, notes


def _same_transform(model: Any) -> dict[str, Any]:
    if model.transform_id is not None:
        return {"transform_id": model.transform_id, "has_custom_transform": True}
    if hidden_paths(model.transform):
        raise Failure.of(
            ErrorCode.UNSUPPORTED,
            f"Something in the transform of nexset {model.id} is hidden, so it cannot be made again. Nothing was done.",
            hint="Give the whole transform with the new schema.",
        )
    return {"transform": model.transform or {}, "has_custom_transform": False}


async def _existing(planning: Planning, kind: ResourceType, body: dict[str, Any]) -> Any:
    """One of the caller's own that is as it would be made.

    Raises:
        Failure: `ambiguous` or `conflict`.
    """
    creation = Creation(kind, body)
    identity = creation.identity(planning.nexla)
    rows = list(await identity.list_matching())
    if not rows:
        return None
    if len(rows) > 1:
        raise Failure.of(
            ErrorCode.AMBIGUOUS,
            f"{len(rows)} {kind.value}s of yours are named {clean_text(body['name'], 80)!r} there (ids "
            f"{', '.join(str(row.id) for row in rows[:10])}). Nothing was done.",
            hint="Give the new one another `name`.",
        )
    model = await read_in_full(planning.nexla, kind, rows[0].id)
    differing = creation.differences(model) or _other_code(body, model)
    if differing:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"{kind.value} {model.id} has the name {clean_text(body['name'], 80)!r} and differs in "
            f"{', '.join(differing)}. Nothing was done.",
            hint="Choose another `name`; get_resource shows what is there.",
            next_tool="get_resource",
            resource=f"{kind.value} {model.id}",
        )
    return model


def _other_code(body: Mapping[str, Any], model: Any) -> list[str]:
    """What is told of a nexset's code and schema is compared whole: an operation more is another transform."""
    ours, theirs = (
        (item or {}).get("transforms") for item in (body.get("transform"), getattr(model, "transform", None))
    )
    found = ["transform"] if ours is not None and theirs is not None and ours != theirs else []
    schema = getattr(model, "output_validation_schema", None)
    return [
        *found,
        *(["output_validation_schema"] if schema and schema != body.get("output_validation_schema") else []),
    ]


async def _double(planning: Planning, survey: Survey, word: str, fields: Mapping[str, Any], successor: Any) -> Doubled:
    """A destination like the one of that id, in which these fields of the configuration are others."""
    node = _destination(survey, word, successor)
    model = await planning.nexla.destinations.get(node.id)
    where = f"parallel/{node.id}"
    config = {**(model.sink_config or {}), **fields}
    hidden = hidden_paths(model.sink_config or {})
    if config == dict(model.sink_config or {}) or set(hidden) - set(fields):
        why = f"what is hidden in it ({', '.join(hidden)})" if hidden else "a field that makes it write elsewhere"
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{where}: give {why}. Nothing was done.",
            hint="Both would write to the same place otherwise.",
        )
    checked = checked_config(planning.nexla.secrets, "destination", model.sink_type or "", config, where)
    name = f"{model.name}, parallel"
    body: dict[str, Any] = {"name": name, "sink_type": checked.connector, "sink_config": checked.values}
    if model.data_credentials_id is not None:
        body["data_credentials_id"] = model.data_credentials_id
    found = None
    if successor is not None:
        found = await _existing(planning, ResourceType.DESTINATION, {**body, "data_set_id": successor.id})
    if found is None:
        return Doubled(node.id, name, body)
    return Doubled(node.id, name, body, found.id, running=is_running(found.status) is not False)


def _destination(survey: Survey, word: str, successor: Any) -> LineageNode:
    """One that writes the present nexset, or by an earlier try the new one."""
    lineage = survey.lineage
    nexsets = {survey.nodes[0].id, *((successor.id,) if successor is not None else ())}
    nodes = lineage.of_type(ResourceType.DESTINATION)
    known = [node for node in nodes if (above := lineage.parent(node)) is not None and above.id in nexsets]
    node = next((node for node in known if str(node.id) == word.strip()), None)
    if node is None:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"parallel: {word[:20]!r} is no destination of {label(survey.nodes[0])}. Nothing was done.",
            hint=f"Its destinations: {', '.join(str(item.id) for item in known) or 'none'}.",
        )
    return node
