"""Sources (contract 6)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_sources", "GET", "/data_sources", READ),
    Endpoint("create_source", "POST", "/data_sources", CREATE),
    Endpoint("get_source", "GET", "/data_sources/{source_id}", READ),
    Endpoint("update_source", "PUT", "/data_sources/{source_id}", IDEMPOTENT),
    Endpoint("delete_source", "DELETE", "/data_sources/{source_id}", IDEMPOTENT),
    Endpoint("activate_source", "PUT", "/data_sources/{source_id}/activate", IDEMPOTENT),
    Endpoint("pause_source", "PUT", "/data_sources/{source_id}/pause", IDEMPOTENT),
    Endpoint("copy_source", "POST", "/data_sources/{source_id}/copy", CREATE),
)
