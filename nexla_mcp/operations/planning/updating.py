"""Plan of `update_resource`: what would become different, who runs on it, and what would set it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.times import parse_moment
from nexla_mcp.operations.configuration import digest_of_model, read_in_full
from nexla_mcp.operations.planning.changed_fields import FIELDS, LABELS, Changed, changed_fields
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.running import VERIFY_SECONDS
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.survey import Survey, name_lock, survey_flow, survey_one
from nexla_mcp.safety.untrusted import quoted

IN_A_FLOW = frozenset({ResourceType.SOURCE, ResourceType.NEXSET, ResourceType.DESTINATION})
MOST_SAID = 8
"""Differences that the step itself names; the rest are notes."""


@dataclass(frozen=True)
class _Reach:
    """What the change reaches."""

    target: Target
    surveys: tuple[Survey, ...] = ()
    """Of each node that works with it: the node with everything downstream."""
    notes: tuple[str, ...] = ()

    @property
    def running(self) -> tuple[Survey, ...]:
        return tuple(survey for survey in self.surveys if survey.running)

    @property
    def locks(self) -> tuple[str, ...]:
        own = (f"{self.target.type.value}:{self.target.id}", name_lock(self.target.type, self.target.name))
        return tuple(dict.fromkeys([*own, *(lock for survey in self.surveys for lock in survey.locks)]))


async def plan_update(
    planning: Planning, kind: ResourceType, identifier: int, changes: Mapping[str, Any], seen: str | None
) -> Plan:
    """Sets fields of one resource; of a configuration the given ones, with the rest as it is.

    Args:
        planning: What plans are made from.
        kind: Its type.
        identifier: Its id.
        changes: New values by field.
        seen: The time of its last update, or the digest, that the caller has seen of it.

    Raises:
        Failure: `conflict` when it was changed since `seen`; `bad_input` for what cannot be right.
    """
    if kind not in FIELDS:
        raise Failure.of(ErrorCode.BAD_INPUT, f"A {kind.value} is not changed by this tool. Nothing was done.")
    await settled(planning, {f"{kind.value}:{identifier}"})
    model = await read_in_full(planning.nexla, kind, identifier)
    if seen is not None:
        _require_unchanged(planning, kind, model, seen)
    changed = await changed_fields(planning, kind, model, changes)
    effective = any(name not in LABELS for name in changed.body)
    reach = await _reach(planning, kind, identifier, model, effective=effective)
    target = reach.target
    what = f"{target} {quoted(target.name)}"
    running = reach.running if effective else ()
    risk = Risk.DESTRUCTIVE if changed.losses else Risk.DISRUPTIVE if running else Risk.WRITE
    summary = f"Change {what}: {'; '.join(changed.says[:MOST_SAID])}."
    return Plan(
        tool="update_resource",
        arguments={
            "type": kind.value,
            "resource": identifier,
            "changes": changed.given,
            "seen": seen,
        },
        principal=str(planning.principal),
        risk=risk,
        summary=summary if changed.body else f"{what} is as described already, nothing to do.",
        steps=_steps(kind, identifier, model, changed, running, what) if changed.body else (),
        targets=(target,),
        affected=_affected(reach, effective=effective),
        also=tuple(dict.fromkeys(line for survey in reach.surveys for line in survey.also)),
        cannot_be_put_back=tuple(changed.losses),
        notes=(*reach.notes, *changed.notes, *changed.says[MOST_SAID:]),
        locks=reach.locks,
        type_to_confirm=(target.name or str(target)) if changed.losses else None,
    )


def _steps(
    kind: ResourceType, identifier: int, model: Any, changed: Changed, running: tuple[Survey, ...], what: str
) -> tuple[Step, ...]:
    where = {"type": kind.value, "id": identifier}
    update = Step(
        key="update",
        action="update",
        arguments={**where, "body": changed.body, "expects": digest_of_model(model)},
        says=f"set {'; '.join(changed.says[:MOST_SAID])} of {what}",
        undo=Act(action="update", arguments={**where, "body": changed.back}) if changed.back else None,
    )
    steps = [update]
    if "credentials" in changed.body:
        steps.append(
            Step(
                key="probe",
                action="probe_credential",
                arguments={"id": identifier, "must": False},
                says="let Nexla log in with it",
            )
        )
    flows: dict[int, Survey] = {}
    for survey in running:
        flows.setdefault(survey.lineage.flow_id, survey)
    if flows:
        nodes = [
            {"type": survey.lineage.origin.type.value, "id": survey.lineage.origin.id} for survey in flows.values()
        ]
        steps.append(
            Step(
                key="verify",
                action="verify_run",
                arguments={"nodes": nodes, "seconds": VERIFY_SECONDS, "must": False},
                says="look whether records flow",
            )
        )
    return tuple(steps)


async def _reach(planning: Planning, kind: ResourceType, identifier: int, model: Any, *, effective: bool) -> _Reach:
    """Who works with it. A plan is not made in the dark: what cannot be read is a failure."""
    nexla = planning.nexla
    if kind in IN_A_FLOW:
        survey = await survey_flow(nexla, kind, identifier)
        target = survey.targets[0].model_copy(update={"config": digest_of_model(model)})
        return _Reach(target, (survey,), survey.notes)
    target, _ = await survey_one(nexla, kind, identifier)
    if not effective:
        return _Reach(target)
    if kind is ResourceType.LOOKUP:
        return _Reach(target, notes=("which transforms look things up in it is told nowhere",))
    if kind is ResourceType.CREDENTIAL:
        users = await _users_of_login(planning, identifier)
    else:
        users = [(ResourceType.NEXSET, number) for number in getattr(model, "used_by", ())]
    surveys = [await survey_flow(nexla, of, number, in_depth=False) for of, number in users]
    return _Reach(target, tuple(surveys))


async def _users_of_login(planning: Planning, identifier: int) -> list[tuple[ResourceType, int]]:
    flows = await planning.nexla.flows.list()
    if not flows.complete:
        raise Failure.of(ErrorCode.UPSTREAM_ERROR, "What uses it could not be read to the end. Nothing was done.")
    sources = {row.id for flow in flows for row in flow.data_sources if row.data_credentials_id == identifier}
    sinks = {row.id for flow in flows for row in flow.data_sinks if row.data_credentials_id == identifier}
    return [(ResourceType.SOURCE, number) for number in sorted(sources)] + [
        (ResourceType.DESTINATION, number) for number in sorted(sinks)
    ]


def _affected(reach: _Reach, *, effective: bool) -> tuple[Target, ...]:
    if not effective:
        return ()
    found = {(item.type, item.id): item for survey in reach.surveys for item in survey.targets}
    found.pop((reach.target.type, reach.target.id), None)
    return tuple(found.values())


def _require_unchanged(planning: Planning, kind: ResourceType, model: Any, seen: str) -> None:
    """Refuses where somebody has changed it since the caller read it.

    Raises:
        Failure: `conflict`; `bad_input` for what is neither a digest nor a time.
    """
    digest, updated = digest_of_model(model), model.updated_at
    if seen == digest:
        return
    if len(seen) == len(digest) and all(letter in "0123456789abcdef" for letter in seen):
        same = False
    else:
        moment = parse_moment(seen, planning.nexla.now())
        same = updated is not None and abs((updated - moment).total_seconds()) < 1
    if not same:
        when = f" (last at {updated.isoformat()})" if updated is not None else ""
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"{kind.value} {model.id} was changed since it was seen{when}. Nothing was done.",
            hint="Read it again, then decide.",
            next_tool="get_resource",
            resource=f"{kind.value} {model.id}",
        )
