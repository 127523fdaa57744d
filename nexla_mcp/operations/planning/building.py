"""From a blueprint to a plan: what exists is taken as it is, what is missing is made, in the right order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nexla_mcp.adapter.identities import Creation
from nexla_mcp.adapter.models import ProbeState
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.actions.granting import roles_of
from nexla_mcp.operations.actions.statuses import is_running
from nexla_mcp.operations.planning.blueprint import DETECTED, PARENT_FIELD, AccessRule, Blueprint, Part
from nexla_mcp.operations.planning.grants import granting
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.running import verification
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.subjects import is_far_reaching, told
from nexla_mcp.operations.planning.survey import name_lock
from nexla_mcp.safety.untrusted import quoted

DETECTION_SECONDS = 300.0
"""How long Nexla may take to detect a nexset in a source that was just activated."""
VERIFY_SECONDS = 180.0
"""How long the first run of a new flow is waited for."""

Ref = int | dict[str, str]
"""An id, or a reference to the step that will give it."""


@dataclass
class _Place:
    """Where a part is: there already, or to be made by the step of its key."""

    type: ResourceType
    name: str
    id: int | None = None
    running: bool = False

    def ref(self, key: str) -> Ref:
        return self.id if self.id is not None else output_of(key)


@dataclass
class _Build:
    """A plan in the making."""

    planning: Planning
    blueprint: Blueprint
    places: dict[str, _Place] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    existing: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    granted: list[AccessRule] = field(default_factory=list)
    """Rules that some step makes true; those that hold already need nobody's agreement."""
    flow_id: int | None = None


async def plan_blueprint(
    planning: Planning,
    blueprint: Blueprint,
    *,
    tool: str,
    arguments: dict[str, Any],
    summary: str,
    notes: tuple[str, ...] = (),
    of: str | None = None,
) -> Plan:
    """What has to be done so that everything of the blueprint is there.

    Raises:
        Failure: `conflict` where something of a part's name is there and is another thing; `ambiguous` where several
            are; `conflict` where a login is refused.
    """
    lock = name_lock(blueprint.parts[0].type, blueprint.parts[0].name)
    await settled(planning, {lock})
    build = _Build(planning, blueprint, notes=list(notes))
    await _source(build)
    for part in blueprint.parts:
        if part.type is not ResourceType.SOURCE:
            await _child(build, part)
    await _grants(build)
    _activation(build)
    if build.steps:
        await _probes(build)
    far = [rule for rule in build.granted if is_far_reaching(rule)]
    return Plan(
        tool=tool,
        arguments=arguments,
        principal=str(planning.principal),
        risk=Risk.DESTRUCTIVE if far else Risk.WRITE,
        summary=summary if build.steps else f"{blueprint.parts[0].name!r} is there as described, nothing to do.",
        steps=tuple(build.steps),
        targets=tuple(build.existing[:1]),
        existing=tuple(build.existing),
        cannot_be_put_back=tuple(f"what {told(rule)} sees meanwhile" for rule in far),
        notes=tuple(build.notes),
        locks=(lock, *((f"flow:{build.flow_id}",) if build.flow_id is not None else ())),
        of=of,
        type_to_confirm=blueprint.parts[0].name if far else None,
    )


async def _source(build: _Build) -> None:
    part = build.blueprint.source
    if part is None:
        return
    row = await _existing(build, part, part.body)
    place = build.places[part.key] = _Place(part.type, part.name, row.id if row else None)
    more = len(build.blueprint.parts) > 1 or build.blueprint.active
    detected = None
    if row is None:
        build.steps.append(_create(part, part.body))
    else:
        source = await build.planning.nexla.sources.get(row.id)
        place.running = is_running(source.status) is True
        if place.running and not build.blueprint.active:
            build.notes.append(f"source {row.id} runs, and is left running")
        detected = min(source.data_sets, key=lambda nexset: nexset.id, default=None)
        build.flow_id = (await build.planning.nexla.flows.by_resource(ResourceType.SOURCE, row.id)).id
    if detected is not None:
        nexset = await build.planning.nexla.nexsets.get(detected.id)
        running = is_running(nexset.status) is True
        build.places[DETECTED] = _Place(ResourceType.NEXSET, nexset.name or "", detected.id, running)
    elif more:
        _detection(build, part, place)


