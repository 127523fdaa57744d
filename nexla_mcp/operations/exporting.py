"""A live flow as the spec that would build it: names in place of ids where they are unique, and never a secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nexla_mcp.adapter.identities import MADE_BY_ME
from nexla_mcp.adapter.models import Nexset
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import DETECTED, AccessSpec, DestinationSpec, FlowSpec, NexsetSpec, SourceSpec
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.flow_export import FileFormat, FlowExport
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.operations.actions.statuses import is_running, label
from nexla_mcp.operations.configuration import read_in_full
from nexla_mcp.operations.exported_access import common_access
from nexla_mcp.operations.listing import list_type
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.planning.checked_config import checked_config
from nexla_mcp.operations.planning.snapshot import hidden_paths
from nexla_mcp.operations.planning.survey import Survey, survey_flow
from nexla_mcp.operations.resolve import resolve
from nexla_mcp.safety.untrusted import quoted

_UNHELD: Mapping[ResourceType, Mapping[str, str]] = {
    ResourceType.SOURCE: {
        "code_container_id": "the code",
        "template_config": "the template",
    },
    ResourceType.NEXSET: {
        "tags": "the tags",
        "custom_config": "the custom_config",
        "output_schema_annotations": "the schema annotations",
        "output_validation_schema": "the validation schema",
    },
    ResourceType.DESTINATION: {
        "tags": "the tags",
        "template_config": "the template",
        "data_source_id": "the triggered source",
        "data_map_id": "the filled lookup",
    },
}
"""Fields of a resource for which a spec has no place, in words."""


@dataclass(frozen=True)
class _Names:
    """What the account calls its things: by type and id."""

    of: Mapping[ResourceType, Mapping[int, str]]

    def twins(self, kind: ResourceType) -> Counter[str]:
        """How often each name is there, without regard to case, as names are looked up."""
        return Counter(name.strip().casefold() for name in self.of[kind].values())

    def reference(self, kind: ResourceType, identifier: int | None) -> int | str | None:
        """The name where it stands for this one alone and reads like a name, else the id."""
        name = self.of[kind].get(identifier or 0)
        if not name or name != name.strip() or name.isdigit() or self.twins(kind)[name.casefold()] != 1:
            return identifier
        return name


@dataclass
class _Export:
    """A spec in the making."""

    nexla: Nexla
    survey: Survey
    models: dict[str, Any]
    """Each resource in full, by its label."""
    names: _Names
    kept: list[LineageNode] = field(default_factory=list)
    not_held: list[str] = field(default_factory=list)
    unheld: dict[str, list[str]] = field(default_factory=dict)
    """Fields without a place in a spec, in words, and the parts that have them."""
    notes: list[str] = field(default_factory=list)

    @property
    def lineage(self) -> Lineage:
        return self.survey.lineage


async def export_flow(nexla: Nexla, reference: int | str, file_format: FileFormat = FileFormat.YAML) -> FlowExport:
    """The flow that a node or name stands for, as the arguments of `create_flow`.

    Raises:
        Failure: `unsupported` for a flow without a source of its own; else as for every read. A part that cannot be
            read is never left out in silence.
    """
    flow = await resolve(nexla, ResourceType.FLOW, reference)
    survey = await survey_flow(nexla, ResourceType.FLOW, flow.id)
    origin = survey.lineage.origin
    if origin.type is not ResourceType.SOURCE:
        raise Failure.of(
            ErrorCode.UNSUPPORTED,
            f"Flow {survey.lineage.flow_id} begins at {label(origin)} of another flow. A spec describes a flow from "
            "its source on.",
            hint="Export the flow of the source; its nexset is in it.",
            next_tool="get_flow",
        )
    export = await _read(nexla, survey)
    _choose(export)
    spec = FlowSpec(
        name=origin.name or label(origin),
        source=_source(export),
        nexsets=[_nexset(export, node) for node in export.kept if export.lineage.is_derived(node)],
        destinations=[_destination(export, node) for node in export.kept if node.type is ResourceType.DESTINATION],
        access=_access(export),
        activate=_runs(export),
    )
    _surroundings(export)
    return FlowExport(
        flow_id=survey.lineage.flow_id,
        name=origin.name,
        spec=spec.model_dump(mode="json", exclude_defaults=True),
        not_held=export.not_held or None,
        notes=export.notes or None,
        format=file_format,
    )


async def _read(nexla: Nexla, survey: Survey) -> _Export:
    """Everything that a spec is made of besides the survey; only an expanded answer carries a transform."""
    nexsets = [node for node in survey.nodes if node.type is ResourceType.NEXSET]
    kinds = (ResourceType.CREDENTIAL, ResourceType.TRANSFORM, ResourceType.TEAM)
    answers = await outcomes(
        [
            *(partial(read_in_full, nexla, node.type, node.id) for node in nexsets),
            *(partial(list_type, nexla, kind) for kind in kinds),
            partial(nexla.sources.list, access_role=MADE_BY_ME),
            partial(nexla.flows.get, survey.lineage.flow_id),
        ]
    )
    read: list[Any] = []
    for answer in answers:
        if isinstance(answer, Failure):
            raise answer
        read.append(answer)
    models = dict(survey.models)
    models |= {label(node): model for node, model in zip(nexsets, read, strict=False)}
    *listings, own, flow = read[len(nexsets) :]
    names = {
        kind: {row.id: row.name or "" for row in listing.rows} for kind, listing in zip(kinds, listings, strict=True)
    }
    export = _Export(nexla, survey, models, _Names(names))
    _own(export, own)
    # Only a flow's own answer tells what triggers its source (contract 9.2).
    trigger = next((row.data_sink_id for row in flow.data_sources if row.id == survey.lineage.origin.id), None)
    if trigger is not None:
        export.not_held.append(f"that destination {trigger} triggers it")
    return export


def _own(export: _Export, own: Sequence[Any]) -> None:
    """What `create_flow` finds when it looks for the source among the caller's own."""
    origin = export.lineage.origin
    mine = [row.id for row in own if row.name == origin.name]
    if origin.id not in mine:
        export.notes.append("it is not yours: create_flow would make one of your own beside it")
    elif len(mine) > 1:
        told = ", ".join(map(str, mine))
        export.notes.append(
            f"{len(mine)} sources of yours have its name ({told}): create_flow refuses until one has not"
        )


