"""Organisations (contract 16). For custodians PUT sets and POST adds, the reverse of everywhere else."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_orgs", "GET", "/orgs", READ),
    Endpoint("get_org", "GET", "/orgs/{org_id}", READ),
    Endpoint("update_org", "PUT", "/orgs/{org_id}", IDEMPOTENT),
    Endpoint("create_org", "POST", "/orgs", CREATE),
    Endpoint("delete_org", "DELETE", "/orgs/{org_id}", IDEMPOTENT),
    Endpoint("list_org_members", "GET", "/orgs/{org_id}/members", READ),
    Endpoint("update_org_members", "PUT", "/orgs/{org_id}/members", IDEMPOTENT),
    Endpoint("replace_org_members", "POST", "/orgs/{org_id}/members", IDEMPOTENT),
    Endpoint("remove_org_members", "DELETE", "/orgs/{org_id}/members", IDEMPOTENT),
    Endpoint("activate_org_members", "PUT", "/orgs/{org_id}/members/activate", IDEMPOTENT),
    Endpoint("deactivate_org_members", "PUT", "/orgs/{org_id}/members/deactivate", IDEMPOTENT),
    Endpoint("list_org_custodians", "GET", "/orgs/{org_id}/custodians", READ),
    Endpoint("replace_org_custodians", "PUT", "/orgs/{org_id}/custodians", IDEMPOTENT),
    Endpoint("add_org_custodians", "POST", "/orgs/{org_id}/custodians", IDEMPOTENT),
    Endpoint("remove_org_custodians", "DELETE", "/orgs/{org_id}/custodians", IDEMPOTENT),
    Endpoint("list_org_auth_settings", "GET", "/orgs/{org_id}/auth_settings", READ),
    Endpoint("update_org_auth_setting", "PUT", "/orgs/{org_id}/auth_settings/{auth_setting_id}", IDEMPOTENT),
    Endpoint("get_org_account_summary", "GET", "/orgs/{org_id}/account_summary", READ),
    Endpoint("get_account_summary", "GET", "/orgs/account_summary", READ),
)
