"""Every operation that is known to exist, so that an unserved one answers 501 and not 404.

`PUBLISHED` are the operations of the published OpenAPI (a test compares them with its copy);
`SDK_ONLY` are those which only the vendor's SDK shows (contract rows tagged [sdk]).
"""

from __future__ import annotations

PUBLISHED = """
GET POST /data_credentials
GET PUT DELETE /data_credentials/{credential_id}
GET /data_credentials/{credential_id}/probe
POST /data_credentials/{credential_id}/probe/tree
POST /data_credentials/{credential_id}/probe/sample
GET /flows
GET DELETE /flows/{flow_id}
PUT /flows/{flow_id}/activate
PUT /flows/{flow_id}/pause
POST /flows/{flow_id}/copy
POST /flows/{flow_id}/docs/recommendation
GET DELETE /{resource_type}/{resource_id}/flow
PUT /{resource_type}/{resource_id}/activate
PUT /{resource_type}/{resource_id}/pause
GET POST /data_sources
GET PUT DELETE /data_sources/{source_id}
PUT /data_sources/{source_id}/activate
PUT /data_sources/{source_id}/pause
POST /data_sources/{source_id}/copy
GET POST /data_sets
GET PUT DELETE /data_sets/{set_id}
PUT /data_sets/{set_id}/activate
PUT /data_sets/{set_id}/pause
POST /data_sets/{set_id}/copy
GET /data_sets/{set_id}/samples
POST /data_sets/{data_set_id}/docs/recommendation
GET POST /data_sinks
GET PUT DELETE /data_sinks/{sink_id}
PUT /data_sinks/{sink_id}/activate
PUT /data_sinks/{sink_id}/pause
POST /data_sinks/{sink_id}/copy
GET POST /data_maps
GET PUT DELETE /data_maps/{data_map_id}
PUT /data_maps/{data_map_id}/entries
GET DELETE /data_maps/{data_map_id}/entries/{entry_keys}
GET POST /transforms
GET PUT DELETE /transforms/{transform_id}
POST /transforms/{transform_id}/copy
GET /transforms/public
GET POST /attribute_transforms
GET PUT DELETE /attribute_transforms/{attribute_transform_id}
GET /attribute_transforms/public
GET POST /code_containers
GET PUT DELETE /code_containers/{code_container_id}
POST /code_containers/{code_container_id}/copy
GET /code_containers/public
GET POST /projects
GET PUT DELETE /projects/{project_id}
GET POST PUT DELETE /projects/{project_id}/flows
GET POST PUT DELETE /projects/{project_id}/data_flows
GET /orgs
GET PUT /orgs/{org_id}
GET PUT DELETE /orgs/{org_id}/members
GET POST /teams
GET PUT DELETE /teams/{team_id}
GET POST PUT DELETE /teams/{team_id}/members
GET POST /users
GET PUT /users/{user_id}
GET /users/current
GET /user_settings
GET /notifications
GET DELETE /notifications/{notification_id}
DELETE /notifications/all
GET /notifications/count
PUT /notifications/mark_read
PUT /notifications/mark_unread
GET /notification_types
GET /notification_types/list
GET POST /notification_channel_settings
GET PUT DELETE /notification_channel_settings/{notification_channel_setting_id}
GET POST /notification_settings
GET PUT DELETE /notification_settings/{notification_setting_id}
GET /notification_settings/notification_types/{notification_type_id}
GET /notification_settings/{resource_type}/{resource_id}
GET /orgs/{org_id}/flows/account_metrics
GET /users/{user_id}/flows/account_metrics
GET /users/{user_id}/flows/dashboard
GET /users/{user_id}/metrics
GET /{resource_type}/{resource_id}/metrics
GET /{resource_type}/{resource_id}/metrics/run_summary
GET /data_flows/{resource_type}/{resource_id}/metrics
GET /data_flows/{resource_type}/{resource_id}/logs
GET /data_sources/{source_id}/audit_log
GET /data_sinks/{sink_id}/audit_log
GET /data_sets/{set_id}/audit_log
GET /data_credentials/{credential_id}/audit_log
GET /data_maps/{data_map_id}/audit_log
GET /data_schemas/{schema_id}/audit_log
GET /code_containers/{code_container_id}/audit_log
GET /projects/{project_id}/audit_log
GET /doc_containers/{doc_container_id}/audit_log
GET /users/{user_id}/audit_log
GET /orgs/{org_id}/audit_log
GET /teams/{team_id}/audit_log
GET POST PUT DELETE /users/{user_id}/quarantine_settings
GET /approval_requests/pending
GET /approval_requests/requested
PUT /approval_requests/{request_id}/approve
DELETE /approval_requests/{request_id}/reject
GET POST PUT DELETE /data_sources/{data_source_id}/accessors
GET POST PUT DELETE /data_sets/{data_set_id}/accessors
GET POST PUT DELETE /data_sinks/{data_sink_id}/accessors
GET POST PUT DELETE /data_maps/{data_map_id}/accessors
GET POST PUT DELETE /data_credentials/{data_credential_id}/accessors
GET POST PUT DELETE /projects/{project_id}/accessors
GET POST PUT DELETE /flows/{flow_id}/accessors
GET POST PUT DELETE /data_flows/{data_flow_id}/accessors
GET POST PUT DELETE /data_schemas/{data_schema_id}/accessors
GET POST PUT DELETE /doc_containers/{doc_container_id}/accessors
GET POST PUT DELETE /code_containers/{code_container_id}/accessors
GET POST PUT DELETE /teams/{team_id}/accessors
GET POST /marketplace/domains
GET /marketplace/domains/for_org
GET POST PUT DELETE /marketplace/domains/{domain_id}
GET POST /marketplace/domains/{domain_id}/items
GET POST PUT DELETE /marketplace/domains/{domain_id}/custodians
GET POST PUT DELETE /orgs/{org_id}/custodians
POST /token
POST /token/logout
GET /limits
GET POST /api_auth_configs
GET /api_auth_configs/all
GET PUT DELETE /api_auth_configs/{auth_config_id}
POST /signup
GET /signup/verify_email
GET /self_signup_requests
PUT /self_signup_requests/{request_id}/approve
GET POST /self_signup_blocked_domains
PUT DELETE /self_signup_blocked_domains/{domain_id}
GET /orgs/{org_id}/auth_settings
PUT /orgs/{org_id}/auth_settings/{auth_setting_id}
GET POST /async_tasks
GET /async_tasks/of_type/{task_type}
GET /async_tasks/by_status/{status}
GET /async_tasks/types
GET /async_tasks/explain_arguments/{task_type}
GET DELETE /async_tasks/{task_id}
POST /async_tasks/{task_id}/rerun
GET /async_tasks/{task_id}/result
GET /async_tasks/{task_id}/download_link
POST /async_tasks/{task_id}/acknowledge
GET POST /runtimes
GET PUT DELETE /runtimes/{runtime_id}
PUT /runtimes/{runtime_id}/activate
PUT /runtimes/{runtime_id}/pause
GET POST /gen_ai_integration_configs
GET PUT DELETE /gen_ai_integration_configs/{gen_ai_config_id}
GET POST /gen_ai_org_settings
GET DELETE /gen_ai_org_settings/{gen_ai_org_setting_id}
GET /gen_ai_org_settings/active_config
"""

