"""How the paths of the API and the kinds of the store go together."""

from __future__ import annotations

CREDENTIALS = "data_credentials"
SOURCES = "data_sources"
NEXSETS = "data_sets"
DESTINATIONS = "data_sinks"
FLOW_NODES = "flow_nodes"
CODE = "code_containers"
LOOKUPS = "data_maps"
PROJECTS = "projects"
TEAMS = "teams"
USERS = "users"
ORGS = "orgs"
ACCESSORS = "accessors"
AUDIT = "audit"
DOCS = "doc_containers"
SCHEMAS = "data_schemas"

NODE_KINDS = (SOURCES, NEXSETS, DESTINATIONS)
"""What a flow node can stand for."""

NODE_FIELD = {SOURCES: "data_source_id", NEXSETS: "data_set_id", DESTINATIONS: "data_sink_id"}

KIND_OF_COLLECTION = {
    CREDENTIALS: CREDENTIALS,
    SOURCES: SOURCES,
    NEXSETS: NEXSETS,
    DESTINATIONS: DESTINATIONS,
    "flows": FLOW_NODES,
    "data_flows": FLOW_NODES,
    CODE: CODE,
    "transforms": CODE,
    "attribute_transforms": CODE,
    LOOKUPS: LOOKUPS,
    PROJECTS: PROJECTS,
    TEAMS: TEAMS,
    USERS: USERS,
    ORGS: ORGS,
    DOCS: DOCS,
    SCHEMAS: SCHEMAS,
}
"""Store kind by the first segment of an API path."""

ITEM_TYPES = {
    CREDENTIALS: "DataCredentials",
    SOURCES: "DataSource",
    NEXSETS: "DataSet",
    DESTINATIONS: "DataSink",
    FLOW_NODES: "FlowNode",
    CODE: "CodeContainer",
    LOOKUPS: "DataMap",
    PROJECTS: "Project",
    TEAMS: "Team",
    USERS: "User",
    ORGS: "Org",
    DOCS: "DocContainer",
    SCHEMAS: "DataSchema",
    "runtimes": "Runtime",
}
"""`item_type` of audit entries (contract 22)."""
