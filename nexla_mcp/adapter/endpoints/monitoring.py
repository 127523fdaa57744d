"""Metrics, logs, health and limits (contract 20, 23 to 25)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ

ENDPOINTS = (
    Endpoint("get_org_account_metrics", "GET", "/orgs/{org_id}/flows/account_metrics", READ),
    Endpoint("get_user_account_metrics", "GET", "/users/{user_id}/flows/account_metrics", READ),
    Endpoint("get_user_dashboard", "GET", "/users/{user_id}/flows/dashboard", READ),
    Endpoint("get_user_daily_metrics", "GET", "/users/{user_id}/metrics", READ),
    Endpoint("get_daily_metrics", "GET", "/{resource_type}/{resource_id}/metrics", READ, frozenset(["resource_type"])),
    Endpoint(
        "get_run_metrics",
        "GET",
        "/{resource_type}/{resource_id}/metrics/run_summary",
        READ,
        frozenset(["resource_type"]),
    ),
    Endpoint(
        "get_flow_metrics",
        "GET",
        "/data_flows/{resource_type}/{resource_id}/metrics",
        READ,
        frozenset(["resource_type"]),
    ),
    # One of the two paths answers 404 on some deployments (contract 30, question 10).
    Endpoint(
        "get_flow_metrics_alternative",
        "GET",
        "/{resource_type}/{resource_id}/flow/metrics",
        READ,
        frozenset(["resource_type"]),
    ),
    Endpoint("get_flow_metrics_of_period", "GET", "/data_flows/metrics/{period}", READ, frozenset(["period"])),
    Endpoint("get_active_flows_metrics", "GET", "/data_flows/metrics/active_flows_metrics", READ),
    Endpoint("get_org_flow_status_metrics", "GET", "/orgs/{org_id}/flows/status_metrics", READ),
    Endpoint("get_user_flow_status_metrics", "GET", "/users/{user_id}/flows/status_metrics", READ),
    Endpoint(
        "get_resource_logs", "GET", "/data_flows/{resource_type}/{resource_id}/logs", READ, frozenset(["resource_type"])
    ),
    Endpoint(
        "get_resource_logs_alternative",
        "GET",
        "/{resource_type}/{resource_id}/flow/logs",
        READ,
        frozenset(["resource_type"]),
    ),
    Endpoint("get_flow_logs", "GET", "/flows/{flow_id}/logs", READ),
    Endpoint("search_flow_logs", "POST", "/flows/{flow_id}/logs_v2", READ),
    Endpoint("get_org_health", "GET", "/health/org/all", READ),
    Endpoint("list_flow_health", "GET", "/health/org/flows", READ),
    Endpoint("get_flow_health", "GET", "/health/flow/{flow_id}", READ),
    Endpoint("get_limits", "GET", "/limits", READ),
)