SDK_ONLY = """
POST /token/refresh
GET /flows/{flow_id}/logs
POST /flows/{flow_id}/logs_v2
GET /flows/{flow_id}/run_status/{run_id}
GET /health/org/all
GET /health/org/flows
GET /health/flow/{flow_id}
GET /data_flows/metrics/active_flows_metrics
GET /data_flows/metrics/{period}
GET /{resource_type}/{resource_id}/flow/logs
GET /{resource_type}/{resource_id}/flow/metrics
GET /{resource_type}/{resource_id}/flow/{metric_type}
GET POST /data_sets/{set_id}/docs
POST /data_sets/{set_id}/semantic_schema
POST /projects/{project_id}/flows/search
POST /orgs
DELETE /orgs/{org_id}
POST /orgs/{org_id}/members
PUT /orgs/{org_id}/members/activate
PUT /orgs/{org_id}/members/deactivate
GET /orgs/account_summary
GET /orgs/{org_id}/account_summary
GET /orgs/{org_id}/flows/status_metrics
GET /orgs/{org_id}/{resource_type}/audit_log
DELETE /users/{user_id}
GET /users/{user_id}/flows/status_metrics
GET /users/{user_id}/transferable
PUT /users/{user_id}/transfer
GET POST PUT DELETE /transforms/{transform_id}/accessors
"""


def operations(text: str) -> list[tuple[str, str]]:
    """(method, template) pairs of one of the lists above."""
    pairs: list[tuple[str, str]] = []
    for line in text.strip().splitlines():
        *methods, template = line.split()
        pairs += [(method, template) for method in methods]
    return pairs


KNOWN: tuple[tuple[str, str], ...] = (*operations(PUBLISHED), *operations(SDK_ONLY))
