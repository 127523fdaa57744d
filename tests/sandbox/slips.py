"""Where the published document is wrong: the schemas held instead, and what is let pass, each with its reason."""

from __future__ import annotations

from typing import Any

SLIPS: dict[str, tuple[dict[str, Any], str]] = {
    "GET /users/current": (
        {"$ref": "urn:contract#/components/schemas/User"},
        "the document points to the transfer report, a copy error (contract 1.3)",
    ),
    "POST /data_credentials/{credential_id}/probe/sample": (
        {
            "type": "object",
            "required": ["status", "message", "connection_type", "output"],
            "properties": {
                "status": {"const": "ok"},
                "message": {"const": "Ok"},
                "connection_type": {"type": "string"},
                "output": {"$ref": "urn:contract#/components/schemas/probe_sample/properties/output"},
            },
        },
        "connection_type is an allOf of disjoint enums, which nothing satisfies (openapi-vs-sdk 4)",
    ),
    **{
        f"{method} /teams/{{team_id}}/members": (
            {
                "type": "array",
                "items": {
                    "required": ["id", "email", "admin"],
                    "properties": {
                        "id": {"type": "integer"},
                        "email": {"type": "string"},
                        "admin": {"type": "boolean"},
                    },
                },
            },
            "declared as rows of {members: [...]}; the flat array is served (contract 15)",
        )
        for method in ("GET", "PUT", "POST", "DELETE")
    },
    "GET /api_auth_configs": (
        {"type": "array", "items": {"$ref": "urn:contract#/components/schemas/AuthConfig"}},
        "declared as one object; a list is listed (contract 20)",
    ),
    "PUT /api_auth_configs/{auth_config_id}": (
        {"$ref": "urn:contract#/components/schemas/AuthConfig"},
        "body and answer of an auth setting, a copy error (contract 20)",
    ),
}
"""Where the document contradicts itself: the schema held instead, and why."""

TOLERATED = (
    (
        r"(parent_node_id|shared_origin_node_id|project_id|data_(source|set|sink)_id)$",
        r"^None is not of type 'number'",
        "ids of a flow node that do not apply are null (contract 9.1)",
    ),
    (r"copied_from_id$", r"^(None|\d+) is not of type", "an id in a copy, null in an original (contract 3, 9.4)"),
    (r"read_at$", r"^None is not of type 'string'", "null until it is read (contract 26)"),
    (r"description$", r"is not of type 'null'$", "text or null; the example alone was null (contract 6, 16)"),
    (r"code_type$", r"^'python3' is not one of", "python3 is a language of attribute transforms (contract 10)"),
    (r"code$", r"is not of type 'array'$", "text in an attribute transform (contract 10)"),
    (r"(source|sink)_config/", r"is not of type 'string'$", "connector schemas have objects and lists there"),
    (r"connection_type$", r"^'probe_tree_with_async' was expected", "the schema's own name as a constant"),
)
"""(path, message, why): what the document states too narrowly, against itself or against the contract."""
