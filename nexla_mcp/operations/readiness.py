"""Whether a flow is fit for production: a checklist of which every point is looked up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

import anyio.to_thread

from nexla_mcp.adapter.models import NotificationSetting, ProbeResult, ProbeState
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.flow_export import FlowExport
from nexla_mcp.domain.results.lineage import LineageNode
from nexla_mcp.domain.results.readiness import PointState, Readiness, ReadinessPoint
from nexla_mcp.operations.actions.statuses import is_running, label
from nexla_mcp.operations.answers import answer_of_operation
from nexla_mcp.operations.configuration import read_in_full
from nexla_mcp.operations.exporting import export_flow
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.snapshot import hidden_paths
from nexla_mcp.operations.planning.survey import Survey, survey_flow
from nexla_mcp.operations.resolve import resolve
from nexla_mcp.safety.ledger import Ledger, OperationRecord, Status
from nexla_mcp.safety.untrusted import quoted

OPERATIONS_BACK = 200
_CONFIGS = ("source_config", "sink_config", "custom_config", "transform", "template_config")
_HARMLESS = ("the tags of ", "that it is in project ")
"""Of what a spec cannot hold, what a flow runs without."""
_ORDER = tuple(PointState)


@dataclass(frozen=True)
class _Look:
    """What the points are looked up with."""

    nexla: Nexla
    survey: Survey
    planning: Callable[[], Awaitable[Planning]]

    @property
    def flow(self) -> int:
        return self.survey.lineage.flow_id


async def check_readiness(nexla: Nexla, reference: int | str, planning: Callable[[], Awaitable[Planning]]) -> Readiness:
    """Every point of the checklist, gaps first.

    Args:
        nexla: The account.
        reference: Id of any node, or exact name.
        planning: Gives the operations of this caller; it may not be able to.

    Raises:
        Failure: when the flow itself cannot be read. A point that cannot be looked up is `unknown`.
    """
    flow = await resolve(nexla, ResourceType.FLOW, reference)
    survey = await survey_flow(nexla, ResourceType.FLOW, flow.id)
    look = _Look(nexla, survey, planning)
    answers = await outcomes([partial(point, look) for point in _POINTS.values()])
    points = [
        answer if isinstance(answer, ReadinessPoint) else _unknown(name, answer)
        for name, answer in zip(_POINTS, answers, strict=True)
    ]
    points.sort(key=lambda point: _ORDER.index(point.state))
    ready = all(point.state is PointState.OK for point in points)
    return Readiness(flow_id=survey.lineage.flow_id, name=survey.lineage.name, ready=ready, points=points)


async def _credentials(look: _Look) -> ReadinessPoint:
    """Each login tried now."""
    ids = look.survey.lineage.credential_ids
    tried: list[ProbeResult | Failure] = await outcomes(
        [partial(look.nexla.credentials.probe, identifier) for identifier in ids]
    )
    states = {
        identifier: answer.state if isinstance(answer, ProbeResult) else ProbeState.UNCLEAR
        for identifier, answer in zip(ids, tried, strict=True)
    }
    refused = [identifier for identifier, state in states.items() if state is ProbeState.REFUSED]
    unclear = [identifier for identifier, state in states.items() if state is ProbeState.UNCLEAR]
    name = "credentials"
    if refused:
        told = f"the third party refuses credential {_listed(refused)}"
        return _gap(name, told, f"rotate_credential(credential={refused[0]}, ...)")
    if unclear:
        return ReadinessPoint(
            point=name,
            state=PointState.UNKNOWN,
            seen=f"whether credential {_listed(unclear)} logs in could not be told",
            mend=f"probe_credential(credential={unclear[0]})",
        )
    return _ok(name, f"{len(ids)} tried now, all log in" if ids else "the flow uses none")


async def _access(look: _Look) -> ReadinessPoint:
    """Somebody besides the owner can act when the owner is away, on every part: children do not inherit."""
    name, survey = "owner and accessors", look.survey
    ownerless = [target for target in survey.targets if not target.owner]
    alone = [target for target in survey.targets if not target.shared_with]
    owners = sorted({target.owner for target in survey.targets if target.owner})
    grant = f"grant_access(type='flow', resources=[{look.flow}], to='team', who=TEAM, role='operator', whole_flow=true)"
    if ownerless:
        return _gap(name, f"no owner is told of {_listed(ownerless)}", None)
    if alone:
        return _gap(name, f"nobody but {', '.join(owners)} can reach {_listed(alone)}", grant)
    return _ok(name, f"owned by {', '.join(owners)}; every part is shared with others")


async def _notifications(look: _Look) -> ReadinessPoint:
    """A setting for the source, or one that holds for all."""
    name, origin = "notifications", look.survey.lineage.origin
    own = await look.nexla.notifications.settings(origin.type, origin.id)
    general = await look.nexla.notifications.settings()
    active = [item for item in own if _is_on(item)]
    everywhere = [item for item in general if not item.resource_id and _is_on(item)]
    if active or everywhere:
        channels = sorted({item.channel for item in (*active, *everywhere) if item.channel})
        return _ok(name, f"{len(active)} settings for {label(origin)}, {len(everywhere)} for all: {_listed(channels)}")
    return _gap(
        name,
        f"no setting tells anybody of trouble with {label(origin)}",
        f"manage_notifications(action='send', event=..., channel=..., type='{origin.type.value}', "
        f"resource={origin.id}), or a scheduled run_health_check with an alert",
    )


def _is_on(setting: NotificationSetting) -> bool:
    """PAUSED and PAUSE are both written of what is off (contract 26)."""
    return not (setting.status or "").upper().startswith("PAUSE")


async def _documentation(look: _Look) -> ReadinessPoint:
    """Descriptions of the source and of what is made for others; those that Nexla writes itself say nothing."""
    parts = [node for node in look.survey.nodes if not _is_detected(look.survey, node)]
    bare = [node for node in parts if not (look.survey.models[label(node)].description or "").strip()]
    if not bare:
        return _ok("documentation", f"all {len(parts)} parts have a description")
    first = bare[0]
    mend = f"update_resource(type='{first.type.value}', resource={first.id}, changes={{'description': ...}})"
    return _gap("documentation", f"no description on {_listed(map(label, bare))}", mend)


async def _validation(look: _Look) -> ReadinessPoint:
    """Nexsets that destinations write out refuse records of another shape."""
    name, survey = "schema validation", look.survey
    sinks = survey.lineage.of_type(ResourceType.DESTINATION)
    written = {above.key: above for node in sinks if (above := survey.lineage.parent(node)) is not None}
    nexsets = [node for node in written.values() if node.type is ResourceType.NEXSET]
    if not nexsets:
        return _gap(name, "the flow has no destination that writes a nexset", None)
    answers = await outcomes([partial(read_in_full, look.nexla, node.type, node.id) for node in nexsets])
    told = [getattr(answer, "output_schema_validation_enabled", None) for answer in answers]
    off = [node for node, on in zip(nexsets, told, strict=True) if on is False]
    unsaid = [node for node, on in zip(nexsets, told, strict=True) if on is None]
    if unsaid and not off:
        seen = f"Nexla does not tell whether it is on for {_listed(map(label, unsaid))}"
        return ReadinessPoint(point=name, state=PointState.UNKNOWN, seen=seen)
    if not off:
        return _ok(name, f"on for {_listed(map(label, nexsets))}")
    mend = (
        f"check_data_quality(nexset={off[0].id}) suggests a schema; update_resource(type='nexset', "
        f"resource={off[0].id}, changes={{'output_validation_schema': ..., 'output_schema_validation_enabled': true}})"
    )
    return _gap(name, f"off for {_listed(map(label, off))}", mend)


async def _secrets(look: _Look) -> ReadinessPoint:
    """Secrets belong into credentials, where nobody who may read the flow sees them."""
    found = [
        f"{label(node)}/{field}/{path}"
        for node in look.survey.nodes
        for field in _CONFIGS
        for path in hidden_paths(getattr(look.survey.models[label(node)], field, None))
    ]
    if not found:
        return _ok("no secrets in configs", "no configuration of the flow holds anything that reads like a secret")
    return _gap(
        "no secrets in configs",
        f"something that reads like a secret stands in {_listed(found)}",
        "create_credential with the secret by reference, then update_resource without it",
    )


async def _name(look: _Look) -> ReadinessPoint:
    """Nexla does not mind twins; people, specs and this server's reads by name do."""
    lineage = look.survey.lineage
    flows = await look.nexla.flows.list(flows_only=True)
    twins = [flow.id for flow in flows if flow.id != lineage.flow_id and flow.name and flow.name == lineage.name]
    if not flows.complete or flows.unreadable:
        return ReadinessPoint(
            point="unique name", state=PointState.UNKNOWN, seen="the list of flows could not be read whole"
        )
    if not twins:
        return _ok("unique name", f"no other flow that you can see is named {quoted(lineage.name)}")
    origin = lineage.origin
    mend = f"update_resource(type='{origin.type.value}', resource={origin.id}, changes={{'name': ...}})"
    return _gap("unique name", f"flow {_listed(twins)} has the same name {quoted(lineage.name)}", mend)


