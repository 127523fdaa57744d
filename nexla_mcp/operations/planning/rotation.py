"""Plan of `rotate_credential`: everything that logs in with one credential is switched to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nexla_mcp.adapter.identities import Creation
from nexla_mcp.adapter.models import CodeContainer, Credential, Flow, ProbeState
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Key, Lineage, LineageNode
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.actions.statuses import affected, is_running, label
from nexla_mcp.operations.configuration import digest_of_model, target_of
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.planning.checked_config import checked_config
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.running import restoring
from nexla_mcp.operations.planning.settling import refuse_half_done, settled
from nexla_mcp.operations.planning.survey import name_lock
from nexla_mcp.operations.search import resources_in
from nexla_mcp.safety.untrusted import quoted

VERIFY_SECONDS = 120.0
"""How long the next runs of the flows are waited for, all at once."""
MAY_CHANGE = frozenset({"owner", "admin"})
USES = {ResourceType.SOURCE: "data_sources", ResourceType.DESTINATION: "data_sinks"}

Ref = int | dict[str, str]


@dataclass(frozen=True)
class _User:
    """A source or destination that logs in with the old credential."""

    node: LineageNode
    lineage: Lineage
    model: Any


@dataclass
class _New:
    """The credential to switch to: there already, or to be made first."""

    ref: Ref
    named: str
    steps: list[Step] = field(default_factory=list)
    existing: tuple[Target, ...] = ()
    notes: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)


async def plan_rotation(
    planning: Planning,
    identifier: int,
    *,
    new: int | None,
    credentials: Mapping[str, Any] | None,
    name: str | None,
    delete_old: bool,
) -> Plan:
    """New login, everything that uses the old one, switched with what runs paused, and each flow's next run seen.

    Raises:
        Failure: `conflict` when the third party refuses the new login; `forbidden` when something that uses the old
            one may not be changed; `upstream_error` when not all of it can be read. Nothing was done.
    """
    old = await planning.nexla.credentials.get(identifier)
    lock = f"credential:{identifier}"
    target_name = name or f"{old.name}, rotated"
    locks = {lock, name_lock(ResourceType.CREDENTIAL, target_name)}
    await refuse_half_done(planning, lock)
    await settled(planning, locks)
    login = await _new(planning, old, new, credentials, target_name)
    users = await _users(planning, old)
    _require_changeable(planning, users)
    others = await _other_users(planning, identifier)
    if delete_old and others:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"credential {identifier} is used by {', '.join(others[:5])}, too, which is not switched by this. It "
            "cannot be deleted. Nothing was done.",
            hint="Leave delete_old out, or change those first.",
        )
    steps = [*login.steps, *_switching(users, login, identifier)] if users else []
    running = [user for user in users if is_running(user.node.status) is not False]
    if delete_old:
        steps.append(_deletion(old, running))
    elif running:
        steps.append(_verification(running))
    risk = Risk.DESTRUCTIVE if delete_old else Risk.DISRUPTIVE if running else Risk.WRITE
    flows = sorted({user.lineage.flow_id for user in users})
    return Plan(
        tool="rotate_credential",
        arguments={"credential": identifier, **login.arguments, "delete_old": delete_old},
        principal=str(planning.principal),
        risk=risk,
        summary=_summary(old, login, users, delete_old=delete_old)
        if steps
        else f"No source or destination uses credential {identifier}.",
        steps=tuple(steps),
        targets=(target_of(ResourceType.CREDENTIAL, old), *(target_of(user.node.type, user.model) for user in users)),
        affected=_affected(users),
        existing=login.existing,
        also=_stopping(running),
        cannot_be_put_back=(f"the contents of credential {identifier}, which are in no answer",) if delete_old else (),
        notes=(*login.notes, *(f"{other} uses it, too, and is left as it is" for other in others)),
        locks=(*sorted(locks), *(f"flow:{flow}" for flow in flows)),
        type_to_confirm=(old.name or f"credential {identifier}") if delete_old else None,
    )


async def _new(
    planning: Planning, old: Credential, new: int | None, credentials: Mapping[str, Any] | None, name: str
) -> _New:
    if (new is None) is (credentials is None):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "Give either `new_credential`, the id of one that is there, or `credentials`, the fields of a new one. "
            "Nothing was done.",
            hint=f"describe_connector(connector={old.credentials_type!r}, part='credential') lists the fields.",
            next_tool="describe_connector",
        )
    if new is not None:
        return await _existing(planning, old, new)
    checked = checked_config(
        planning.nexla.secrets, "credential", old.credentials_type or "", credentials or {}, "credentials"
    )
    body = {"name": name, "credentials_type": checked.connector, "credentials": checked.values}
    creation = Creation(ResourceType.CREDENTIAL, body)
    matching = list(await creation.identity(planning.nexla).list_matching())
    arguments = {"credentials": checked.values, "name": name}
    if len(matching) > 1:
        raise Failure.of(
            ErrorCode.AMBIGUOUS,
            f"{len(matching)} credentials of yours are named {clean_text(name, 80)!r}. Nothing was done.",
            hint="Give the new one another `name`, or name the one that is meant as new_credential.",
        )
    if matching:
        found = await _existing(planning, old, matching[0].id)
        note = f"credential {matching[0].id} has that name already and is taken as it is: its contents are in no answer"
        return _New(found.ref, found.named, found.steps, found.existing, (*checked.notes, note), arguments)
    made = Step(
        key="new",
        action="create",
        arguments={"type": "credential", "body": body},
        says=f"create credential {quoted(name)}",
        undo=Act(action="delete", arguments={"type": "credential", "id": output_of("new")}),
    )
    return _New(output_of("new"), quoted(name), [made, _probing(output_of("new"))], (), checked.notes, arguments)


async def _existing(planning: Planning, old: Credential, new: int) -> _New:
    credential = await planning.nexla.credentials.get(new)
    if new == old.id or credential.credentials_type != old.credentials_type:
        what = "the same" if new == old.id else f"a login to {credential.credentials_type}"
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"new_credential: {new} is {what}, and {old.id} is one to {old.credentials_type}. Nothing was done.",
            hint=f"search_resources(types=['credential'], connector={old.credentials_type!r}) lists those that fit.",
            next_tool="search_resources",
        )
    probe = await planning.nexla.credentials.probe(new)
    if probe.state is ProbeState.REFUSED:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"The third party refuses credential {new}: {clean_text(probe.message or '', 200)}. Nothing was done.",
            next_tool="probe_credential",
            resource=f"credential {new}",
        )
    target = target_of(ResourceType.CREDENTIAL, credential)
    named = f"{target} {quoted(credential.name)}"
    return _New(new, named, [], (target,), (), {"new_credential": new})


async def _users(planning: Planning, old: Credential) -> list[_User]:
    """Every source and destination that logs in with it, in the order of their flows.

    Raises:
        Failure: when a list cannot be read to its end: what is not seen would break when the old login ends.
    """
    flows = await planning.nexla.flows.list()
    if not flows.complete or flows.unreadable:
        raise Failure.of(
            ErrorCode.UPSTREAM_ERROR,
            f"What uses credential {old.id} could not be read to the end. Nothing was done.",
            retryable=True,
        )
    expanded = await planning.nexla.credentials.get(old.id, expand=True)
    keys: dict[Key, None] = {}
    for kind, word in USES.items():
        keys |= {(kind, found): None for found in expanded.referenced_resource_ids.get(word, ()) if found is not None}
    for flow in flows:
        rows = ((ResourceType.SOURCE, flow.data_sources), (ResourceType.DESTINATION, flow.data_sinks))
        keys |= {(kind, row.id): None for kind, found in rows for row in found if row.data_credentials_id == old.id}
        keys |= dict.fromkeys(_without_a_row(flow))
    answers = await outcomes(partial(_user, planning, key) for key in keys)
    users: list[_User] = []
    for answer in answers:
        if isinstance(answer, Failure):
            raise answer
        if answer.model.data_credentials_id == old.id:
            users.append(answer)
    return sorted(users, key=lambda user: (user.lineage.flow_id, user.node.depth, user.node.id))


def _without_a_row(flow: Flow) -> set[Key]:
    """Sources and destinations in a flow of which the list does not say what they log in with."""
    told = {(ResourceType.SOURCE, row.id) for row in flow.data_sources}
    told |= {(ResourceType.DESTINATION, row.id) for row in flow.data_sinks}
    return {key for key in resources_in(flow) if key[0] in USES} - told


async def _user(planning: Planning, key: Key) -> _User:
    kind, identifier = key
    model = await getattr(planning.nexla, f"{kind.value}s").get(identifier)
    lineage = (await read_tree(planning.nexla, identifier, kind)).lineage
    return _User(affected(lineage, kind, identifier)[0], lineage, model)


async def _other_users(planning: Planning, identifier: int) -> list[str]:
    """What else may refer to a credential: code (contract 12). Where that cannot be read, so it is said."""
    try:
        containers = await planning.nexla.code_containers.list()
    except Failure as failure:
        return [f"perhaps a code container (their list cannot be read: {failure.info.code.value})"]
    cut = [] if containers.complete and not containers.unreadable else ["perhaps a code container beyond those listed"]
    return cut + [f"code container {row.id} {quoted(row.name)}" for row in containers if identifier in _logins(row)]


def _logins(container: CodeContainer) -> set[int | None]:
    """The ids of what code logs in with, given bare or in full."""
    named = (container.data_credentials, container.runtime_data_credentials)
    return {container.data_credentials_id, *(reference.id for reference in named if reference)}


def _require_changeable(planning: Planning, users: list[_User]) -> None:
    refused = [user for user in users if user.model.access_roles and not MAY_CHANGE & set(user.model.access_roles)]
    if refused:
        told = ", ".join(f"{label(user.node)} {quoted(user.node.name)}" for user in refused[:5])
        raise Failure.of(
            ErrorCode.FORBIDDEN,
            f"{planning.principal} may not change {told}, which use this credential. Nothing was done.",
            hint="It takes the role admin or owner on each; list_access names who has it.",
            next_tool="list_access",
        )


def _switching(users: list[_User], login: _New, old: int) -> list[Step]:
    """All paused, then all switched, then all as before: no run sees one login here and another there."""
    tops = [user for user in users if is_running(user.node.status) is not False and not _below_another(user, users)]
    pauses = [
        Step(
            key=f"pause:{label(user.node)}",
            action="pause",
            arguments={"type": user.node.type.value, "id": user.node.id},
            says=f"pause {label(user.node)} {quoted(user.node.name)} and what is below",
            undo=restoring(user.lineage.downstream(user.node)),
        )
        for user in tops
    ]
    switches = [_switch(user, login, old) for user in users]
    starts = [
        Step(
            key=f"start:{label(user.node)}",
            action="restore_statuses",
            arguments=restoring(user.lineage.downstream(user.node)).arguments,
            says=f"let {label(user.node)} and what is below run as before",
            undo=Act(action="pause", arguments={"type": user.node.type.value, "id": user.node.id}),
        )
        for user in tops
    ]
    return [*pauses, *switches, *starts]


def _switch(user: _User, login: _New, old: int) -> Step:
    common = {"type": user.node.type.value, "id": user.node.id}
    return Step(
        key=f"switch:{label(user.node)}",
        action="update",
        arguments={
            **common,
            "body": {"data_credentials_id": login.ref},
            "expects": digest_of_model(user.model),
        },
        says=f"let {label(user.node)} {quoted(user.node.name)} log in with {login.named}",
        undo=Act(action="update", arguments={**common, "body": {"data_credentials_id": old}}),
    )


def _below_another(user: _User, users: list[_User]) -> bool:
    above = {node.key for node in user.lineage.upstream(user.node)}
    return any(other.node.key in above and is_running(other.node.status) is not False for other in users)


def _probing(ref: Ref) -> Step:
    return Step(
        key="probe",
        action="probe_credential",
        arguments={"id": ref, "must": True},
        says="let Nexla log in with it",
    )


def _verification(running: list[_User]) -> Step:
    arguments = _verify(running)
    flows = len(arguments["nodes"])
    says = f"look whether records flow in {flows} flow{'s' if flows > 1 else ''}"
    return Step(key="verify", action="verify_run", arguments=arguments, says=says)


def _deletion(old: Credential, running: list[_User]) -> Step:
    identity = {"type": "credential", "id": old.id}
    what = f"credential {old.id} {quoted(old.name)}"
    if not running:
        return Step(key="delete old", action="delete", arguments=identity, says=f"delete {what}")
    return Step(
        key="delete old",
        action="delete_verified",
        arguments={**identity, "verify": _verify(running)},
        says=f"look whether records flow in every flow, and then only delete {what}",
    )


def _verify(running: list[_User]) -> dict[str, Any]:
    """One node of each flow, all waited for together."""
    flows = {user.lineage.flow_id: user.node for user in running}
    nodes = [{"type": node.type.value, "id": node.id} for node in flows.values()]
    return {"nodes": nodes, "seconds": VERIFY_SECONDS, "must": True, "as_before": True}


def _stopping(running: list[_User]) -> tuple[str, ...]:
    """What stops meanwhile, and whose it is."""
    flows = {user.lineage.flow_id: user.lineage.name for user in running}
    owners = {key: sorted({_owner(user) for user in running if user.lineage.flow_id == key}) for key in flows}
    return tuple(
        f"flow {key} {quoted(name)} of {', '.join(owners[key])} stops while its login is switched"
        for key, name in flows.items()
    )


def _owner(user: _User) -> str:
    owner = user.model.owner
    return clean_text(owner.email, 80) if owner and owner.email else "an unknown owner"


def _affected(users: list[_User]) -> tuple[Target, ...]:
    own = {user.node.key for user in users}
    below = {node.key: node for user in users for node in user.lineage.downstream(user.node) if node.key not in own}
    return tuple(Target(type=node.type, id=node.id, name=node.name, status=node.status) for node in below.values())


def _summary(old: Credential, login: _New, users: list[_User], *, delete_old: bool) -> str:
    flows = len({user.lineage.flow_id for user in users})
    end = ", then delete the old one" if delete_old else "; the old one is kept"
    return (
        f"Switch {len(users)} sources and destinations of {flows} flows from credential {old.id} {quoted(old.name)} "
        f"to {login.named}{end}."
    )
