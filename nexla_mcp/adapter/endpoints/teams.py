"""Teams and their members (contract 15). POST replaces, PUT adds, DELETE without a body removes all."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_teams", "GET", "/teams", READ),
    Endpoint("create_team", "POST", "/teams", CREATE),
    Endpoint("get_team", "GET", "/teams/{team_id}", READ),
    Endpoint("update_team", "PUT", "/teams/{team_id}", IDEMPOTENT),
    Endpoint("delete_team", "DELETE", "/teams/{team_id}", IDEMPOTENT),
    Endpoint("list_team_members", "GET", "/teams/{team_id}/members", READ),
    Endpoint("add_team_members", "PUT", "/teams/{team_id}/members", IDEMPOTENT),
    Endpoint("replace_team_members", "POST", "/teams/{team_id}/members", IDEMPOTENT),
    Endpoint("remove_team_members", "DELETE", "/teams/{team_id}/members", IDEMPOTENT),
)