def _choose(export: _Export) -> None:
    """The nodes that a spec can describe: below the first nexset of the source, each nexset of a name of its own."""
    lineage = export.lineage
    export.kept = [lineage.origin]
    detected = min((node for node in lineage.children(lineage.origin)), key=lambda node: node.id, default=None)
    names = Counter(node.name for node in lineage.nodes if lineage.is_derived(node))
    for node in lineage.nodes[1:]:
        above = lineage.parent(node)
        why = ""
        if above is lineage.origin:
            why = "" if node is detected else "a second nexset of the source"
        elif above not in export.kept:
            why = "below what is left out"
        elif node.type is ResourceType.NEXSET and (not node.name or node.name == DETECTED or names[node.name] > 1):
            why = "its name is not one of its own"
        if why:
            export.not_held.append(f"{label(node)} {quoted(node.name)} ({why})")
        else:
            export.kept.append(node)


def _source(export: _Export) -> SourceSpec:
    node = export.lineage.origin
    model = export.models[label(node)]
    _tell_unheld(export, node)
    return SourceSpec(
        connector=model.source_type or "",
        config=_config(export, node, model.source_type, model.source_config),
        credential=_login(export, node),
        description=model.description or None,
        tags=list(model.tags) or None,
    )


def _nexset(export: _Export, node: LineageNode) -> NexsetSpec:
    model: Nexset = export.models[label(node)]
    _tell_unheld(export, node)
    above = export.lineage.parent(node)
    derived = above is not None and export.lineage.is_derived(above)
    return NexsetSpec(
        name=node.name or label(node),
        transform=_transform(export, node, model),
        parent=above.name if derived and above is not None and above.name else DETECTED,
        description=model.description or None,
    )


def _destination(export: _Export, node: LineageNode) -> DestinationSpec:
    model = export.models[label(node)]
    _tell_unheld(export, node)
    above = export.lineage.parent(node)
    derived = above is not None and export.lineage.is_derived(above)
    return DestinationSpec(
        name=node.name or label(node),
        connector=model.sink_type or "",
        config=_config(export, node, model.sink_type, model.sink_config),
        credential=_login(export, node),
        nexset=above.name if derived and above is not None and above.name else DETECTED,
        description=model.description or None,
    )


def _login(export: _Export, node: LineageNode) -> int | str | None:
    return export.names.reference(ResourceType.CREDENTIAL, export.models[label(node)].data_credentials_id)


def _transform(export: _Export, node: LineageNode, model: Nexset) -> int | str | dict[str, Any] | None:
    if model.transform_id is not None:
        return export.names.reference(ResourceType.TRANSFORM, model.transform_id)
    if model.transform and hidden_paths(model.transform):
        export.not_held.append(f"the transform of {label(node)}, in which something is hidden")
        return None
    return model.transform or None


def _config(export: _Export, node: LineageNode, connector: str | None, config: Any) -> dict[str, Any]:
    """The configuration without what is hidden in it; whether `create_flow` takes it is found out here."""
    told: dict[str, Any] = dict(config or {})
    for name in [name for name, value in told.items() if hidden_paths(value)]:
        export.not_held += [
            f"{label(node)}/{name}{path and '/' + path}, which is hidden" for path in hidden_paths(told[name])
        ]
        del told[name]
    try:
        checked_config(export.nexla.secrets, node.type.value, connector or "", told, f"{label(node)}/config")
    except Failure as failure:
        export.notes.append(f"create_flow would refuse it: {failure.info.message}")
    return told


def _tell_unheld(export: _Export, node: LineageNode) -> None:
    model = export.models[label(node)]
    for name, words in _UNHELD[node.type].items():
        if getattr(model, name, None):
            export.unheld.setdefault(words, []).append(label(node))


def _access(export: _Export) -> list[AccessSpec]:
    """The grants that every part has; a spec knows no others."""
    grants = {label(node): export.survey.accessors[label(node)] for node in export.kept}
    org = export.models[label(export.lineage.origin)].org
    rules, others = common_access(grants, org, export.names.twins(ResourceType.TEAM))
    export.not_held += others
    return rules


def _runs(export: _Export) -> bool:
    """A spec lets all of a flow run, or none."""
    running = {is_running(node.status) is True for node in export.kept}
    if len(running) > 1:
        resting = ", ".join(label(node) for node in export.kept if is_running(node.status) is not True)
        export.not_held.append(f"that {resting} rests while the others run")
    return running == {True}


def _surroundings(export: _Export) -> None:
    for node in export.kept:
        if node.type is ResourceType.NEXSET and not export.lineage.is_derived(node):
            _tell_unheld(export, node)
    export.not_held += [f"{words} of {', '.join(parts)}" for words, parts in export.unheld.items()]
    if export.lineage.project_id is not None:
        export.not_held.append(f"that it is in project {export.lineage.project_id}")
    export.notes += export.survey.also
    export.notes += export.survey.notes