async def _running(look: _Look) -> ReadinessPoint:
    resting = [node for node in look.survey.nodes if is_running(node.status) is False]
    if not resting:
        return _ok("active", f"all {len(look.survey.nodes)} parts are active")
    return _gap("active", f"{_listed(map(label, resting))} do not run", f"activate(type='flow', resource={look.flow})")


async def _rollback(look: _Look) -> ReadinessPoint:
    """The last change can be undone, or the flow can be written down and built anew."""
    name = "rollback"
    try:
        ledger: Ledger | None = (await look.planning()).ledger
    except Failure:
        # A spec is a way back as well, and needs no place to keep operations.
        ledger = None
    last = await anyio.to_thread.run_sync(_last_change, ledger, look.survey) if ledger is not None else None
    if last is not None and answer_of_operation(last).undo == "undo":
        return _ok(name, f"its last change, operation {last.id} ({last.plan.tool}), can be undone")
    export: FlowExport = await export_flow(look.nexla, look.flow)
    left_out = export.not_held or []
    lost = [what for what in left_out if not what.startswith(_HARMLESS)]
    lost += [note for note in export.notes or () if note.startswith("create_flow would refuse")]
    if lost:
        mend = f"export_flow(flow={look.flow}) and keep what it cannot hold beside it"
        return _gap(name, f"a spec cannot hold all of it: {_listed(lost)}", mend)
    but = f" but {_listed(left_out)}" if left_out else ""
    return _ok(name, f"export_flow writes all of it down{but}; keep the file under version control")


