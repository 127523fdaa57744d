"""Flows and the flow of a resource (contract 9)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_flows", "GET", "/flows", READ),
    Endpoint("get_flow", "GET", "/flows/{flow_id}", READ),
    Endpoint("delete_flow", "DELETE", "/flows/{flow_id}", IDEMPOTENT),
    Endpoint("activate_flow", "PUT", "/flows/{flow_id}/activate", IDEMPOTENT),
    Endpoint("pause_flow", "PUT", "/flows/{flow_id}/pause", IDEMPOTENT),
    Endpoint("copy_flow", "POST", "/flows/{flow_id}/copy", CREATE),
    # Stores nothing, but sends the flow to a language model: no read in read-only mode.
    Endpoint("recommend_flow_docs", "POST", "/flows/{flow_id}/docs/recommendation", IDEMPOTENT),
    Endpoint("get_resource_flow", "GET", "/{resource_type}/{resource_id}/flow", READ, frozenset(["resource_type"])),
    Endpoint(
        "delete_resource_flow",
        "DELETE",
        "/{resource_type}/{resource_id}/flow",
        IDEMPOTENT,
        frozenset(["resource_type"]),
    ),
    Endpoint(
        "activate_resource_flow",
        "PUT",
        "/{resource_type}/{resource_id}/activate",
        IDEMPOTENT,
        frozenset(["resource_type"]),
    ),
    Endpoint(
        "pause_resource_flow", "PUT", "/{resource_type}/{resource_id}/pause", IDEMPOTENT, frozenset(["resource_type"])
    ),
    Endpoint("get_flow_run_status", "GET", "/flows/{flow_id}/run_status/{run_id}", READ),
)
