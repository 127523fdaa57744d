"""Users and their settings (contract 17)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE
NEVER = Repeatable.NEVER

ENDPOINTS = (
    Endpoint("list_users", "GET", "/users", READ),
    Endpoint("create_user", "POST", "/users", CREATE),
    Endpoint("get_user", "GET", "/users/{user_id}", READ),
    Endpoint("update_user", "PUT", "/users/{user_id}", IDEMPOTENT),
    Endpoint("delete_user", "DELETE", "/users/{user_id}", IDEMPOTENT),
    Endpoint("get_current_user", "GET", "/users/current", READ),
    Endpoint("list_user_settings", "GET", "/user_settings", READ),
    Endpoint("get_quarantine_setting", "GET", "/users/{user_id}/quarantine_settings", READ),
    Endpoint("update_quarantine_setting", "PUT", "/users/{user_id}/quarantine_settings", IDEMPOTENT),
    Endpoint("create_quarantine_setting", "POST", "/users/{user_id}/quarantine_settings", CREATE),
    Endpoint("delete_quarantine_setting", "DELETE", "/users/{user_id}/quarantine_settings", IDEMPOTENT),
    Endpoint("list_transferable_resources", "GET", "/users/{user_id}/transferable", READ),
    # What the user owns may have grown since: a repeat could move more than was meant.
    Endpoint("transfer_resources", "PUT", "/users/{user_id}/transfer", NEVER),
)