def _last_change(ledger: Ledger, survey: Survey) -> OperationRecord | None:
    """The newest operation of this caller that was done on the flow or a part of it."""
    keys = survey.lineage.keys
    for record in ledger.newest(OPERATIONS_BACK):
        touched = {(target.type, target.id) for target in (*record.plan.targets, *record.plan.affected)}
        made = {
            (step.output.get("type"), step.output.get("id")) for step in record.steps if isinstance(step.output, dict)
        }
        ours = bool(touched & keys) or any((kind.value, identifier) in made for kind, identifier in keys)
        if ours and record.status is Status.DONE:
            return record
    return None


_POINTS: dict[str, Callable[[_Look], Awaitable[ReadinessPoint]]] = {
    "credentials": _credentials,
    "owner and accessors": _access,
    "notifications": _notifications,
    "documentation": _documentation,
    "schema validation": _validation,
    "no secrets in configs": _secrets,
    "unique name": _name,
    "active": _running,
    "rollback": _rollback,
}


def _is_detected(survey: Survey, node: LineageNode) -> bool:
    return node.type is ResourceType.NEXSET and not survey.lineage.is_derived(node)


def _ok(point: str, seen: str) -> ReadinessPoint:
    return ReadinessPoint(point=point, state=PointState.OK, seen=seen)


def _gap(point: str, seen: str, mend: str | None) -> ReadinessPoint:
    return ReadinessPoint(point=point, state=PointState.GAP, seen=seen, mend=mend)


def _unknown(point: str, answer: object) -> ReadinessPoint:
    why = f"{answer.info.code.value}: {answer.info.message}" if isinstance(answer, Failure) else "it was not told"
    return ReadinessPoint(point=point, state=PointState.UNKNOWN, seen=f"it could not be looked up ({why})")


def _listed(items: Iterable[object], most: int = 5) -> str:
    told = [str(item) for item in items]
    more = f" and {len(told) - most} more" if len(told) > most else ""
    return ", ".join(told[:most]) + more
