"""Plan of `manage_notifications`: marks, deletes, and which events are sent where."""

from __future__ import annotations

from functools import partial
from typing import Any

from nexla_mcp.adapter.families.notifications import RESOURCE_WORDS
from nexla_mcp.adapter.models import Notification, NotificationType
from nexla_mcp.domain.administration import Channel, NotificationAction
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.notifying import setting_of
from nexla_mcp.operations.details import describe
from nexla_mcp.operations.parallel import Read, outcomes
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.safety.untrusted import quoted

MOST = 100


async def plan_messages(planning: Planning, action: NotificationAction, identifiers: list[int]) -> Plan:
    """Marks notifications, or deletes them.

    Raises:
        Failure: `bad_input` where none is named; `not_found` for one that is not there.
    """
    if not identifiers or len(identifiers) > MOST:
        raise Failure.of(ErrorCode.BAD_INPUT, f"notifications: name 1 to {MOST} ids. Nothing was done.")
    locks = tuple(f"notification:{identifier}" for identifier in sorted(set(identifiers)))
    await settled(planning, set(locks))
    reads: list[Read] = [
        partial(planning.nexla.notifications.get, identifier) for identifier in sorted(set(identifiers))
    ]
    rows: list[Notification] = []
    for answer in await outcomes(reads):
        if isinstance(answer, Failure):
            raise answer
        rows.append(answer)
    deleting = action is NotificationAction.DELETE
    steps = _deletes(rows) if deleting else _marks(rows, read=action is NotificationAction.MARK_READ)
    word = action.value.replace("_", " as ")
    return Plan(
        tool="manage_notifications",
        arguments={"action": action.value, "notifications": identifiers},
        principal=str(planning.principal),
        risk=Risk.DISRUPTIVE if deleting else Risk.WRITE,
        summary=f"{word.capitalize()} {_counted(rows)}." if steps else f"All {len(rows)} are so already.",
        steps=tuple(steps),
        cannot_be_put_back=(_counted(rows),) if deleting else (),
        notes=tuple(f"{row.id}: {quoted(row.message)}" for row in rows[:10]),
        locks=locks,
    )


async def plan_setting(
    planning: Planning,
    action: NotificationAction,
    event: int | str | None,
    channel: Channel | None,
    kind: ResourceType | None,
    resource: int | None,
) -> Plan:
    """Sends one kind of event over a channel, or not, for everything or one resource. Only the caller's own setting.

    Raises:
        Failure: `not_found` for an event that is not there; `bad_input` for a type without settings.
    """
    if event is None or channel is None or (kind is None) is not (resource is None):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "Give `event` and `channel`, and for one resource both `type` and `resource`. Nothing was done.",
        )
    if kind is not None and kind not in RESOURCE_WORDS:
        raise Failure.of(ErrorCode.BAD_INPUT, f"A {kind.value} has no notification settings. Nothing was done.")
    about = await _event(planning, event)
    where: dict[str, Any] = {
        "event": about.id,
        "channel": channel.value,
        "resource_type": RESOURCE_WORDS[kind] if kind is not None else None,
        "resource_id": resource,
    }
    lock = f"notify:{about.id}:{channel.value}:{where['resource_type']}:{resource}"
    await settled(planning, {lock})
    target = await _target(planning, kind, resource)
    found = await setting_of(planning.nexla, where)
    before, after = found.status if found else None, "ACTIVE" if action is NotificationAction.ENABLE else "PAUSED"
    of = f" of {target} {quoted(target.name)}" if target else ""
    says = f"{'send' if after == 'ACTIVE' else 'silence'} {quoted(about.name)}{of} over {channel.value}"
    step = Step(
        key="set",
        action="set_notification",
        arguments={**where, "status": after},
        says=f"{says}; now {before or 'no setting of its own'}",
        undo=Act(action="set_notification", arguments={**where, "status": before}),
    )
    return Plan(
        tool="manage_notifications",
        arguments={
            "action": action.value,
            "event": event,
            "channel": channel.value,
            "type": kind.value if kind else None,
            "resource": resource,
        },
        principal=str(planning.principal),
        risk=Risk.WRITE,
        summary=f"{says[0].upper()}{says[1:]}." if before != after else f"It is {after} already, nothing to do.",
        steps=(step,) if before != after else (),
        targets=(target,) if target else (),
        notes=("only your own notifications are meant: everybody has settings of their own",),
        locks=(lock,),
    )


async def _event(planning: Planning, event: int | str) -> NotificationType:
    types = await planning.nexla.notifications.types()
    word = str(event).strip().casefold()
    found = [row for row in types if word in {str(row.id), (row.name or "").casefold()}]
    if len(found) == 1:
        return found[0]
    near = [f"{row.id} {quoted(row.name)}" for row in found or types if found or word in (row.name or "").casefold()]
    told = near or [f"{row.id} {quoted(row.name)}" for row in types]
    raise Failure.of(
        ErrorCode.AMBIGUOUS if found else ErrorCode.NOT_FOUND,
        f"{len(found) or 'No'} events are named {str(event)[:60]!r}. Nothing was done.",
        hint=f"Events: {', '.join(told[:40])}.",
    )


async def _target(planning: Planning, kind: ResourceType | None, resource: int | None) -> Target | None:
    if kind is None or resource is None:
        return None
    details = await describe(planning.nexla, kind, resource)
    return Target(type=kind, id=resource, name=details.name)


def _marks(rows: list[Notification], *, read: bool) -> list[Step]:
    changed = [row.id for row in rows if (row.read_at is not None) is not read]
    if not changed:
        return []
    return [
        Step(
            key="mark",
            action="mark_notifications",
            arguments={"ids": changed, "read": read},
            says=f"mark {len(changed)} as {'read' if read else 'unread'}",
            undo=Act(action="mark_notifications", arguments={"ids": changed, "read": not read}),
        )
    ]


def _deletes(rows: list[Notification]) -> list[Step]:
    return [
        Step(
            key=f"delete:{row.id}",
            action="delete_notification",
            arguments={"id": row.id},
            says=f"delete notification {row.id}",
        )
        for row in rows
    ]


def _counted(rows: list[Notification]) -> str:
    return f"{len(rows)} notification{'s' if len(rows) > 1 else ''}"
