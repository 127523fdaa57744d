"""Notifications and their settings (contract 26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.family import Family, require_items
from nexla_mcp.adapter.models import Notification, NotificationSetting, NotificationType
from nexla_mcp.adapter.paging import MAX_ROWS, whole_number
from nexla_mcp.adapter.rows import Rows, read_rows, unreadable
from nexla_mcp.adapter.units import to_seconds, to_seconds_up
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType

RESOURCE_WORDS = {
    ResourceType.SOURCE: "SOURCE",
    ResourceType.NEXSET: "DATASET",
    ResourceType.DESTINATION: "SINK",
    ResourceType.FLOW: "DATA_FLOW",
    ResourceType.USER: "USER",
    ResourceType.ORG: "ORG",
}
"""NotificationResourceType of the contract."""


class Notifications(Family):
    async def list(
        self,
        *,
        read: bool | None = None,
        level: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        max_rows: int = MAX_ROWS,
    ) -> Rows[Notification]:
        """The caller's notifications. `level` is DEBUG, INFO, WARN, ERROR, RECOVERED or RESOLVED."""
        query = {
            "read": None if read is None else int(read),
            "level": level,
            "from": to_seconds(since) if since else None,
            "to": to_seconds_up(until) if until else None,
        }
        return await self._all("list_notifications", Notification, query=query, max_rows=max_rows)

    async def get(self, notification_id: int) -> Notification:
        return await self._one("get_notification", Notification, "notification", notification_id)

    async def count(self, *, read: bool | None = None) -> int:
        """How many there are, of all, the read or the unread."""
        data = (await self._call("count_notifications", query={"read": None if read is None else int(read)})).data
        count = whole_number(data.get("count") if isinstance(data, dict) else data)
        if count is None:
            raise unreadable("the number of notifications", data)
        return count

    async def mark_read(self, notification_ids: Sequence[int]) -> None:
        """Mark exactly these as read."""
        await self._mark("mark_notifications_read", notification_ids)

    async def mark_unread(self, notification_ids: Sequence[int]) -> None:
        await self._mark("mark_notifications_unread", notification_ids)

    async def delete(self, notification_id: int) -> None:
        await self._change("delete_notification", notification_id, read="get_notification")

    async def types(self) -> Rows[NotificationType]:
        """The kinds of events that can be notified."""
        return await self._all("list_notification_types", NotificationType)

    async def settings(
        self, kind: ResourceType | None = None, resource_id: int | None = None
    ) -> Rows[NotificationSetting]:
        """What is sent where, in general or for one resource.

        Raises:
            Failure: `unsupported` for a type that has no settings of its own.
        """
        if kind is None or resource_id is None:
            return await self._all("list_notification_settings", NotificationSetting)
        if kind not in RESOURCE_WORDS:
            raise Failure.of(ErrorCode.UNSUPPORTED, f"The platform has no notification settings for one {kind.value}.")
        ids: dict[str, int | str] = {"resource_type": RESOURCE_WORDS[kind], "resource_id": resource_id}
        answer = await self._nexla.call(ENDPOINTS["list_resource_notification_settings"], ids=ids)
        items, lost = read_rows(answer.data, NotificationSetting)
        return Rows(items, lost, len(items) + lost)

    async def create_setting(self, body: Mapping[str, Any]) -> NotificationSetting:
        """Let one kind of event be sent over a channel, or not; for everything, or for one resource."""
        return await self._create(
            "create_notification_setting", NotificationSetting, "the new notification setting", dict(body)
        )

    async def update_setting(self, setting_id: int, body: Mapping[str, Any]) -> None:
        await self._change("update_notification_setting", setting_id, read="get_notification_setting", body=dict(body))

    async def delete_setting(self, setting_id: int) -> None:
        await self._change("delete_notification_setting", setting_id, read="get_notification_setting")

    async def _mark(self, name: str, notification_ids: Sequence[int]) -> None:
        require_items([*notification_ids], "notifications")
        await self._nexla.call(ENDPOINTS[name], body=list(notification_ids))
