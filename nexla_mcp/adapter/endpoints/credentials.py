"""Credentials (contract 5)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_credentials", "GET", "/data_credentials", READ),
    Endpoint("create_credential", "POST", "/data_credentials", CREATE),
    Endpoint("get_credential", "GET", "/data_credentials/{credential_id}", READ),
    Endpoint("update_credential", "PUT", "/data_credentials/{credential_id}", IDEMPOTENT),
    Endpoint("delete_credential", "DELETE", "/data_credentials/{credential_id}", IDEMPOTENT),
    # Talks to the third party and changes nothing there or here.
    Endpoint("probe_credential", "GET", "/data_credentials/{credential_id}/probe", READ),
    Endpoint("probe_credential_tree", "POST", "/data_credentials/{credential_id}/probe/tree", READ),
    Endpoint("probe_credential_sample", "POST", "/data_credentials/{credential_id}/probe/sample", READ),
)
