"""One side of a comparison: the flows of a tag, a project or an org, each part by name and never by id."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nexla_mcp.adapter.models import Flow
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.secrets import mask_secrets
from nexla_mcp.operations.actions.statuses import is_running, label
from nexla_mcp.operations.configuration import read_in_full
from nexla_mcp.operations.lineage import IN_A_TREE, Resources, key_of, lacking, lineage_of, list_resources
from nexla_mcp.operations.listing import Listing, list_type
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.search import members_of_project

MOST_FLOWS = 60
"""Each costs a request for every part."""
_WORD = re.compile(r"[a-z0-9]+")
_NAMED = (ResourceType.CREDENTIAL, ResourceType.TRANSFORM)
DETECTED = "(detected)"


@dataclass(frozen=True)
class Part:
    """One node as it is compared: fields by path, references by name."""

    type: ResourceType
    id: int
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class ComparedFlow:
    id: int
    name: str | None
    parts: Mapping[tuple[ResourceType, str], Part]


@dataclass
class Side:
    """What was read of one side."""

    nexla: Nexla
    told: str
    """As the caller wrote it."""
    flows: dict[str, ComparedFlow] = field(default_factory=dict)
    """By the name that they are matched by."""
    not_read: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    """Names of flows that are there and could not be read: the other side has them not alone."""


@dataclass(frozen=True)
class Names:
    """How names are matched: without case and without the words that only tell one environment from the other."""

    left_out: frozenset[str] = frozenset()

    @classmethod
    def between(cls, left: str, right: str) -> Names:
        """The words that only one of two environments has in its name: `dev` and `prod`."""
        words = [set(_WORD.findall(side.casefold())) for side in (left, right)]
        return cls(frozenset(words[0] ^ words[1]))

    def key(self, name: str | None) -> str:
        words = _WORD.findall((name or "").casefold())
        kept = [word for word in words if word not in self.left_out]
        return " ".join(kept or words)


def selector(text: str) -> tuple[str, str]:
    """`tag:NAME`, `project:ID or name` or `org` as what and which.

    Raises:
        Failure: `bad_input` for anything else.
    """
    kind, _, which = text.strip().partition(":")
    kind, which = kind.strip().lower(), which.strip()
    if (kind in {"tag", "project"} and which) or (kind == "org" and not which):
        return kind, which
    raise Failure.of(
        ErrorCode.BAD_INPUT,
        f"{text[:60]!r} is no environment. Nothing was compared.",
        hint='Write "tag:dev", "project:12", "project:Orders dev" or "org".',
    )


async def read_side(nexla: Nexla, text: str, names: Names) -> Side:
    """Every flow of an environment, with all of its parts.

    Raises:
        Failure: when its flows cannot be listed, or there are none or too many.
    """
    side = Side(nexla, text)
    chosen, resources = await _chosen(nexla, text, side)
    known = await _names(nexla, side)
    lineages = [lineage_of(flow, resources) for flow in chosen]
    answers = await outcomes([partial(_compared, nexla, lineage, names, known) for lineage in lineages])
    taken: Counter[str] = Counter()
    for lineage, answer in zip(lineages, answers, strict=True):
        if isinstance(answer, Failure):
            side.not_read.append(f"flow {lineage.flow_id}: {answer.info.code.value}")
            side.lost.add(names.key(lineage.name))
            continue
        key = names.key(lineage.name)
        taken[key] += 1
        # Twins are matched in the order of their ids: nothing tells them apart.
        side.flows[key if taken[key] == 1 else f"{key} #{taken[key]}"] = answer
    return side


async def _chosen(nexla: Nexla, text: str, side: Side) -> tuple[list[Flow], Resources]:
    """The flows of an environment, and the rows of resources that they did not bring themselves."""
    kind, which = selector(text)
    rows = await nexla.flows.list()
    flows = [flow for flow in rows if key_of(flow.node) is not None]
    if rows and not flows:
        raise Failure.of(
            ErrorCode.UNREADABLE_ANSWER,
            "Nexla's list of flows names no source or nexset at the origin of any. Nothing was compared.",
            hint="Try again; get_flow reads a single flow.",
            next_tool="get_flow",
        )
    if rows.unreadable or not rows.complete or len(flows) < len(rows):
        side.not_read.append("some flows, whose rows could not be read")
    lacks = {kind for flow in flows for kind in lacking(flow)}
    resources, not_read = await list_resources(nexla, tuple(kind for kind in IN_A_TREE if kind in lacks))
    side.not_read += not_read
    if kind == "tag":
        flows = [flow for flow in flows if which.casefold() in _tags(flow, resources)]
    elif kind == "project":
        members = await members_of_project(nexla, which)
        flows = [flow for flow in flows if (ResourceType.FLOW, flow.id) in members]
    if not flows or len(flows) > MOST_FLOWS:
        many = f"has {len(flows)} flows, more than the {MOST_FLOWS} that are compared at once"
        raise Failure.of(
            ErrorCode.BAD_INPUT if flows else ErrorCode.NOT_FOUND,
            f"{text[:60]!r} {many if flows else 'has no flow that you can see'}. Nothing was compared.",
            hint="search_resources with types=['flow'] and tag or project shows what there is.",
            next_tool="search_resources",
        )
    return sorted(flows, key=lambda flow: flow.id), resources


def _tags(flow: Flow, resources: Resources) -> set[str]:
    key = key_of(flow.node)
    origin = flow.resource_of(flow.node) or (resources.get(key) if key is not None else None)
    return {tag.casefold() for tag in (*flow.node.tags, *(origin.tags if origin else ()))}


async def _names(nexla: Nexla, side: Side) -> dict[tuple[ResourceType, int], str]:
    """What credentials and transforms are called: ids mean nothing on the other side."""
    answers = await outcomes([partial(list_type, nexla, kind) for kind in _NAMED])
    found: dict[tuple[ResourceType, int], str] = {}
    for kind, answer in zip(_NAMED, answers, strict=True):
        if isinstance(answer, Listing):
            found |= {(kind, row.id): row.name or "" for row in answer.rows}
        else:
            side.not_read.append(f"names of {kind.value}s: {answer.info.code.value}")
    return found


async def _compared(
    nexla: Nexla, lineage: Lineage, names: Names, known: Mapping[tuple[ResourceType, int], str]
) -> ComparedFlow:
    models = await outcomes([partial(read_in_full, nexla, node.type, node.id) for node in lineage.nodes])
    parts: dict[tuple[ResourceType, str], Part] = {}
    for node, model in zip(lineage.nodes, models, strict=True):
        if isinstance(model, Failure):
            raise model
        key = _place(lineage, node, names)
        while (node.type, key) in parts:
            key += "'"
        parts[node.type, key] = Part(node.type, node.id, _fields(lineage, node, model, names, known))
    return ComparedFlow(lineage.flow_id, lineage.name, parts)


def _place(lineage: Lineage, node: LineageNode, names: Names) -> str:
    """What a part is matched by. There is one source; what Nexla detected in it is named by Nexla."""
    if node == lineage.origin:
        return "(origin)"
    if node.type is ResourceType.NEXSET and not lineage.is_derived(node):
        return DETECTED
    return names.key(node.name or label(node))


def _fields(
    lineage: Lineage, node: LineageNode, model: Any, names: Names, known: Mapping[tuple[ResourceType, int], str]
) -> dict[str, Any]:
    above = lineage.parent(node)
    login = getattr(model, "data_credentials_id", None)
    transform = getattr(model, "transform_id", None)
    told: dict[str, Any] = {
        "connector": getattr(model, "source_type", None) or getattr(model, "sink_type", None),
        "credential": _called(known, ResourceType.CREDENTIAL, login),
        "transform": _called(known, ResourceType.TRANSFORM, transform)
        or mask_secrets(getattr(model, "transform", None)),
        "parent": _place(lineage, above, names) if above is not None else None,
        "runs": is_running(node.status),
        "config": mask_secrets(getattr(model, "source_config", None) or getattr(model, "sink_config", None) or {}),
        "validates": getattr(model, "output_schema_validation_enabled", None) or None,
        "validation": getattr(model, "output_validation_schema", None) or None,
    }
    if node.type is ResourceType.NEXSET and not lineage.is_derived(node):
        del told["transform"]
    return dict(flat(told))


def _called(known: Mapping[tuple[ResourceType, int], str], kind: ResourceType, identifier: int | None) -> str | None:
    return None if identifier is None else known.get((kind, identifier)) or f"{kind.value} {identifier}"


def flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every leaf of JSON by its path; what is None is not there."""
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in flat(item, f"{path}/{key}" if path else str(key))]
    if isinstance(value, list) and value:
        return [leaf for index, item in enumerate(value) for leaf in flat(item, f"{path}[{index}]")]
    return [] if value is None or value in ({}, []) else [(path, value)]
