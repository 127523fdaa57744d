"""Notifications, their types, channels and settings (contract 26)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE
NEVER = Repeatable.NEVER

ENDPOINTS = (
    Endpoint("list_notifications", "GET", "/notifications", READ),
    Endpoint("get_notification", "GET", "/notifications/{notification_id}", READ),
    Endpoint("delete_notification", "DELETE", "/notifications/{notification_id}", IDEMPOTENT),
    # A repeat would delete what arrived in between.
    Endpoint("delete_all_notifications", "DELETE", "/notifications/all", NEVER),
    Endpoint("count_notifications", "GET", "/notifications/count", READ),
    Endpoint("mark_notifications_read", "PUT", "/notifications/mark_read", IDEMPOTENT),
    Endpoint("mark_notifications_unread", "PUT", "/notifications/mark_unread", IDEMPOTENT),
    Endpoint("list_notification_types", "GET", "/notification_types", READ),
    Endpoint("get_notification_type", "GET", "/notification_types/list", READ),
    Endpoint("list_notification_channels", "GET", "/notification_channel_settings", READ),
    Endpoint("create_notification_channel", "POST", "/notification_channel_settings", CREATE),
    Endpoint(
        "get_notification_channel", "GET", "/notification_channel_settings/{notification_channel_setting_id}", READ
    ),
    Endpoint(
        "update_notification_channel",
        "PUT",
        "/notification_channel_settings/{notification_channel_setting_id}",
        IDEMPOTENT,
    ),
    Endpoint(
        "delete_notification_channel",
        "DELETE",
        "/notification_channel_settings/{notification_channel_setting_id}",
        IDEMPOTENT,
    ),
    Endpoint("list_notification_settings", "GET", "/notification_settings", READ),
    Endpoint("create_notification_setting", "POST", "/notification_settings", CREATE),
    Endpoint("get_notification_setting", "GET", "/notification_settings/{notification_setting_id}", READ),
    Endpoint("update_notification_setting", "PUT", "/notification_settings/{notification_setting_id}", IDEMPOTENT),
    Endpoint("delete_notification_setting", "DELETE", "/notification_settings/{notification_setting_id}", IDEMPOTENT),
    Endpoint(
        "list_notification_settings_of_type",
        "GET",
        "/notification_settings/notification_types/{notification_type_id}",
        READ,
    ),
    Endpoint(
        "list_resource_notification_settings",
        "GET",
        "/notification_settings/{resource_type}/{resource_id}",
        READ,
        frozenset(["resource_type"]),
    ),
)
