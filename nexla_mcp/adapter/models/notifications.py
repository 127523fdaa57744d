"""Notifications and what is sent where (contract 26)."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from nexla_mcp.adapter.models.resources import Config
from nexla_mcp.adapter.models.row import Id, OptionalId, OrgBrief, Owner, Row, Said, Time, Words


class Notification(Row):
    """One message of the platform to its user. `read_at` is None while it is unread."""

    id: Id
    level: str | None = None
    resource_id: OptionalId = None
    resource_type: str | None = None
    message_id: OptionalId = None
    message: Said = None
    owner: Owner | None = None
    org: OrgBrief | None = None
    access_roles: Words = ()
    read_at: Time = None
    created_at: Time = None
    updated_at: Time = None


class NotificationType(Row):
    """A kind of event that can be notified. `status` is published as a boolean; a word is seen too."""

    id: Id
    name: str | None = None
    description: Said = None
    category: str | None = None
    default: bool | None = None
    status: bool | str | None = None
    event_type: str | None = None
    resource_type: str | None = None


class NotificationSetting(Row):
    """Whether and where one kind of event is sent. Reads the setting and the view by type alike."""

    id: Id = Field(validation_alias=AliasChoices("id", "setting_id"))
    notification_type_id: OptionalId = None
    channel: str | None = None
    status: str | None = None
    name: str | None = Field(default=None, validation_alias=AliasChoices("name", "notification_type_name"))
    event_type: str | None = Field(
        default=None, validation_alias=AliasChoices("event_type", "notification_type_event_type")
    )
    resource_type: str | None = Field(
        default=None, validation_alias=AliasChoices("notification_resource_type", "resource_type")
    )
    resource_id: OptionalId = None
    config: Config = Field(default=None, validation_alias=AliasChoices("config", "setting_config"))
    priority: OptionalId = None
    org_id: OptionalId = None
    owner_id: OptionalId = None
