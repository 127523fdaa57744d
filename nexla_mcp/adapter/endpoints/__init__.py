"""Every operation of the published contract, one line each, with what may be repeated declared by hand.

DESIGN "The adapter" gives the meaning of the four words. A method alone does not tell: POST accessors replaces
a list, a probe is a GET that acts on a third party, a copy is a create, and one GET uses up a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nexla_mcp.adapter.endpoint import Endpoint
from nexla_mcp.adapter.endpoints import (
    accessors,
    administration,
    audit,
    credentials,
    destinations,
    flows,
    lookups,
    monitoring,
    nexsets,
    notifications,
    orgs,
    platform,
    projects,
    sources,
    teams,
    transforms,
    users,
)

_FAMILIES = (
    credentials,
    sources,
    nexsets,
    destinations,
    flows,
    transforms,
    lookups,
    projects,
    teams,
    orgs,
    users,
    notifications,
    monitoring,
    accessors,
    audit,
    platform,
    administration,
)

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {endpoint.name: endpoint for family in _FAMILIES for endpoint in family.ENDPOINTS}
)
"""All endpoints by name."""

SDK_ONLY: frozenset[str] = frozenset(
    {
        "activate_org_members",
        "create_org",
        "deactivate_org_members",
        "delete_org",
        "delete_user",
        "get_account_summary",
        "get_active_flows_metrics",
        "get_flow_health",
        "get_flow_logs",
        "get_flow_metrics_alternative",
        "get_flow_metrics_of_period",
        "get_flow_run_status",
        "get_org_account_summary",
        "get_org_flow_status_metrics",
        "get_org_health",
        "get_org_resource_audit_log",
        "get_resource_logs_alternative",
        "get_user_flow_status_metrics",
        "list_flow_health",
        "list_nexset_docs",
        "list_transferable_resources",
        "replace_nexset_docs",
        "replace_org_members",
        "search_flow_logs",
        "search_project_flows",
        "transfer_resources",
    }
)
"""Names of the operations that the SDK sends and the published contract does not have."""
