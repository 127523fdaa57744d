"""What is kept of a flow before it is deleted, so that it can be built anew."""

from __future__ import annotations

from typing import Any

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.domain.markers import OUTPUT, SECRET, is_marker
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import LineageNode
from nexla_mcp.domain.secrets import MASK
from nexla_mcp.operations.actions.statuses import is_running, label
from nexla_mcp.operations.planning.blueprint import DETECTED, SOURCE, AccessRule, Blueprint, Part
from nexla_mcp.operations.planning.survey import Survey

_KEPT: dict[ResourceType, tuple[str, ...]] = {
    ResourceType.SOURCE: (
        "name",
        "description",
        "tags",
        "source_type",
        "source_config",
        "data_credentials_id",
        "ingest_method",
        "code_container_id",
    ),
    ResourceType.NEXSET: (
        "name",
        "description",
        "tags",
        "transform_id",
        "transform",
        "has_custom_transform",
        "custom_config",
        "output_schema_annotations",
        "output_schema_validation_enabled",
        "output_validation_schema",
    ),
    ResourceType.DESTINATION: ("name", "description", "tags", "sink_type", "sink_config", "data_credentials_id"),
}


def snapshot_of(survey: Survey) -> Blueprint:
    """The surveyed nodes as a blueprint. The nexset that Nexla detected in a source is none of its parts."""
    keys = {node.key: _key(survey, node) for node in survey.nodes}
    parts = []
    for node in survey.nodes:
        if keys[node.key] == DETECTED:
            continue
        above = survey.lineage.parent(node)
        inside = above is not None and above.key in keys
        model = survey.models[label(node)]
        parts.append(
            Part(
                key=keys[node.key],
                type=node.type,
                name=node.name or label(node),
                body=_body(node, model),
                parent=keys[above.key] if above is not None and inside else None,
                parent_id=above.id if above is not None and not inside else None,
                credential=node.credential_id,
                active=is_running(node.status) is True,
            )
        )
    rules = [rule for node in survey.nodes for rule in _rules(keys[node.key], survey.accessors[label(node)])]
    return Blueprint(parts=tuple(parts), access=tuple(rules), active=any(part.active for part in parts), verify=True)


def _rules(key: str, accessors: tuple[Accessor, ...]) -> list[AccessRule]:
    """Grants as answers tell them, without ids; they are looked up anew when it comes to that."""
    return [
        AccessRule(
            accessor={"type": item.type.upper(), "access_roles": list(item.access_roles)},
            who=item.subject,
            roles=item.access_roles,
            on=(key,),
        )
        for item in accessors
        if item.subject
    ]


def hidden_fields(survey: Survey) -> list[str]:
    """Fields of configurations that hold secrets, which no answer gives and no snapshot can keep."""
    return sorted(
        f"{label(node)}/{path}"
        for node in survey.nodes
        for path in hidden_paths(_body(node, survey.models[label(node)]))
    )


def _key(survey: Survey, node: LineageNode) -> str:
    if node.type is ResourceType.SOURCE:
        return SOURCE
    above = survey.lineage.parent(node)
    if node.type is ResourceType.NEXSET and above is not None and above.type is ResourceType.SOURCE:
        return DETECTED
    return label(node)


def _body(node: LineageNode, model: Any) -> dict[str, Any]:
    told: dict[str, Any] = model.model_dump(mode="json", include=set(_KEPT[node.type]), exclude_none=True)
    told = {key: value for key, value in told.items() if value not in ([], (), "")}
    if node.type is ResourceType.NEXSET:
        # Both answers and specs know two forms; a reusable transform is named, anything else stands inline.
        told.setdefault("has_custom_transform", "transform_id" in told)
    return {**told, "name": node.name or told.get("name") or label(node)}


def hidden_paths(value: Any, path: str = "") -> list[str]:
    """Where something is hidden in JSON that Nexla answered with, or what would be taken for a reference of ours."""
    if isinstance(value, str):
        return [path] if MASK in value else []
    if is_marker(value, SECRET) or is_marker(value, OUTPUT):
        # Somebody else's JSON that reads like a reference of ours would be followed when it is built anew.
        return [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in hidden_paths(item, f"{path}/{key}" if path else str(key))]
