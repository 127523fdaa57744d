"""What can be chosen where projects, teams and notifications are changed."""

from __future__ import annotations

from enum import Enum


class FlowChange(str, Enum):
    """What becomes of the flows that are named."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


class MemberChange(str, Enum):
    """What becomes of the people that are named."""

    ADD = "add"
    ADMIN = "admin"
    REMOVE = "remove"
    REPLACE = "replace"


class NotificationAction(str, Enum):
    """What is done."""

    MARK_READ = "mark_read"
    MARK_UNREAD = "mark_unread"
    DELETE = "delete"
    SEND = "send"
    SILENCE = "silence"


class Channel(str, Enum):
    """Where Nexla sends an event."""

    APP = "APP"
    EMAIL = "EMAIL"
    SMS = "SMS"
    SLACK = "SLACK"
    WEBHOOKS = "WEBHOOKS"