def _detection(build: _Build, part: Part, place: _Place) -> None:
    """Nexla detects a nexset only in a source that runs: it runs for that, and rests while the rest is built."""
    ref = place.ref(part.key)
    rest = len(build.blueprint.parts) > 1 or not build.blueprint.active
    if not place.running:
        build.steps.append(
            _running("detect", "activate", ResourceType.SOURCE, ref, f"activate source {quoted(part.name)}")
        )
    build.places[DETECTED] = _Place(ResourceType.NEXSET, "the nexset that Nexla detects")
    build.steps.append(
        Step(
            key=DETECTED,
            action="await_nexset",
            arguments={"source": ref, "seconds": DETECTION_SECONDS},
            says="wait until Nexla detects its nexset",
            undo=Act(action="delete", arguments={"type": "nexset", "id": output_of(DETECTED)}),
        )
    )
    if rest and not place.running:
        says = "pause it, so that nothing runs through a half-built flow"
        build.steps.append(_running("quiet", "pause", ResourceType.SOURCE, ref, says).model_copy(update={"undo": None}))
    elif not place.running:
        place.running = build.places[DETECTED].running = True


async def _child(build: _Build, part: Part) -> None:
    body, knowable = dict(part.body), True
    if part.type in PARENT_FIELD:
        key = part.parent or DETECTED
        parent: Ref = part.parent_id if part.parent_id is not None else build.places[key].ref(key)
        body[PARENT_FIELD[part.type]] = parent
        knowable = isinstance(parent, int)
    row = await _existing(build, part, body) if knowable else None
    running = False
    if row is not None:
        family = getattr(build.planning.nexla, f"{part.type.value}s")
        running = is_running((await family.get(row.id)).status) is True
    else:
        build.steps.append(_create(part, body))
    build.places[part.key] = _Place(part.type, part.name, row.id if row else None, running)


async def _existing(build: _Build, part: Part, body: dict[str, Any]) -> Any:
    """The caller's own resource of that name, if it is the one that is meant; None when there is none."""
    creation = Creation(part.type, body)
    identity = creation.identity(build.planning.nexla)
    rows = list(await identity.list_matching())
    if not rows:
        return None
    if len(rows) > 1:
        raise Failure.of(
            ErrorCode.AMBIGUOUS,
            f"{len(rows)} {part.type.value}s of yours are named {clean_text(part.name, 80)!r} (ids "
            f"{', '.join(str(row.id) for row in rows[:10])}): which one is meant is unknown. Nothing was done.",
            hint="Give the new one another name, or rename the others.",
        )
    row = await identity.read(rows[0].id)
    differing = creation.differences(row)
    if differing:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"{part.type.value} {row.id} has the name {clean_text(part.name, 80)!r} and differs in "
            f"{', '.join(differing)}. Nothing was done: it is not changed, and no second one is made.",
            hint="Choose another name, or make the spec agree with what is there; get_resource shows it.",
            next_tool="get_resource",
            resource=f"{part.type.value} {row.id}",
        )
    build.existing.append(Target(type=part.type, id=row.id, name=row.name, status=row.status))
    return row


async def _grants(build: _Build) -> None:
    for number, rule in enumerate(build.blueprint.access):
        for key, place in build.places.items():
            if rule.on and key not in rule.on:
                continue
            held: list[str] = []
            if place.id is not None:
                accessors = await build.planning.nexla.accessors.list(place.type, place.id)
                held = roles_of(accessors, rule.accessor["type"], rule.who)
            if not set(rule.roles) <= set(held):
                what = f"{place.type.value} {quoted(place.name)}"
                build.steps.append(
                    granting(f"grant:{number}:{key}", place.type.value, place.ref(key), rule, held, what)
                )
                if rule not in build.granted:
                    build.granted.append(rule)


