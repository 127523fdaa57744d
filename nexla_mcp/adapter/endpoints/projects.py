"""Projects and their flows (contract 14). POST replaces, PUT adds, DELETE without a body removes all."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_projects", "GET", "/projects", READ),
    Endpoint("create_project", "POST", "/projects", CREATE),
    Endpoint("get_project", "GET", "/projects/{project_id}", READ),
    Endpoint("update_project", "PUT", "/projects/{project_id}", IDEMPOTENT),
    Endpoint("delete_project", "DELETE", "/projects/{project_id}", IDEMPOTENT),
    Endpoint("list_project_flows", "GET", "/projects/{project_id}/flows", READ),
    Endpoint("add_project_flows", "PUT", "/projects/{project_id}/flows", IDEMPOTENT),
    Endpoint("replace_project_flows", "POST", "/projects/{project_id}/flows", IDEMPOTENT),
    Endpoint("remove_project_flows", "DELETE", "/projects/{project_id}/flows", IDEMPOTENT),
    Endpoint("search_project_flows", "POST", "/projects/{project_id}/flows/search", READ),
    Endpoint("list_project_data_flows", "GET", "/projects/{project_id}/data_flows", READ),
    Endpoint("add_project_data_flows", "PUT", "/projects/{project_id}/data_flows", IDEMPOTENT),
    Endpoint("replace_project_data_flows", "POST", "/projects/{project_id}/data_flows", IDEMPOTENT),
    Endpoint("remove_project_data_flows", "DELETE", "/projects/{project_id}/data_flows", IDEMPOTENT),
)
