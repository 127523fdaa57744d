"""Plans of the tools that run an org: projects, teams, lookups, and decisions on requests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from nexla_mcp.adapter.identities import Creation
from nexla_mcp.adapter.models import Lookup
from nexla_mcp.domain.administration import Decision, LookupAction, Member, ProjectAction, TeamAction
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Work
from nexla_mcp.operations.actions.lookup_entries import Rows, rows_of
from nexla_mcp.operations.actions.membership import Members, members_of
from nexla_mcp.operations.configuration import differing, digest_of_model, target_of
from nexla_mcp.operations.parallel import outcomes
from nexla_mcp.operations.planning.access_subjects import OWNER, refuse_locking_out
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.survey import name_lock
from nexla_mcp.safety.untrusted import quoted

REFUSED_IN_KEYS = frozenset("/#?,\\*")
"""What a path cannot carry as one key (trap T16)."""


async def plan_project(
    planning: Planning,
    action: ProjectAction,
    project: int | None,
    name: str | None,
    description: str | None,
    flows: Sequence[int],
) -> Plan:
    """A project made, renamed, or with other flows in it."""
    arguments = {
        "action": action.value,
        "project": project,
        "name": name,
        "description": description,
        "flows": [*flows],
    }
    if action is ProjectAction.CREATE:
        step, existing = await _creation(planning, ResourceType.PROJECT, _named(name), {"description": description})
        place: Any = existing.id if existing else output_of(step.key)
        steps = [*([] if existing else [step]), *await _filing(planning, list(flows), place)]
        return _plan(planning, "manage_project", arguments, f"Create project {quoted(name)}", steps, existing=existing)
    found = await planning.nexla.projects.get(_given(project, "project"))
    target = target_of(ResourceType.PROJECT, found)
    if action is ProjectAction.UPDATE:
        steps = _update(ResourceType.PROJECT, found, {"name": name, "description": description})
        return _plan(planning, "manage_project", arguments, f"Change {target} {quoted(found.name)}", steps, target)
    if not flows and action is not ProjectAction.SET_FLOWS:
        raise _bad("`flows` is empty: which?")
    now = {flow.id for flow in await planning.nexla.projects.flows(found.id)}
    coming = [] if action is ProjectAction.REMOVE_FLOWS else [flow for flow in flows if flow not in now]
    leaving = {
        ProjectAction.ADD_FLOWS: [],
        ProjectAction.REMOVE_FLOWS: [flow for flow in flows if flow in now],
        ProjectAction.SET_FLOWS: sorted(now - set(flows)),
    }[action]
    steps = [*await _filing(planning, coming, found.id), *await _filing(planning, leaving, None)]
    summary = f"Put {len(coming)} flows into {target} {quoted(found.name)} and take {len(leaving)} out"
    # Out of a project, or out of another one: who looks for them there does not find them.
    moving = [step for step in steps if step.undo and step.undo.arguments["project"] is not None]
    risk = Risk.DISRUPTIVE if moving else Risk.WRITE
    return _plan(planning, "manage_project", arguments, summary, steps, target, risk=risk)


async def plan_team(
    planning: Planning,
    action: TeamAction,
    team: int | None,
    name: str | None,
    description: str | None,
    members: Sequence[Member],
) -> Plan:
    """A team made, renamed, or with other members."""
    given = {member.email.casefold(): member.admin for member in members}
    arguments = {
        "action": action.value,
        "team": team,
        "name": name,
        "description": description,
        "members": [member.model_dump() for member in members],
    }
    if action is TeamAction.CREATE:
        step, existing = await _creation(planning, ResourceType.TEAM, _named(name), {"description": description})
        now = await members_of(Work(planning.nexla), existing.id) if existing else {}
        place: Any = existing.id if existing else output_of(step.key)
        # Of a team that is there nobody is put out by making it again.
        wanted = {**now, **given}
        joining = [_membership(place, wanted, now if existing else None)] if wanted != now else []
        steps = [*([] if existing else [step]), *joining]
        risk = Risk.DESTRUCTIVE if _demoted(now, wanted) else Risk.WRITE
        summary = f"Create team {quoted(name)}"
        return _plan(planning, "manage_team", arguments, summary, steps, existing=existing, risk=risk)
    found = await planning.nexla.teams.get(_given(team, "team"))
    target = target_of(ResourceType.TEAM, found)
    if action is TeamAction.UPDATE:
        steps = _update(ResourceType.TEAM, found, {"name": name, "description": description})
        return _plan(planning, "manage_team", arguments, f"Change {target} {quoted(found.name)}", steps, target)
    if not members and action is not TeamAction.SET_MEMBERS:
        raise _bad("`members` is empty: who?")
    now = await members_of(Work(planning.nexla), found.id)
    wanted = {
        TeamAction.ADD_MEMBERS: {**now, **given},
        TeamAction.REMOVE_MEMBERS: {email: admin for email, admin in now.items() if email not in given},
        TeamAction.SET_MEMBERS: given,
    }[action]
    steps = [_membership(found.id, wanted, now)] if wanted != now else []
    gone, demoted = sorted(set(now) - set(wanted)), _demoted(now, wanted)
    me = (planning.principal.email or "").casefold()
    if now.get(me) and not wanted.get(me) and OWNER not in found.access_roles:
        refuse_locking_out(planning, [str(target)])
    summary = f"{target} {quoted(found.name)}: {len(set(wanted) - set(now))} join, {len(gone)} leave"
    also: tuple[str, ...] = (f"{', '.join(gone)} lose what is shared with the team",) if gone else ()
    also += (f"{', '.join(demoted)} run the team no more",) if demoted else ()
    # Who leaves a team loses access, and who runs it no more loses a right.
    risk = Risk.DESTRUCTIVE if gone or demoted else Risk.WRITE
    return _plan(planning, "manage_team", arguments, summary, steps, target, risk=risk, also=also)


async def plan_lookup(
    planning: Planning,
    action: LookupAction,
    lookup: int | None,
    *,
    name: str | None,
    key: str | None,
    rows: Sequence[dict[str, Any]],
    keys: Sequence[str],
    defaults: dict[str, Any] | None,
) -> Plan:
    """A static lookup made, or rows put into it and taken out."""
    arguments = {
        "action": action.value, "lookup": lookup, "name": name, "key": key,
        "rows": f"{len(rows)} given", "keys": [*keys], "defaults": defaults,
    }  # fmt: skip
    if action is LookupAction.CREATE:
        if not key:
            raise _bad("key: missing. A lookup needs the name of its primary key")
        _check_rows(rows, key)
        more = {"data_type": "string", "map_primary_key": key, "data_defaults": defaults}
        step, existing = await _creation(planning, ResourceType.LOOKUP, _named(name), more)
        place: Any = existing.id if existing else output_of(step.key)
        now = await rows_of(Work(planning.nexla), existing.id, key) if existing else {}
        filling = _rows_step(place, key, rows, (), now) if rows else None
        steps = [*([] if existing else [step]), *([filling] if filling else [])]
        if existing:
            _refuse_filled(await planning.nexla.lookups.get(existing.id))
        risk = Risk.DISRUPTIVE if made_over(rows, key, now) else Risk.WRITE
        summary = f"Create lookup {quoted(name)}"
        return _plan(planning, "manage_lookup", arguments, summary, steps, existing=existing, risk=risk)
    found = await planning.nexla.lookups.get(_given(lookup, "lookup"))
    target = target_of(ResourceType.LOOKUP, found)
    if action is LookupAction.UPDATE:
        steps = _update(ResourceType.LOOKUP, found, {"name": name, "data_defaults": defaults})
        return _plan(planning, "manage_lookup", arguments, f"Change {target} {quoted(found.name)}", steps, target)
    _refuse_filled(found)
    primary = found.map_primary_key or key
    if not primary:
        raise _bad("key: missing. Nexla does not tell the primary key of this lookup")
    _check_rows(rows, primary)
    _check_keys(keys)
    putting = action is LookupAction.PUT_ROWS
    if not (rows if putting else keys):
        raise _bad("`rows` is empty" if putting else "`keys` is empty: an empty list would mean all")
    now = await rows_of(Work(planning.nexla), found.id, primary)
    made = _rows_step(found.id, primary, rows if putting else (), () if putting else keys, now)
    summary = f"Put {len(rows)} rows into" if putting else f"Take {len(keys)} rows out of"
    also = ("flows that use it see the change at once",) if made else ()
    steps = [made] if made else []
    risk = Risk.WRITE if putting and not made_over(rows, primary, now) else Risk.DISRUPTIVE
    return _plan(
        planning,
        "manage_lookup",
        arguments,
        f"{summary} {target} {quoted(found.name)}",
        steps,
        target,
        risk=risk,
        also=also,
    )


def _refuse_filled(found: Lookup) -> None:
    """
    Raises:
        Failure: `conflict` for a lookup that a destination fills.
    """
    if found.data_sink_id is not None:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"lookup {found.id} {quoted(found.name)} is filled by destination {found.data_sink_id}. Nothing was done.",
            hint="Change what the destination writes: rows that are put in by hand would be overwritten.",
            resource=f"lookup {found.id}",
        )


async def plan_decision(planning: Planning, request: int, decision: Decision, reason: str | None) -> Plan:
    """A request that waits, approved or rejected for good."""
    pending = {row.id: row for row in await planning.nexla.platform.pending_approvals()}
    found = pending.get(request)
    if found is None:
        raise Failure.of(
            ErrorCode.NOT_FOUND,
            f"No request {request} waits for your decision. Nothing was done.",
            hint=f"Waiting: {', '.join(map(str, pending)) or 'none'}. search_resources(types=['approval']) shows them.",
            next_tool="search_resources",
        )
    approve = decision is Decision.APPROVE
    if not approve and not (reason or "").strip():
        raise _bad("reason: missing. Whoever asked is told why")
    what = f"request {request} ({found.request_type} about {found.topic_id}, by user {found.requestor_id})"
    arguments = {"request": request, "approve": approve, "reason": reason}
    says = f"{decision.value} {what}"
    return _plan(
        planning,
        "decide_approval",
        {"request": request, "decision": decision.value, "reason": reason},
        f"{decision.value.capitalize()} {what}",
        [Step(key="decide", action="decide", arguments=arguments, says=says)],
        risk=Risk.DESTRUCTIVE,
        cannot=("a decision: Nexla takes none back",),
        typed=str(request),
    )


def _demoted(now: Members, wanted: Members) -> list[str]:
    """Who runs the team now, and stays in it without."""
    return sorted(email for email, admin in now.items() if admin and wanted.get(email) is False)


async def _creation(
    planning: Planning, kind: ResourceType, name: str, fields: dict[str, Any]
) -> tuple[Step, Target | None]:
    """The step that makes one, and what is there under the name already."""
    body = {"name": name, **{key: value for key, value in fields.items() if value is not None}}
    await settled(planning, {name_lock(kind, name)})
    matching = list(await Creation(kind, body).identity(planning.nexla).list_matching())
    if len(matching) > 1:
        raise Failure.of(
            ErrorCode.AMBIGUOUS,
            f"{len(matching)} {kind.value}s of yours are named {quoted(name)}. Nothing was done.",
            hint="Name the one that is meant by its id.",
        )
    step = Step(
        key=kind.value,
        action="create",
        arguments={"type": kind.value, "body": body},
        says=f"create {kind.value} {quoted(name)}",
        undo=Act(action="delete", arguments={"type": kind.value, "id": output_of(kind.value)}),
    )
    return step, target_of(kind, matching[0]) if matching else None


async def _filing(planning: Planning, flows: list[int], project: Any) -> list[Step]:
    """Each flow into the project, or into none; back to where it was."""
    answers = await outcomes(partial(planning.nexla.flows.get, flow) for flow in flows)
    steps: list[Step] = []
    for flow in answers:
        if isinstance(flow, Failure):
            raise flow
        was = flow.node.project_id
        if was == project:
            continue
        where = "out of its project" if project is None else "into the project"
        moved = f", out of project {was}" if was is not None and project is not None else ""
        steps.append(
            Step(
                key=f"flow {flow.id}",
                action="file_flow",
                arguments={"flow": flow.id, "project": project},
                says=f"put flow {flow.id} {quoted(flow.name)} {where}{moved}",
                undo=Act(action="file_flow", arguments={"flow": flow.id, "project": was}),
            )
        )
    return steps


def _update(kind: ResourceType, found: Any, fields: dict[str, Any]) -> list[Step]:
    body = {name: value for name, value in fields.items() if value is not None}
    if not body:
        raise _bad("nothing to change is given")
    changed = differing(found, body)
    if not changed:
        return []
    told = found.model_dump(mode="json")
    identity = {"type": kind.value, "id": found.id}
    return [
        Step(
            key="update",
            action="update",
            arguments={**identity, "body": body, "expects": digest_of_model(found)},
            says=f"set {', '.join(changed)} of {kind.value} {found.id}",
            undo=Act(action="update", arguments={**identity, "body": {name: told.get(name) for name in body}}),
        )
    ]


def _membership(team: Any, wanted: Members, now: Members | None) -> Step:
    undo = Act(action="set_members", arguments={"team": team, "members": _listed(now)}) if now is not None else None
    return Step(
        key="members",
        action="set_members",
        arguments={"team": team, "members": _listed(wanted)},
        says=f"have these members: {', '.join(wanted) or 'nobody'}",
        undo=undo,
    )


def _listed(members: Members) -> list[dict[str, Any]]:
    return [{"email": email, "admin": admin} for email, admin in members.items()]


def _rows_step(lookup: Any, key: str, rows: Sequence[dict[str, Any]], gone: Sequence[str], now: Rows) -> Step | None:
    """The step, unless all is so already; its inverse puts back what was there, and takes out what was not."""
    changing = [row for row in rows if now.get(str(row[key])) != row]
    leaving = [word for word in gone if word in now]
    if not changing and not leaving:
        return None
    touched = [*(str(row[key]) for row in changing), *leaving]
    back = {
        "lookup": lookup,
        "key": key,
        "rows": [now[word] for word in touched if word in now],
        "gone": [word for word in touched if word not in now],
    }
    return Step(
        key="rows",
        action="set_rows",
        arguments={"lookup": lookup, "key": key, "rows": changing, "gone": leaving},
        says=f"put {len(changing)} rows in and take {len(leaving)} out",
        undo=Act(action="set_rows", arguments=back),
    )


def made_over(rows: Sequence[dict[str, Any]], key: str, now: Rows) -> bool:
    """Whether rows take the place of others."""
    return any(now.get(str(row[key]), row) != row for row in rows)


def _check_rows(rows: Sequence[dict[str, Any]], key: str) -> None:
    without = [number for number, row in enumerate(rows, start=1) if row.get(key) in (None, "")]
    if without:
        raise _bad(f"rows: row {without[0]} has no {key!r}, the primary key")
    _check_keys([str(row[key]) for row in rows])


def _check_keys(keys: Sequence[str]) -> None:
    """A key that a path cannot carry could be put in and never be taken out, or take out others (trap T16)."""
    for key in keys:
        if key in {"", ".", ".."} or REFUSED_IN_KEYS & set(key) or not key.isprintable():
            raise _bad(f"{key[:40]!r} cannot be a key: it must not be empty, a dot or two, nor hold / # ? , * or \\")


def _plan(
    planning: Planning,
    tool: str,
    arguments: dict[str, Any],
    summary: str,
    steps: list[Step],
    target: Target | None = None,
    *,
    existing: Target | None = None,
    risk: Risk = Risk.WRITE,
    also: tuple[str, ...] = (),
    cannot: tuple[str, ...] = (),
    typed: str | None = None,
) -> Plan:
    thing = target or existing
    lock = f"{thing.type.value}:{thing.id}" if thing else f"{tool}:{arguments.get('name') or arguments.get('request')}"
    return Plan(
        tool=tool,
        arguments=arguments,
        principal=str(planning.principal),
        risk=risk if steps else Risk.WRITE,
        summary=f"{summary}." if steps else f"{summary}: it is so already, nothing to do.",
        steps=tuple(steps),
        targets=(target,) if target else (),
        existing=(existing,) if existing else (),
        also=also,
        cannot_be_put_back=cannot,
        locks=(lock, *_names(steps)),
        type_to_confirm=(typed or (thing.name if thing else None)) if risk is Risk.DESTRUCTIVE else None,
    )


def _names(steps: Sequence[Step]) -> list[str]:
    """Locks on the names that something is made under."""
    made = [step.arguments for step in steps if step.action == "create"]
    return [name_lock(ResourceType(arguments["type"]), arguments["body"]["name"]) for arguments in made]


def _named(name: str | None) -> str:
    if not (name or "").strip():
        raise _bad("name: missing")
    return name or ""


def _given(identifier: int | None, what: str) -> int:
    if identifier is None:
        raise _bad(f"{what}: missing, the id of the one that is meant")
    return identifier


def _bad(message: str) -> Failure:
    return Failure.of(ErrorCode.BAD_INPUT, f"{message}. Nothing was done.")
