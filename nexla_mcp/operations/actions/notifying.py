"""Marks and deletes notifications, and sets which events are sent where."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.models import NotificationSetting
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import looked_up, patiently

LISTS = "call_operation"
"""Only `list_notifications` and its like show them."""


class MarkNotifications(Action):
    """Arguments: `ids`, and `read`: whether they are to be read. Its own inverse."""

    name: ClassVar[str] = "mark_notifications"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        notifications, ids = work.nexla.notifications, arguments["ids"]
        try:
            await (notifications.mark_read(ids) if arguments["read"] else notifications.mark_unread(ids))
        except Failure as lost:
            seen = partial(_marked, work, arguments)
            return await looked_up(work, lost, seen, resource=f"notification {ids[0]}", next_tool=LISTS)
        return _marked_output(arguments)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(_marked, work, arguments))

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        if await _marked(work, arguments) is not None:
            return None
        word = "read" if arguments["read"] else "unread"
        return Foreseen(f"mark {len(arguments['ids'])} notifications as {word} again")


class DeleteNotification(Action):
    """Arguments: `id`. One that is gone already is as good as deleted."""

    name: ClassVar[str] = "delete_notification"
    deletes: ClassVar[bool] = True

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        gone = partial(_gone, work, arguments)
        try:
            await work.nexla.notifications.delete(arguments["id"])
        except Failure as failure:
            if failure.info.code is ErrorCode.NOT_FOUND:
                if await patiently(work, gone) is None:
                    raise
                return {"id": arguments["id"], "gone_already": True}
            await looked_up(work, failure, gone, resource=f"notification {arguments['id']}", next_tool=LISTS)
        return {"id": arguments["id"], "told": "deleted"}

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(_gone, work, arguments))


class SetNotification(Action):
    """Arguments: `event` (id of a notification type), `channel`, `resource_type` and `resource_id` (None for all), and
    the `status` to be: ACTIVE, PAUSED, or None for no setting. Its own inverse."""

    name: ClassVar[str] = "set_notification"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        found = await patiently(work, partial(setting_of, work.nexla, arguments))
        if (found.status if found else None) == arguments["status"]:
            return _set_output(arguments)
        notifications = work.nexla.notifications
        try:
            if found is None:
                await notifications.create_setting(_body(arguments))
            elif arguments["status"] is None:
                await notifications.delete_setting(found.id)
            else:
                await notifications.update_setting(found.id, _body(arguments))
        except Failure as lost:
            seen = partial(_set, work, arguments)
            return await looked_up(work, lost, seen, resource="notification setting", next_tool=LISTS)
        return _set_output(arguments)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(_set, work, arguments))

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        if await _set(work, arguments) is not None:
            return None
        now = arguments["status"] or "not set"
        return Foreseen(f"event {arguments['event']} over {arguments['channel']}: {now}, as before", risk=Risk.WRITE)


async def setting_of(nexla: Nexla, arguments: Arguments) -> NotificationSetting | None:
    """The caller's setting of an event, a channel and a resource.

    Raises:
        Failure: `ambiguous` when there are several, so that none is changed at random.
    """
    rows = await nexla.notifications.settings()
    found = [row for row in rows if _is(row, arguments)]
    if len(found) > 1:
        raise Failure.of(
            ErrorCode.AMBIGUOUS,
            f"{len(found)} settings are about event {arguments['event']} over {arguments['channel']} (ids "
            f"{', '.join(str(row.id) for row in found[:10])}): which one counts is unknown. None was changed.",
            hint="Delete all but one of them in Nexla first.",
        )
    return found[0] if found else None


def _is(row: NotificationSetting, arguments: Arguments) -> bool:
    if row.notification_type_id != arguments["event"] or row.channel != arguments["channel"]:
        return False
    # For everything the platform says 0, or nothing.
    if (row.resource_id or None) != arguments["resource_id"]:
        return False
    return arguments["resource_id"] is None or row.resource_type == arguments["resource_type"]


def _body(arguments: Arguments) -> dict[str, Any]:
    body = {
        "notification_type_id": arguments["event"],
        "channel": arguments["channel"],
        "status": arguments["status"],
    }
    if arguments["resource_id"] is None:
        return body
    return {
        **body,
        "notification_resource_type": arguments["resource_type"],
        "resource_id": arguments["resource_id"],
    }


async def _set(work: Work, arguments: Arguments) -> Output | None:
    found = await setting_of(work.nexla, arguments)
    return _set_output(arguments) if (found.status if found else None) == arguments["status"] else None


def _set_output(arguments: Arguments) -> Output:
    told = f"event {arguments['event']} over {arguments['channel']}: {arguments['status'] or 'no setting'}"
    return {"id": arguments["event"], "told": told}


async def _marked(work: Work, arguments: Arguments) -> Output | None:
    for identifier in arguments["ids"]:
        row = await work.nexla.notifications.get(identifier)
        if (row.read_at is not None) is not arguments["read"]:
            return None
    return _marked_output(arguments)


def _marked_output(arguments: Arguments) -> Output:
    word = "read" if arguments["read"] else "unread"
    return {"id": arguments["ids"][0], "told": f"{len(arguments['ids'])} marked as {word}"}


async def _gone(work: Work, arguments: Arguments) -> Output | None:
    try:
        await work.nexla.notifications.get(arguments["id"])
    except Failure as failure:
        if failure.info.code is not ErrorCode.NOT_FOUND:
            raise
        return {"id": arguments["id"], "told": "deleted"}
    return None
