"""Audit logs (contract 22)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ

ENDPOINTS = (
    Endpoint("get_source_audit_log", "GET", "/data_sources/{source_id}/audit_log", READ),
    Endpoint("get_destination_audit_log", "GET", "/data_sinks/{sink_id}/audit_log", READ),
    Endpoint("get_nexset_audit_log", "GET", "/data_sets/{set_id}/audit_log", READ),
    Endpoint("get_credential_audit_log", "GET", "/data_credentials/{credential_id}/audit_log", READ),
    Endpoint("get_lookup_audit_log", "GET", "/data_maps/{data_map_id}/audit_log", READ),
    Endpoint("get_data_schema_audit_log", "GET", "/data_schemas/{schema_id}/audit_log", READ),
    Endpoint("get_code_container_audit_log", "GET", "/code_containers/{code_container_id}/audit_log", READ),
    Endpoint("get_project_audit_log", "GET", "/projects/{project_id}/audit_log", READ),
    Endpoint("get_doc_container_audit_log", "GET", "/doc_containers/{doc_container_id}/audit_log", READ),
    Endpoint("get_user_audit_log", "GET", "/users/{user_id}/audit_log", READ),
    Endpoint("get_org_audit_log", "GET", "/orgs/{org_id}/audit_log", READ),
    Endpoint("get_team_audit_log", "GET", "/teams/{team_id}/audit_log", READ),
    Endpoint(
        "get_org_resource_audit_log",
        "GET",
        "/orgs/{org_id}/{resource_type}/audit_log",
        READ,
        frozenset(["resource_type"]),
    ),
)
