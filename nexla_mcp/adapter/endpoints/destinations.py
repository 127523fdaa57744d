"""Destinations (contract 8)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_destinations", "GET", "/data_sinks", READ),
    Endpoint("create_destination", "POST", "/data_sinks", CREATE),
    Endpoint("get_destination", "GET", "/data_sinks/{sink_id}", READ),
    Endpoint("update_destination", "PUT", "/data_sinks/{sink_id}", IDEMPOTENT),
    Endpoint("delete_destination", "DELETE", "/data_sinks/{sink_id}", IDEMPOTENT),
    Endpoint("activate_destination", "PUT", "/data_sinks/{sink_id}/activate", IDEMPOTENT),
    Endpoint("pause_destination", "PUT", "/data_sinks/{sink_id}/pause", IDEMPOTENT),
    Endpoint("copy_destination", "POST", "/data_sinks/{sink_id}/copy", CREATE),
)
