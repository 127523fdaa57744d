"""Plan of `migrate_schema`: a nexset's successor runs beside it, is compared with it, and takes its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio.to_thread

from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Act, Plan, Step
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key, LineageNode
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.statuses import is_running, label, nodes_of
from nexla_mcp.operations.configuration import digest_of_model
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.running import restoring, verification
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.successor import Successor, plan_successor
from nexla_mcp.operations.planning.survey import Survey, name_lock, survey_flow
from nexla_mcp.safety.ledger import OperationRecord, Status, StepState
from nexla_mcp.safety.untrusted import quoted

TOOL = "migrate_schema"
START = "start"
"""The key of the step that lets the successor run."""
NEWEST = 50
"""Operations that are looked through for one of the same nexset that was left in the middle."""


@dataclass
class _Migration:
    """A plan in the making."""

    survey: Survey
    successor: Successor
    running: bool
    """Whether the present nexset runs, so that the two can be compared."""
    ran: frozenset[Key]
    """What ran before an earlier try that was left in the middle."""
    seconds: float
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def present(self) -> LineageNode:
        return self.survey.nodes[0]

    def runs(self, node: LineageNode) -> bool:
        """Whether a node is to run in the end: it does, or it did when this was begun."""
        return is_running(node.status) is not False or node.key in self.ran


async def plan_migration(
    planning: Planning,
    nexset: int,
    *,
    transform: int | None,
    code: Sequence[Any] | str | None,
    schema: Mapping[str, Any] | None,
    name: str | None,
    parallel: Mapping[str, Mapping[str, Any]],
    wait_minutes: int,
) -> Plan:
    """The successor made and started beside the present nexset, compared, and the destinations switched to it.

    Raises:
        Failure: `bad_input` when nothing would change, for code that cannot work and for unknown destinations;
            `conflict` where something else has the successor's name. Nothing was done.
    """
    model = await planning.nexla.nexsets.get(nexset)
    wanted = name if name is not None else f"{model.name}, migrated"
    lock = f"migrate:{nexset}"
    locks = {lock, name_lock(ResourceType.NEXSET, wanted)}
    await settled(planning, locks)
    survey = await survey_flow(planning.nexla, ResourceType.NEXSET, nexset)
    successor = await plan_successor(planning, survey, wanted, transform, code, schema, parallel)
    ran = await _ran_before(planning, lock)
    running = is_running(survey.nodes[0].status) is True or survey.nodes[0].key in ran
    migration = _Migration(survey, successor, running, ran, wait_minutes * 60.0)
    moved = _moved(migration)
    _parallel_run(migration, schema)
    for node in _destinations(migration):
        _switch(migration, node)
    for node in moved:
        _left_resting(migration, node)
    _aftermath(migration)
    return _plan(planning, migration, locks, name, parallel, schema, transform, code, wait_minutes)


def _plan(
    planning: Planning,
    migration: _Migration,
    locks: set[str],
    name: str | None,
    parallel: Mapping[str, Mapping[str, Any]],
    schema: Mapping[str, Any] | None,
    transform: int | None,
    code: Sequence[Any] | str | None,
    wait_minutes: int,
) -> Plan:
    survey, successor = migration.survey, migration.successor
    present, count = migration.present, len(_destinations(migration))
    shared = survey.accessors[label(present)]
    if shared and successor.id is None:
        migration.notes.append("the new nexset is shared with nobody: grant_access, as on the present one")
    told = f"Let nexset {quoted(successor.name)} take the place of {label(present)} {quoted(present.name)}"
    return Plan(
        tool=TOOL,
        arguments={
            "nexset": present.id,
            "transform": transform,
            "code": code if code is None or isinstance(code, str) else list(code),
            "json_schema": dict(schema) if schema is not None else None,
            "name": name,
            "parallel": _told(parallel, successor),
            "wait_minutes": wait_minutes,
        },
        principal=str(planning.principal),
        risk=Risk.DISRUPTIVE if migration.running or count else Risk.WRITE,
        summary=f"{told}: {count} destinations are switched once both have run side by side."
        if migration.steps
        else f"Nexset {quoted(successor.name)} is in the place of {label(present)} already.",
        steps=tuple(migration.steps),
        targets=survey.targets[:1],
        affected=survey.targets[1:],
        also=survey.also,
        existing=successor.existing,
        cannot_be_put_back=("what the destinations have written from the new nexset meanwhile",) if count else (),
        notes=(*successor.notes, *migration.notes, *survey.notes),
        locks=(*sorted(locks), f"flow:{survey.lineage.flow_id}"),
    )


def _told(parallel: Mapping[str, Mapping[str, Any]], successor: Successor) -> dict[str, Any]:
    """The fields as they were given, with references for secrets."""
    return {
        str(double.original): {name: double.body["sink_config"][name] for name in fields}
        for fields, double in zip(parallel.values(), successor.doubles, strict=True)
    }


async def _ran_before(planning: Planning, lock: str) -> frozenset[Key]:
    """What ran when the newest migration of the same nexset began, if that came neither to its end nor to nothing."""
    records: list[OperationRecord] = await anyio.to_thread.run_sync(partial(planning.ledger.newest, NEWEST))
    for record in records:
        if record.plan.tool == TOOL and lock in record.plan.locks:
            if not _left_in_the_middle(record):
                break
            acts = [step.undo for step in record.plan.steps if step.undo and step.undo.action == "restore_statuses"]
            plain = [act for act in acts if all(isinstance(node["id"], int) for node in act.arguments["nodes"])]
            return frozenset(key for act in plain for key, runs in nodes_of(act.arguments).items() if runs)
    return frozenset()


def _left_in_the_middle(record: OperationRecord) -> bool:
    """Cut off, cancelled, or failed with something that could not be put back."""
    if record.status is Status.FAILED:
        return any(step.state in {StepState.NOT_UNDONE, StepState.UNKNOWN} for step in record.steps)
    return record.status not in {Status.DONE, Status.UNDONE}


def _moved(migration: _Migration) -> list[LineageNode]:
    """Destinations of a successor that is there already which an earlier try has left resting."""
    identifier = migration.successor.id
    if identifier is None:
        return []
    node = migration.survey.lineage.node_of((ResourceType.NEXSET, identifier))
    below = migration.survey.lineage.children(node) if node is not None else ()
    return [child for child in below if child.key in migration.ran and is_running(child.status) is False]


def _destinations(migration: _Migration) -> list[LineageNode]:
    below = migration.survey.lineage.children(migration.present)
    return [node for node in below if node.type is ResourceType.DESTINATION]


def _parallel_run(migration: _Migration, schema: Mapping[str, Any] | None) -> None:
    """The successor and the doubles of destinations made, started and compared with what is there."""
    successor = migration.successor
    if successor.id is None:
        migration.steps.append(_made("next", ResourceType.NEXSET, successor.body, successor.name))
    if not _destinations(migration):
        return
    doubles = [double for double in successor.doubles if double.id is None]
    migration.steps += [
        _made(double.key, ResourceType.DESTINATION, {**double.body, "data_set_id": successor.ref}, double.name)
        for double in doubles
    ]
    if not migration.running:
        migration.notes.append("the nexset rests, so nothing is compared: the new one rests in its place")
        return
    if not successor.running or not all(double.id is not None and double.running for double in successor.doubles):
        migration.steps.append(_start(successor))
    migration.steps.append(
        Step(
            key="compare",
            action="compare_nexsets",
            arguments={
                "present": migration.present.id,
                "next": successor.ref,
                "schema": dict(schema) if schema is not None else None,
                "seconds": migration.seconds,
                "doubles": [{"present": double.original, "double": double.ref} for double in successor.doubles],
            },
            says="wait for a run through both and compare what they make of it",
        )
    )


def _start(successor: Successor) -> Step:
    """Its inverse is no `pause`, which would come first and stop the destinations that hang under it by then."""
    nodes = [{"type": "nexset", "id": successor.ref, "running": successor.running}]
    return Step(
        key=START,
        action="activate",
        arguments={"type": "nexset", "id": successor.ref},
        says=f"let {quoted(successor.name)} run beside the present one",
        undo=Act(action="restore_statuses", arguments={"nodes": nodes}),
    )


def _made(key: str, kind: ResourceType, body: dict[str, Any], name: str) -> Step:
    return Step(
        key=key,
        action="create",
        arguments={"type": kind.value, "body": body},
        says=f"create {kind.value} {quoted(name)}",
        undo=Act(action="delete", arguments={"type": kind.value, "id": output_of(key)}),
    )


def _switch(migration: _Migration, node: LineageNode) -> None:
    """One destination: paused, hung under the successor, and running again as before."""
    common = {"type": node.type.value, "id": node.id}
    runs = migration.runs(node)
    if is_running(node.status) is not False:
        migration.steps.append(_pause(f"pause:{label(node)}", node, restoring((node,))))
    migration.steps.append(
        Step(
            key=f"switch:{label(node)}",
            action="update",
            arguments={
                **common,
                "body": {"data_set_id": migration.successor.ref},
                "expects": digest_of_model(migration.survey.models[label(node)]),
            },
            says=f"let {label(node)} {quoted(node.name)} write {quoted(migration.successor.name)}",
            undo=Act(action="update", arguments={**common, "body": {"data_set_id": migration.present.id}}),
        )
    )
    if runs:
        _left_resting(migration, node)


def _left_resting(migration: _Migration, node: LineageNode) -> None:
    common = {"type": node.type.value, "id": node.id}
    migration.steps.append(
        Step(
            key=f"start:{label(node)}",
            action="restore_statuses",
            arguments={"nodes": [{**common, "running": True}]},
            says=f"let {label(node)} run as before",
            undo=Act(action="pause", arguments=common),
        )
    )


def _aftermath(migration: _Migration) -> None:
    """The doubles rest, the old nexset rests where nothing else needs it, and the next run is seen."""
    successor, present = migration.successor, migration.present
    started = any(step.key == START for step in migration.steps)
    for double in successor.doubles:
        if migration.running and (started or double.running):
            says = f"let {quoted(double.name)} rest: its original has taken over"
            arguments = {"type": "destination", "id": double.ref}
            migration.steps.append(Step(key=f"rest:{double.key}", action="pause", arguments=arguments, says=says))
    if _needed(migration):
        migration.notes.append(f"{label(present)} is not paused: the new one, other nexsets or flows are made from it")
    elif is_running(present.status) is not False:
        migration.steps.append(_pause("rest", present, restoring((present,))))
    if migration.running and migration.steps:
        verify = verification(ResourceType.NEXSET, successor.ref, migration.seconds, must=True)
        migration.steps.append(verify)


def _needed(migration: _Migration) -> bool:
    """Whether anything besides its destinations lives on the present nexset, or may: what is unknown goes on."""
    survey, successor = migration.survey, migration.successor
    below = survey.lineage.children(migration.present)
    others = any(node.type is ResourceType.NEXSET and node.id != successor.id for node in below)
    return others or successor.parent == migration.present.id or bool(survey.also or survey.notes)


def _pause(key: str, node: LineageNode, undo: Act) -> Step:
    return Step(
        key=key,
        action="pause",
        arguments={"type": node.type.value, "id": node.id},
        says=f"pause {label(node)} {quoted(node.name)}",
        undo=undo,
    )
