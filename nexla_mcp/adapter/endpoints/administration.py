"""Marketplace, authentication settings and sign-up (contract 20)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE
NEVER = Repeatable.NEVER

ENDPOINTS = (
    Endpoint("list_domains", "GET", "/marketplace/domains", READ),
    Endpoint("create_domains", "POST", "/marketplace/domains", CREATE),
    Endpoint("list_org_domains", "GET", "/marketplace/domains/for_org", READ),
    Endpoint("get_domain", "GET", "/marketplace/domains/{domain_id}", READ),
    Endpoint("update_domain", "PUT", "/marketplace/domains/{domain_id}", IDEMPOTENT),
    Endpoint("create_domain", "POST", "/marketplace/domains/{domain_id}", CREATE),
    Endpoint("delete_domain", "DELETE", "/marketplace/domains/{domain_id}", IDEMPOTENT),
    Endpoint("list_domain_items", "GET", "/marketplace/domains/{domain_id}/items", READ),
    Endpoint("create_domain_item", "POST", "/marketplace/domains/{domain_id}/items", CREATE),
    Endpoint("list_domain_custodians", "GET", "/marketplace/domains/{domain_id}/custodians", READ),
    Endpoint("replace_domain_custodians", "PUT", "/marketplace/domains/{domain_id}/custodians", IDEMPOTENT),
    Endpoint("add_domain_custodians", "POST", "/marketplace/domains/{domain_id}/custodians", IDEMPOTENT),
    Endpoint("remove_domain_custodians", "DELETE", "/marketplace/domains/{domain_id}/custodians", IDEMPOTENT),
    Endpoint("list_auth_configs", "GET", "/api_auth_configs", READ),
    Endpoint("create_auth_config", "POST", "/api_auth_configs", CREATE),
    Endpoint("list_all_auth_configs", "GET", "/api_auth_configs/all", READ),
    Endpoint("get_auth_config", "GET", "/api_auth_configs/{auth_config_id}", READ),
    Endpoint("update_auth_config", "PUT", "/api_auth_configs/{auth_config_id}", IDEMPOTENT),
    Endpoint("delete_auth_config", "DELETE", "/api_auth_configs/{auth_config_id}", IDEMPOTENT),
    Endpoint("sign_up", "POST", "/signup", NEVER),
    # A GET that changes something: the token is used up.
    Endpoint("verify_email", "GET", "/signup/verify_email", NEVER),
    Endpoint("list_self_signup_requests", "GET", "/self_signup_requests", READ),
    Endpoint(
        "approve_self_signup_request",
        "PUT",
        "/self_signup_requests/{request_id}/approve",
        NEVER,
        frozenset(["request_id"]),
    ),
    Endpoint("list_blocked_domains", "GET", "/self_signup_blocked_domains", READ),
    Endpoint("create_blocked_domain", "POST", "/self_signup_blocked_domains", CREATE),
    Endpoint(
        "update_blocked_domain", "PUT", "/self_signup_blocked_domains/{domain_id}", IDEMPOTENT, frozenset(["domain_id"])
    ),
    Endpoint(
        "delete_blocked_domain",
        "DELETE",
        "/self_signup_blocked_domains/{domain_id}",
        IDEMPOTENT,
        frozenset(["domain_id"]),
    ),
)
