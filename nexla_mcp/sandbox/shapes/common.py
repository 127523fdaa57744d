"""Objects that stand inside most answers (contract 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds

if TYPE_CHECKING:
    from nexla_mcp.sandbox.access import Access
    from nexla_mcp.sandbox.snapshot import Reading
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

Shape = dict[str, Any]

_DATABASES = frozenset(
    {
        "as400",
        "aws_athena",
        "azure_synapse",
        "bigquery",
        "cloudsql_mysql",
        "cloudsql_postgres",
        "cloudsql_sqlserver",
        "databricks",
        "db2",
        "firebolt",
        "gcp_alloydb",
        "gcp_spanner",
        "hana_jdbc",
        "hive",
        "mysql",
        "netsuite_jdbc",
        "oracle",
        "oracle_autonomous",
        "postgres",
        "redshift",
        "snowflake",
        "snowflake_dcr",
        "sqlserver",
        "sybase",
        "teradata",
    }
)
_API_COMPATIBLE = frozenset({"rest", "soap", "nexla_rest"})


def is_database(connector: str) -> bool:
    return connector in _DATABASES


def connector(code: str) -> Shape:
    return {
        "id": sum(map(ord, code)),
        "type": code,
        "connection_type": code,
        "name": code.replace("_", " ").title(),
        "description": f"{code.replace('_', ' ').title()} connector",
        "nexset_api_compatible": code in _API_COMPATIBLE,
    }


def owner(reading: Reading, user_id: int | None) -> Shape:
    user = reading.store.get(kinds.USERS, user_id or 0) or {}
    return {"id": user.get("id", user_id or 0), "full_name": user.get("full_name", ""), "email": user.get("email", "")}


def org(reading: Reading, org_id: int | None) -> Shape:
    document = reading.store.get(kinds.ORGS, org_id or 0) or {}
    return {
        "id": document.get("id", org_id or 0),
        "name": document.get("name", ""),
        "email_domain": document.get("email_domain", ""),
    }


def head(world: World, access: Access, kind: str, document: Document) -> Shape:
    """What every resource's object begins with."""
    return {
        "id": document["id"],
        "owner": owner(access, document["owner_id"]),
        "org": org(access, document["org_id"]),
        "access_roles": access.roles(kind, document),
        "name": document["name"],
        "description": document.get("description"),
    }


def tail(document: Document) -> Shape:
    """What every resource's object ends with."""
    return {
        "copied_from_id": document.get("copied_from_id"),
        "updated_at": document["updated_at"],
        "created_at": document["created_at"],
        "tags": list(document.get("tags") or []),
    }


def tail_of_number(document: Document) -> Shape:
    """The same where the spec knows `copied_from_id` only as a number: absent instead of null."""
    shape = tail(document)
    if shape["copied_from_id"] is None:
        del shape["copied_from_id"]
    return shape


def flat(access: Access, kind: str, document: Document) -> Shape:
    """Head of a row inside a flow object: ids instead of owner and org (contract 9.2)."""
    row = {name: document.get(name) for name in ("id", "owner_id", "org_id")}
    if kind in kinds.NODE_KINDS:
        row |= {name: document.get(name) for name in ("flow_node_id", "origin_node_id")}
    row |= {name: document.get(name) for name in ("name", "description")}
    row["access_roles"] = access.roles(kind, document)
    return row | tail(document)


def brief(document: Document) -> Shape:
    """A nexset or a credential as it stands inside other objects."""
    return {
        "id": document["id"],
        "owner_id": document["owner_id"],
        "org_id": document["org_id"],
        "name": document["name"],
        "description": document.get("description") or "",
        "updated_at": document["updated_at"],
        "created_at": document["created_at"],
    }


def schema(document: Document) -> Shape:
    """A nexset's output schema with the two keys the platform adds (contract 6)."""
    properties = (document.get("output_schema") or {}).get("properties", {})
    return {
        "properties": properties,
        "$schema": "http://json-schema.org/draft-04/schema#",
        "$schema-id": document["id"],
    }
