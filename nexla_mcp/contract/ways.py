"""How each operation is reached: by which typed tool, with what risk, or not at all. Set down by hand.

An operation that stands in no list of risks is taken for destructive: the cautious default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from nexla_mcp.adapter.endpoint import Repeatable
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.domain.risk import Risk

_KINDS = (
    "credential",
    "source",
    "nexset",
    "destination",
    "transform",
    "attribute_transform",
    "lookup",
    "project",
    "team",
)
_RUNNABLE = ("source", "nexset", "destination", "flow", "resource_flow")
_SHARED = (
    "source",
    "nexset",
    "destination",
    "lookup",
    "credential",
    "project",
    "flow",
    "data_flow",
    "data_schema",
    "doc_container",
    "code_container",
    "team",
)
# What revoke_access and replace_access act on: never so that the caller is locked out.
_TAKEN_AWAY = ("source", "nexset", "destination", "lookup", "credential", "project", "flow", "data_flow", "team")

# Typed tools, and the operations that each of them does better.
_TOOLS: dict[str, str] = {
    "whoami": "get_current_user get_limits",
    "search_resources": " ".join(f"list_{kind}s" for kind in (*_KINDS, "flow", "user", "org", "runtime"))
    + " list_notifications list_pending_approval_requests list_own_approval_requests",
    "get_resource": " ".join(f"get_{kind}" for kind in (*_KINDS, "user", "org"))
    + " get_lookup_entries list_team_members list_nexset_docs get_notification",
    "get_flow": "get_flow get_resource_flow list_project_flows",
    "get_samples": "list_nexset_samples",
    "probe_credential": "probe_credential probe_credential_tree probe_credential_sample",
    "create_credential": "create_credential",
    "create_source": "create_source",
    "create_nexset": "create_nexset",
    "create_destination": "create_destination",
    "create_transform": "create_transform create_attribute_transform",
    "copy_flow": "copy_flow",
    "update_resource": " ".join(f"update_{kind}" for kind in _KINDS),
    "activate": " ".join(f"activate_{kind}" for kind in _RUNNABLE),
    "pause": " ".join(f"pause_{kind}" for kind in _RUNNABLE),
    "delete_resource": " ".join(f"delete_{kind}" for kind in (*_KINDS, "flow", "resource_flow")),
    "run_health_check": "get_org_health list_flow_health get_flow_health get_user_dashboard",
    "get_metrics": "get_daily_metrics get_run_metrics get_flow_metrics get_user_daily_metrics get_org_account_metrics"
    " get_user_account_metrics",
    "fetch_logs": "get_resource_logs get_resource_logs_alternative get_flow_logs search_flow_logs get_flow_run_status",
    "list_access": " ".join(f"list_{kind}_accessors" for kind in _SHARED),
    "grant_access": " ".join(f"add_{kind}_accessors" for kind in _SHARED),
    "revoke_access": " ".join(f"remove_{kind}_accessors" for kind in _SHARED),
    "replace_access": " ".join(f"replace_{kind}_accessors" for kind in _SHARED),
    "audit_changes": " ".join(name for name in ENDPOINTS if name.endswith("_audit_log")),
    "start_task": "create_async_task list_async_task_types explain_async_task_arguments",
    "get_task": "list_async_tasks list_async_tasks_of_type list_async_tasks_by_status get_async_task"
    " get_async_task_result get_async_task_download_link",
    "manage_task": "rerun_async_task acknowledge_async_task delete_async_task",
    "suggest_docs": "recommend_nexset_docs recommend_flow_docs replace_nexset_docs",
    "configure_genai": "create_gen_ai_config create_gen_ai_org_setting",
    "manage_project": "create_project update_project add_project_flows replace_project_flows remove_project_flows",
    "manage_team": "create_team update_team add_team_members replace_team_members remove_team_members",
    "manage_lookup": "create_lookup update_lookup upsert_lookup_entries delete_lookup_entries",
    "decide_approval": "approve_approval_request reject_approval_request",
    "manage_notifications": "create_notification_setting update_notification_setting delete_notification_setting"
    " mark_notifications_read mark_notifications_unread delete_notification",
    "list_org_members": "list_org_members",
}

# Only adds, or is put back as easily as it was done.
_WRITES = """
create_credential create_source create_nexset create_destination create_transform create_attribute_transform
create_code_container create_lookup create_project create_team create_runtime create_domain create_domains
create_domain_item create_notification_channel create_notification_setting create_quarantine_setting
copy_source copy_nexset copy_destination copy_transform copy_code_container copy_flow
activate_source activate_nexset activate_destination activate_flow activate_resource_flow activate_runtime
recommend_nexset_docs recommend_flow_docs acknowledge_async_task
mark_notifications_read mark_notifications_unread
add_project_flows add_project_data_flows update_project
"""
# Stops or reroutes running data, or changes what somebody relies on and can be put back.
_DISRUPTIVE = """
pause_source pause_nexset pause_destination pause_flow pause_resource_flow pause_runtime
update_source update_nexset update_destination update_credential update_transform update_attribute_transform
update_code_container update_lookup upsert_lookup_entries update_runtime
update_notification_channel update_notification_setting update_quarantine_setting
replace_project_flows remove_project_flows replace_project_data_flows remove_project_data_flows
replace_nexset_docs update_gen_ai_config create_gen_ai_config create_gen_ai_org_setting rerun_async_task
"""
# Not reached through this server, and why.
_REFUSED: dict[str, str] = {
    "login logout": "the server logs in by itself; a session is nothing for an assistant to open, end or see",
    "sign_up verify_email list_self_signup_requests approve_self_signup_request": (
        "who gets an account is decided by a person in Nexla itself"
    ),
    "list_blocked_domains create_blocked_domain update_blocked_domain delete_blocked_domain": (
        "who may sign up is decided by a person in Nexla itself"
    ),
    "create_auth_config update_auth_config delete_auth_config update_org_auth_setting list_all_auth_configs": (
        "it decides how everybody logs in to the org: one mistake locks all of them out"
    ),
    "create_org delete_org delete_user transfer_resources": (
        "it makes or ends accounts with all that is theirs; Nexla's own console asks the right questions for that"
    ),
    "replace_org_members remove_org_members deactivate_org_members": (
        "it takes people's way into the org, perhaps one's own with it; a person decides that in Nexla itself"
    ),
    "update_org update_user replace_org_custodians remove_org_custodians": (
        "it decides how people get into the org and who runs it; a person decides that in Nexla itself"
    ),
    " ".join(f"remove_{kind}_accessors" for kind in _TAKEN_AWAY): (
        "revoke_access does it, and sees to it that the caller keeps a way in, which a plain call does not"
    ),
    " ".join(f"replace_{kind}_accessors" for kind in _TAKEN_AWAY): (
        "replace_access does it, and sees to it that the caller keeps a way in, which a plain call does not"
    ),
}


@dataclass(frozen=True)
class Way:
    """How one operation is reached."""

    risk: Risk
    tools: tuple[str, ...] = ()
    """Typed tools that do it better; a refusal of all of them refuses it, too."""
    refused: str | None = None
    """Why it is not called at all."""


@cache
def ways() -> Mapping[str, Way]:
    """Of every operation that the adapter knows, by its name."""
    tools: dict[str, list[str]] = {}
    for tool, names in _TOOLS.items():
        for name in names.split():
            tools.setdefault(name, []).append(tool)
    refused = {name: why for names, why in _REFUSED.items() for name in names.split()}
    return {name: Way(_risk(name), tuple(tools.get(name, ())), refused.get(name)) for name in ENDPOINTS}


def named_by_hand() -> frozenset[str]:
    """Every name that stands in a table here, so that a test can tell a misspelt one."""
    texts = (*_TOOLS.values(), _WRITES, _DISRUPTIVE, *_REFUSED)
    return frozenset(name for text in texts for name in text.split())


def _risk(name: str) -> Risk:
    if ENDPOINTS[name].repeatable is Repeatable.READ:
        return Risk.READ
    if name in _WRITES.split():
        return Risk.WRITE
    return Risk.DISRUPTIVE if name in _DISRUPTIVE.split() else Risk.DESTRUCTIVE
