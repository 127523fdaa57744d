"""What can be chosen where projects, teams, lookups, requests and notifications are changed."""

from __future__ import annotations

from enum import Enum

from pydantic import BaseModel, ConfigDict, Field


class ProjectAction(str, Enum):
    CREATE = "create"
    UPDATE = "update"
    ADD_FLOWS = "add_flows"
    REMOVE_FLOWS = "remove_flows"
    SET_FLOWS = "set_flows"


class TeamAction(str, Enum):
    CREATE = "create"
    UPDATE = "update"
    ADD_MEMBERS = "add_members"
    REMOVE_MEMBERS = "remove_members"
    SET_MEMBERS = "set_members"


class LookupAction(str, Enum):
    CREATE = "create"
    UPDATE = "update"
    PUT_ROWS = "put_rows"
    DELETE_ROWS = "delete_rows"


class Decision(str, Enum):
    APPROVE = "approve"
    REJECT = "reject"


class NotificationAction(str, Enum):
    ENABLE = "enable"
    DISABLE = "disable"
    MARK_READ = "mark_read"
    MARK_UNREAD = "mark_unread"
    DELETE = "delete"


class Channel(str, Enum):
    """Where Nexla sends an event."""

    APP = "APP"
    EMAIL = "EMAIL"
    SMS = "SMS"
    SLACK = "SLACK"
    WEBHOOKS = "WEBHOOKS"


class Member(BaseModel):
    """Somebody in a team."""

    model_config = ConfigDict(extra="forbid")

    email: str
    admin: bool = Field(default=False, description="Runs the team.")
