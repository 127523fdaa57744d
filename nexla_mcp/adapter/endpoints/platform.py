"""Approvals, tasks, runtimes, generative AI and sessions (contract 1, 18 to 20)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE
NEVER = Repeatable.NEVER

ENDPOINTS = (
    # The transport fetches tokens itself.
    Endpoint("login", "POST", "/token", NEVER),
    Endpoint("logout", "POST", "/token/logout", NEVER),
    Endpoint("list_pending_approval_requests", "GET", "/approval_requests/pending", READ),
    Endpoint("list_own_approval_requests", "GET", "/approval_requests/requested", READ),
    # Terminal, and no request can be read back by its id.
    Endpoint("approve_approval_request", "PUT", "/approval_requests/{request_id}/approve", NEVER),
    Endpoint("reject_approval_request", "DELETE", "/approval_requests/{request_id}/reject", NEVER),
    Endpoint("list_async_tasks", "GET", "/async_tasks", READ),
    # Starts work and has no name by which a second one could be told.
    Endpoint("create_async_task", "POST", "/async_tasks", NEVER),
    Endpoint("list_async_tasks_of_type", "GET", "/async_tasks/of_type/{task_type}", READ, frozenset(["task_type"])),
    Endpoint("list_async_tasks_by_status", "GET", "/async_tasks/by_status/{status}", READ, frozenset(["status"])),
    Endpoint("list_async_task_types", "GET", "/async_tasks/types", READ),
    Endpoint(
        "explain_async_task_arguments",
        "GET",
        "/async_tasks/explain_arguments/{task_type}",
        READ,
        frozenset(["task_type"]),
    ),
    Endpoint("get_async_task", "GET", "/async_tasks/{task_id}", READ, frozenset(["task_id"])),
    Endpoint("delete_async_task", "DELETE", "/async_tasks/{task_id}", IDEMPOTENT, frozenset(["task_id"])),
    Endpoint("rerun_async_task", "POST", "/async_tasks/{task_id}/rerun", NEVER, frozenset(["task_id"])),
    Endpoint("get_async_task_result", "GET", "/async_tasks/{task_id}/result", READ, frozenset(["task_id"])),
    Endpoint(
        "get_async_task_download_link", "GET", "/async_tasks/{task_id}/download_link", READ, frozenset(["task_id"])
    ),
    Endpoint(
        "acknowledge_async_task", "POST", "/async_tasks/{task_id}/acknowledge", IDEMPOTENT, frozenset(["task_id"])
    ),
    Endpoint("list_runtimes", "GET", "/runtimes", READ),
    Endpoint("create_runtime", "POST", "/runtimes", CREATE),
    Endpoint("get_runtime", "GET", "/runtimes/{runtime_id}", READ),
    Endpoint("update_runtime", "PUT", "/runtimes/{runtime_id}", IDEMPOTENT),
    Endpoint("delete_runtime", "DELETE", "/runtimes/{runtime_id}", IDEMPOTENT),
    Endpoint("activate_runtime", "PUT", "/runtimes/{runtime_id}/activate", IDEMPOTENT),
    Endpoint("pause_runtime", "PUT", "/runtimes/{runtime_id}/pause", IDEMPOTENT),
    Endpoint("list_gen_ai_configs", "GET", "/gen_ai_integration_configs", READ),
    Endpoint("create_gen_ai_config", "POST", "/gen_ai_integration_configs", CREATE),
    Endpoint("get_gen_ai_config", "GET", "/gen_ai_integration_configs/{gen_ai_config_id}", READ),
    Endpoint("update_gen_ai_config", "PUT", "/gen_ai_integration_configs/{gen_ai_config_id}", IDEMPOTENT),
    Endpoint("delete_gen_ai_config", "DELETE", "/gen_ai_integration_configs/{gen_ai_config_id}", IDEMPOTENT),
    Endpoint("list_gen_ai_org_settings", "GET", "/gen_ai_org_settings", READ),
    Endpoint("create_gen_ai_org_setting", "POST", "/gen_ai_org_settings", CREATE),
    Endpoint("get_gen_ai_org_setting", "GET", "/gen_ai_org_settings/{gen_ai_org_setting_id}", READ),
    Endpoint("delete_gen_ai_org_setting", "DELETE", "/gen_ai_org_settings/{gen_ai_org_setting_id}", IDEMPOTENT),
    Endpoint("get_active_gen_ai_config", "GET", "/gen_ai_org_settings/active_config", READ),
)
