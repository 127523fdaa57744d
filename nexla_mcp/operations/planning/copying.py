"""Plan of `copy_flow`: a flow once more, with other logins, another name, in another project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nexla_mcp.adapter.identities import copies_of
from nexla_mcp.adapter.models import ProbeState, Project, Source
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import LineageNode
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.actions.statuses import is_running, label
from nexla_mcp.operations.configuration import digest_of_model
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.running import verification
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.subjects import GATED_ROLES
from nexla_mcp.operations.planning.survey import Survey, name_lock, survey_flow
from nexla_mcp.safety.untrusted import quoted

VERIFY_SECONDS = 180.0
"""How long the first run of an active copy is waited for."""
COPY = "copy"
"""The key of the step that gives the copy's id."""

Ref = int | dict[str, str]


@dataclass
class _Copying:
    """A plan in the making."""

    survey: Survey
    wanted: str
    logins: Mapping[int, int]
    """Old id to new id."""
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    existing: tuple[Target, ...] = ()

    @property
    def origin(self) -> LineageNode:
        return self.survey.lineage.origin

    def switched(self) -> list[LineageNode]:
        """The sources and destinations that get another login."""
        return [node for node in self.survey.nodes if node.credential_id in self.logins]


async def plan_copy(
    planning: Planning,
    flow: int,
    *,
    credentials: Mapping[str, int],
    name: str | None,
    project: int | None,
    activate: bool,
    with_access: bool,
) -> Plan:
    """The copy, resting; then its logins, name and place; then, if wanted, its first run.

    Raises:
        Failure: `bad_input` for a login that the flow does not use, or of another connector; `conflict` for one that
            the third party refuses; `unsupported` for a flow without a source of its own. Nothing was done.
    """
    lineage = (await read_tree(planning.nexla, flow)).lineage
    wanted = name if name is not None else lineage.origin.name or ""
    locks = (f"copy:{lineage.flow_id}", name_lock(ResourceType.SOURCE, wanted))
    await settled(planning, locks)
    survey = await survey_flow(planning.nexla, ResourceType.FLOW, flow)
    logins = await _logins(planning, survey, credentials)
    folder = await planning.nexla.projects.get(project) if project is not None else None
    copying = _Copying(survey, _named(survey, wanted), logins)
    await _build(planning, copying, folder, activate=activate, with_access=with_access)
    far = _far_reaching(survey) if with_access and not copying.existing else []
    doubled = _written_twice(copying) if activate and copying.steps else []
    origin, wanted_told = copying.origin, quoted(copying.wanted)
    return Plan(
        tool="copy_flow",
        arguments={
            "flow": flow,
            "credentials": {str(old): new for old, new in logins.items()},
            "name": name,
            "project": project,
            "activate": activate,
            "with_access": with_access,
        },
        principal=str(planning.principal),
        risk=Risk.DESTRUCTIVE if far else Risk.DISRUPTIVE if doubled else Risk.WRITE,
        summary=_summary(copying, activate=activate)
        if copying.steps
        else f"A copy {wanted_told} of {label(origin)} is there as wanted, nothing to do.",
        steps=tuple(copying.steps),
        targets=survey.targets[:1],
        affected=survey.targets[1:],
        also=tuple(doubled),
        existing=copying.existing,
        cannot_be_put_back=(
            *(f"what {item} sees meanwhile" for item in far),
            *((f"what the copy writes where {len(doubled)} destinations write already",) if doubled else ()),
        ),
        notes=tuple(copying.notes),
        locks=locks,
        type_to_confirm=copying.wanted if far else None,
    )


def _named(survey: Survey, wanted: str) -> str:
    origin = survey.lineage.origin
    if origin.type is not ResourceType.SOURCE:
        raise Failure.of(
            ErrorCode.UNSUPPORTED,
            f"Flow {survey.lineage.flow_id} begins at {label(origin)} of another flow, so its copy could not be told "
            "from others. Nothing was done.",
            hint="Copy the flow of the source, or build this one with create_flow.",
        )
    if not wanted.strip():
        raise Failure.of(ErrorCode.BAD_INPUT, "name: empty. Nothing was done.")
    return wanted