def _activation(build: _Build) -> None:
    """Starts what is to run: from the source where it rests, else from each new or resting part."""
    if not build.blueprint.active:
        return
    if any(part.active is False for part in build.blueprint.parts):
        _activation_in_part(build)
        return
    parents = {
        part.key: part.parent or DETECTED for part in build.blueprint.parts if part.type is not ResourceType.SOURCE
    }
    resting = [key for key, place in build.places.items() if not place.running]
    tops = [key for key in resting if not _below_another(key, resting, parents, build)]
    for key in tops:
        place = build.places[key]
        step = _running(
            f"activate:{key}",
            "activate",
            place.type,
            place.ref(key),
            f"activate {quoted(place.name)} and what is below",
        )
        build.steps.append(step.model_copy(update={"undo": _as_before(build)}))
    if build.steps and build.blueprint.verify:
        first, place = next(iter(build.places.items()))
        build.steps.append(verification(place.type, place.ref(first), VERIFY_SECONDS, must=True))


def _activation_in_part(build: _Build) -> None:
    """Starts what is to run and leaves the rest at rest. Nothing is waited for: no record reaches what rests."""
    resting = {part.key for part in build.blueprint.parts if part.active is False}
    if all(place.running or key in resting for key, place in build.places.items()):
        return
    running = {key: place.running or key not in resting for key, place in build.places.items()}
    build.steps.append(
        Step(
            key="activate",
            action="restore_statuses",
            arguments={"nodes": _statuses(build, running)},
            says=f"let each part run or rest as it did: {len(resting)} rest",
            undo=_as_before(build),
        )
    )


def _as_before(build: _Build) -> Act:
    running = {key: place.running for key, place in build.places.items()}
    return Act(action="restore_statuses", arguments={"nodes": _statuses(build, running)})


def _statuses(build: _Build, running: Mapping[str, bool]) -> list[dict[str, Any]]:
    return [
        {"type": place.type.value, "id": place.ref(key), "running": running[key]} for key, place in build.places.items()
    ]


def _below_another(key: str, resting: list[str], parents: dict[str, str], build: _Build) -> bool:
    source = build.blueprint.source
    while True:
        above = parents.get(key) or (source.key if source and key == DETECTED else None)
        if above is None or above not in build.places:
            return False
        if above in resting:
            return True
        key = above


async def _probes(build: _Build) -> None:
    """Tries the logins now: a plan that cannot work is not worth confirming."""
    for identifier in build.blueprint.credentials:
        result = await build.planning.nexla.credentials.probe(identifier)
        if result.state is ProbeState.REFUSED:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"The third party refuses credential {identifier}: {clean_text(result.message or '', 200)}. "
                "Nothing was done.",
                hint="Its login has to be mended first.",
                next_tool="probe_credential",
                resource=f"credential {identifier}",
            )
        if result.state is not ProbeState.OK:
            build.notes.append(f"the probe of credential {identifier} is {result.state.value}")


def _create(part: Part, body: dict[str, Any]) -> Step:
    return Step(
        key=part.key,
        action="create",
        arguments={"type": part.type.value, "body": body},
        says=f"create {part.type.value} {quoted(part.name)}",
        undo=Act(action="delete", arguments={"type": part.type.value, "id": output_of(part.key)}),
    )


def _running(key: str, verb: str, kind: ResourceType, ref: Ref, says: str) -> Step:
    arguments = {"type": kind.value, "id": ref}
    undo = Act(action="pause", arguments=arguments) if verb == "activate" else None
    return Step(key=key, action=verb, arguments=arguments, says=says, undo=undo)
