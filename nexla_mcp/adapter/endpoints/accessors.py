"""Who a resource is shared with (contract 21). POST replaces, PUT adds, DELETE without a body removes all."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT

ENDPOINTS = (
    Endpoint("list_source_accessors", "GET", "/data_sources/{data_source_id}/accessors", READ),
    Endpoint("add_source_accessors", "PUT", "/data_sources/{data_source_id}/accessors", IDEMPOTENT),
    Endpoint("replace_source_accessors", "POST", "/data_sources/{data_source_id}/accessors", IDEMPOTENT),
    Endpoint("remove_source_accessors", "DELETE", "/data_sources/{data_source_id}/accessors", IDEMPOTENT),
    Endpoint("list_nexset_accessors", "GET", "/data_sets/{data_set_id}/accessors", READ),
    Endpoint("add_nexset_accessors", "PUT", "/data_sets/{data_set_id}/accessors", IDEMPOTENT),
    Endpoint("replace_nexset_accessors", "POST", "/data_sets/{data_set_id}/accessors", IDEMPOTENT),
    Endpoint("remove_nexset_accessors", "DELETE", "/data_sets/{data_set_id}/accessors", IDEMPOTENT),
    Endpoint("list_destination_accessors", "GET", "/data_sinks/{data_sink_id}/accessors", READ),
    Endpoint("add_destination_accessors", "PUT", "/data_sinks/{data_sink_id}/accessors", IDEMPOTENT),
    Endpoint("replace_destination_accessors", "POST", "/data_sinks/{data_sink_id}/accessors", IDEMPOTENT),
    Endpoint("remove_destination_accessors", "DELETE", "/data_sinks/{data_sink_id}/accessors", IDEMPOTENT),
    Endpoint("list_lookup_accessors", "GET", "/data_maps/{data_map_id}/accessors", READ),
    Endpoint("add_lookup_accessors", "PUT", "/data_maps/{data_map_id}/accessors", IDEMPOTENT),
    Endpoint("replace_lookup_accessors", "POST", "/data_maps/{data_map_id}/accessors", IDEMPOTENT),
    Endpoint("remove_lookup_accessors", "DELETE", "/data_maps/{data_map_id}/accessors", IDEMPOTENT),
    Endpoint("list_credential_accessors", "GET", "/data_credentials/{data_credential_id}/accessors", READ),
    Endpoint("add_credential_accessors", "PUT", "/data_credentials/{data_credential_id}/accessors", IDEMPOTENT),
    Endpoint("replace_credential_accessors", "POST", "/data_credentials/{data_credential_id}/accessors", IDEMPOTENT),
    Endpoint("remove_credential_accessors", "DELETE", "/data_credentials/{data_credential_id}/accessors", IDEMPOTENT),
    Endpoint("list_project_accessors", "GET", "/projects/{project_id}/accessors", READ),
    Endpoint("add_project_accessors", "PUT", "/projects/{project_id}/accessors", IDEMPOTENT),
    Endpoint("replace_project_accessors", "POST", "/projects/{project_id}/accessors", IDEMPOTENT),
    Endpoint("remove_project_accessors", "DELETE", "/projects/{project_id}/accessors", IDEMPOTENT),
    Endpoint("list_flow_accessors", "GET", "/flows/{flow_id}/accessors", READ),
    Endpoint("add_flow_accessors", "PUT", "/flows/{flow_id}/accessors", IDEMPOTENT),
    Endpoint("replace_flow_accessors", "POST", "/flows/{flow_id}/accessors", IDEMPOTENT),
    Endpoint("remove_flow_accessors", "DELETE", "/flows/{flow_id}/accessors", IDEMPOTENT),
    Endpoint(
        "list_data_flow_accessors", "GET", "/data_flows/{data_flow_id}/accessors", READ, frozenset(["data_flow_id"])
    ),
    Endpoint(
        "add_data_flow_accessors",
        "PUT",
        "/data_flows/{data_flow_id}/accessors",
        IDEMPOTENT,
        frozenset(["data_flow_id"]),
    ),
    Endpoint(
        "replace_data_flow_accessors",
        "POST",
        "/data_flows/{data_flow_id}/accessors",
        IDEMPOTENT,
        frozenset(["data_flow_id"]),
    ),
    Endpoint(
        "remove_data_flow_accessors",
        "DELETE",
        "/data_flows/{data_flow_id}/accessors",
        IDEMPOTENT,
        frozenset(["data_flow_id"]),
    ),
    Endpoint("list_data_schema_accessors", "GET", "/data_schemas/{data_schema_id}/accessors", READ),
    Endpoint("add_data_schema_accessors", "PUT", "/data_schemas/{data_schema_id}/accessors", IDEMPOTENT),
    Endpoint("replace_data_schema_accessors", "POST", "/data_schemas/{data_schema_id}/accessors", IDEMPOTENT),
    Endpoint("remove_data_schema_accessors", "DELETE", "/data_schemas/{data_schema_id}/accessors", IDEMPOTENT),
    Endpoint("list_doc_container_accessors", "GET", "/doc_containers/{doc_container_id}/accessors", READ),
    Endpoint("add_doc_container_accessors", "PUT", "/doc_containers/{doc_container_id}/accessors", IDEMPOTENT),
    Endpoint("replace_doc_container_accessors", "POST", "/doc_containers/{doc_container_id}/accessors", IDEMPOTENT),
    Endpoint("remove_doc_container_accessors", "DELETE", "/doc_containers/{doc_container_id}/accessors", IDEMPOTENT),
    Endpoint("list_code_container_accessors", "GET", "/code_containers/{code_container_id}/accessors", READ),
    Endpoint("add_code_container_accessors", "PUT", "/code_containers/{code_container_id}/accessors", IDEMPOTENT),
    Endpoint("replace_code_container_accessors", "POST", "/code_containers/{code_container_id}/accessors", IDEMPOTENT),
    Endpoint("remove_code_container_accessors", "DELETE", "/code_containers/{code_container_id}/accessors", IDEMPOTENT),
    Endpoint("list_team_accessors", "GET", "/teams/{team_id}/accessors", READ),
    Endpoint("add_team_accessors", "PUT", "/teams/{team_id}/accessors", IDEMPOTENT),
    Endpoint("replace_team_accessors", "POST", "/teams/{team_id}/accessors", IDEMPOTENT),
    Endpoint("remove_team_accessors", "DELETE", "/teams/{team_id}/accessors", IDEMPOTENT),
)