async def _logins(planning: Planning, survey: Survey, credentials: Mapping[str, int]) -> dict[int, int]:
    """The mapping by ids, each new login of the same connector, and taken by the third party."""
    used = survey.lineage.credential_ids
    logins: dict[int, int] = {}
    for word, new in credentials.items():
        old = int(word) if word.isascii() and word.isdigit() else -1
        if old not in used:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"credentials: the flow does not log in with {word[:20]!r}. Nothing was done.",
                hint=f"It uses {', '.join(map(str, used)) or 'none'}.",
            )
        if new != old:
            await _require_login(planning, old, new)
            logins[old] = new
    return logins


async def _require_login(planning: Planning, old: int, new: int) -> None:
    before, after = await planning.nexla.credentials.get(old), await planning.nexla.credentials.get(new)
    if before.credentials_type != after.credentials_type:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"credentials: {new} is a login to {after.credentials_type}, and {old} one to {before.credentials_type}. "
            "Nothing was done.",
            hint=f"search_resources(types=['credential'], connector={before.credentials_type!r}) lists those that fit.",
            next_tool="search_resources",
        )
    probe = await planning.nexla.credentials.probe(new)
    if probe.state is ProbeState.REFUSED:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"The third party refuses credential {new}: {clean_text(probe.message or '', 200)}. Nothing was done.",
            hint="Its login has to be mended first.",
            next_tool="probe_credential",
            resource=f"credential {new}",
        )


async def _build(
    planning: Planning, copying: _Copying, project: Project | None, *, activate: bool, with_access: bool
) -> None:
    row = await _existing(planning, copying)
    if row is None:
        _make(copying, project, with_access=with_access)
        ref: Ref = output_of(COPY)
        running = False
    else:
        ref, running = await _adopt(planning, copying, row, project, activate=activate)
    if activate and not running:
        copying.steps += [_activation(copying, ref), verification(ResourceType.FLOW, ref, VERIFY_SECONDS, must=True)]


async def _existing(planning: Planning, copying: _Copying) -> Source | None:
    """A copy of the caller's own that was made before: of the wanted name, or not named yet.

    Raises:
        Failure: `ambiguous` where several have the name.
    """
    what = f"the copy of {label(copying.origin)}"
    rows = list(await copies_of(planning.nexla, copying.origin.id, what).list_matching())
    named = [row for row in rows if row.name == copying.wanted]
    if len(named) > 1:
        raise Failure.of(
            ErrorCode.AMBIGUOUS,
            f"{len(named)} copies of {label(copying.origin)} are named {clean_text(copying.wanted, 80)!r} (sources "
            f"{', '.join(str(row.id) for row in named[:10])}): which one is meant is unknown. Nothing was done.",
            hint="Give the new copy a `name` of its own.",
        )
    if named:
        return named[0]
    # What was cut off between copying and naming has the original's name, and has never run.
    unnamed = [row for row in rows if row.name == copying.origin.name and is_running(row.status) is False]
    if len(unnamed) == 1:
        copying.notes.append(f"source {unnamed[0].id}, a resting copy without a name of its own, is taken")
        return unnamed[0]
    if unnamed:
        told = ", ".join(str(row.id) for row in unnamed[:10])
        copying.notes.append(f"{len(unnamed)} resting copies of it are there (sources {told}) and are left as they are")
    return None


def _make(copying: _Copying, project: Project | None, *, with_access: bool) -> None:
    """A copy, and what it is to have of its own. Taking it back is the end of all of it."""
    flow, ref = copying.survey.lineage.flow_id, output_of(COPY)
    identity = {"type": "flow", "id": ref}
    options = {"reuse_data_credentials": True, "copy_access_controls": with_access}
    copying.steps += [
        Step(
            key=COPY,
            action="copy_flow",
            arguments={"flow": flow, "source": copying.origin.id, "options": options},
            says=f"copy flow {flow} {quoted(copying.origin.name)}",
            undo=Act(action="delete_copied", arguments=identity),
        ),
        Step(key="rest", action="pause", arguments=identity, says="see that the copy rests while it is changed"),
    ]
    for node in copying.switched():
        new = copying.logins[node.credential_id or 0]
        says = f"let the copy of {label(node)} log in with credential {new}"
        copying.steps.append(_changed(f"login:{label(node)}", node, {"data_credentials_id": new}, says))
    if copying.wanted != copying.origin.name:
        says = f"name the copy {quoted(copying.wanted)}"
        copying.steps.append(_changed("name", copying.origin, {"name": copying.wanted}, says))
    if project is not None:
        copying.steps.append(_filing(ref, project, None))


