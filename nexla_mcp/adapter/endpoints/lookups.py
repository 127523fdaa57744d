"""Lookups (contract 13)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

KEYS = frozenset({"entry_keys"})

ENDPOINTS = (
    Endpoint("list_lookups", "GET", "/data_maps", READ),
    Endpoint("create_lookup", "POST", "/data_maps", CREATE),
    Endpoint("get_lookup", "GET", "/data_maps/{data_map_id}", READ),
    Endpoint("update_lookup", "PUT", "/data_maps/{data_map_id}", IDEMPOTENT),
    Endpoint("delete_lookup", "DELETE", "/data_maps/{data_map_id}", IDEMPOTENT),
    Endpoint("upsert_lookup_entries", "PUT", "/data_maps/{data_map_id}/entries", IDEMPOTENT),
    Endpoint("get_lookup_entries", "GET", "/data_maps/{data_map_id}/entries/{entry_keys}", READ, KEYS, KEYS),
    # No wildcard here: a star would empty the lookup.
    Endpoint("delete_lookup_entries", "DELETE", "/data_maps/{data_map_id}/entries/{entry_keys}", IDEMPOTENT, KEYS),
)
