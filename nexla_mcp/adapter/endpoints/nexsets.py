"""Nexsets (contract 7)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_nexsets", "GET", "/data_sets", READ),
    Endpoint("create_nexset", "POST", "/data_sets", CREATE),
    Endpoint("get_nexset", "GET", "/data_sets/{set_id}", READ),
    Endpoint("update_nexset", "PUT", "/data_sets/{set_id}", IDEMPOTENT),
    Endpoint("delete_nexset", "DELETE", "/data_sets/{set_id}", IDEMPOTENT),
    Endpoint("activate_nexset", "PUT", "/data_sets/{set_id}/activate", IDEMPOTENT),
    Endpoint("pause_nexset", "PUT", "/data_sets/{set_id}/pause", IDEMPOTENT),
    Endpoint("copy_nexset", "POST", "/data_sets/{set_id}/copy", CREATE),
    Endpoint("list_nexset_samples", "GET", "/data_sets/{set_id}/samples", READ),
    # Stores nothing, but sends the schema to a language model: no read in read-only mode.
    Endpoint("recommend_nexset_docs", "POST", "/data_sets/{data_set_id}/docs/recommendation", IDEMPOTENT),
    Endpoint("list_nexset_docs", "GET", "/data_sets/{set_id}/docs", READ),
    # Replaces all documents.
    Endpoint("replace_nexset_docs", "POST", "/data_sets/{set_id}/docs", IDEMPOTENT),
)