def _changed(key: str, node: LineageNode, body: dict[str, Any], says: str) -> Step:
    arguments = {"flow": output_of(COPY), "type": node.type.value, "original": node.id, "body": body}
    return Step(key=key, action="update_copied", arguments=arguments, says=says)


def _filing(ref: Ref, project: Project, undo: Act | None) -> Step:
    return Step(
        key="project",
        action="file_flow",
        arguments={"flow": ref, "project": project.id},
        says=f"put it into project {project.id} {quoted(project.name)}",
        undo=undo,
    )


async def _adopt(
    planning: Planning, copying: _Copying, row: Source, project: Project | None, *, activate: bool
) -> tuple[int, bool]:
    """What a copy that is there lacks; whether it runs already."""
    kinds = {ResourceType.SOURCE: "sources", ResourceType.DESTINATION: "destinations"}
    survey = await survey_flow(planning.nexla, ResourceType.SOURCE, row.id)
    copies = {survey.models[label(node)].copied_from_id: node for node in survey.nodes if node.type in kinds}
    for node in copying.switched():
        copied = copies.get(node.id)
        if copied is None:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"Flow {survey.lineage.flow_id} is a copy without {label(node)}. Nothing was done.",
                hint="Give the new copy a `name` of its own, or delete that one.",
                resource=f"flow {survey.lineage.flow_id}",
            )
        new = copying.logins[node.credential_id or 0]
        if copied.credential_id != new:
            says = f"let {label(copied)} log in with credential {new}"
            copying.steps.append(_updated(survey, copied, "data_credentials_id", new, says))
    origin = survey.lineage.origin
    if origin.name != copying.wanted:
        copying.steps.append(_updated(survey, origin, "name", copying.wanted, f"name it {quoted(copying.wanted)}"))
    flow, held = survey.lineage.flow_id, survey.lineage.project_id
    if project is not None and held != project.id:
        undo = Act(action="file_flow", arguments={"flow": flow, "project": held})
        copying.steps.append(_filing(flow, project, undo))
    copying.existing = (Target(type=ResourceType.FLOW, id=flow, name=origin.name, status=origin.status),)
    running = all(is_running(node.status) is True for node in survey.nodes)
    if survey.running and not activate:
        copying.notes.append(f"flow {flow} runs, and is left running")
    return flow, running


def _updated(survey: Survey, node: LineageNode, name: str, value: Any, says: str) -> Step:
    model = survey.models[label(node)]
    common = {"type": node.type.value, "id": node.id}
    return Step(
        key=f"{name}:{label(node)}",
        action="update",
        arguments={**common, "body": {name: value}, "expects": digest_of_model(model)},
        says=says,
        undo=Act(action="update", arguments={**common, "body": {name: getattr(model, name)}}),
    )


def _activation(copying: _Copying, ref: Ref) -> Step:
    identity = {"type": "flow", "id": ref}
    return Step(
        key="activate",
        action="activate",
        arguments=identity,
        says=f"activate {quoted(copying.wanted)}",
        undo=Act(action="pause", arguments=identity),
    )


def _written_twice(copying: _Copying) -> list[str]:
    """Destinations of the copy that write where those of the original do."""
    switched = {node.key for node in copying.switched()}
    return [
        f"the copy of {label(node)} {quoted(node.name)} writes to the same place as the original"
        for node in copying.survey.nodes
        if node.type is ResourceType.DESTINATION and node.key not in switched
    ]


def _far_reaching(survey: Survey) -> list[str]:
    """Grants that a person has to agree to, should they be made again."""
    items: Iterable[Any] = (item for found in survey.accessors.values() for item in found)
    told = {
        f"{item.type.upper()} {item.subject}: {', '.join(sorted(item.access_roles))}"
        for item in items
        if item.type.upper() == "ORG" or GATED_ROLES & set(item.access_roles)
    }
    return sorted(told)


def _summary(copying: _Copying, *, activate: bool) -> str:
    lineage = copying.survey.lineage
    logins = f" with {len(copying.logins)} other logins" if copying.logins else ""
    end = ", and let it run" if activate else ", not running"
    if copying.existing:
        there = copying.existing[0]
        return f"Bring {there} {quoted(there.name)}, a copy of flow {lineage.flow_id}, to what is wanted{end}."
    return f"Copy flow {lineage.flow_id} {quoted(lineage.name)} as {quoted(copying.wanted)}{logins}{end}."
