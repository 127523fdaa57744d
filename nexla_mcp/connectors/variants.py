"""Which credential fields go together, by the names they share with the value that is chosen.

The contract lists a credential's fields side by side. These groups are read off the names, so they guide and
never refuse: `validate` does not use them.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from nexla_mcp.connectors.model import Field, Variant

_AZURE: dict[Any, tuple[str, ...]] = {
    "SAS Token": ("sas.token",),
    "Connection String": ("key.connection.string",),
    "Storage Account Key": ("storage.account.key",),
}

# Choosing field → value → patterns of the fields that go with it.
GROUPS: dict[str, dict[Any, tuple[str, ...]]] = {
    "s3_auth_type": {
        "Access Key": ("access_key", "access_key_id", "secret_key"),
        "ARN": ("arn", "external_id"),
        "Instance Role": (),
    },
    "azure_blb.auth.type": _AZURE,
    "azure_dl.auth.type": _AZURE,
    "snowflake.auth.type": {"basic": ("password",), "key_pair": ("snowflake.privateKey*",)},
    "databricks_auth_type": {
        "token": ("username", "password"),
        "oidc": ("databricks.field.*",),
    },
    "ui.url_format": {
        "jdbc_url": ("url",),
        "connection_url": ("url",),
        "http_path_parts": ("host", "port", "http_path"),
    },
    "tba_enabled": {
        True: ("account_id", "consumer_key", "consumer_secret", "token", "token_secret"),
        False: ("username", "password"),
    },
    "is_service_account": {
        True: ("json_creds",),
        False: ("auth.type", "oauth2.*", "vendor.*", "access_token"),
    },
    "auth.type": {
        "NONE": (),
        "BASIC": ("basic.*",),
        "API_KEY": ("api.key.*",),
        "TOKEN": ("token.auth.*",),
        "OAUTH1": ("oauth1.*",),
        "OAUTH2": ("oauth2.*", "vendor.*"),
        "AWS_SIGNATURE": ("aws.*",),
        "gcp_service_account": ("gcp.*",),
    },
}


def credential_variants(fields: tuple[Field, ...]) -> tuple[Variant, ...]:
    """The groups that apply to a credential with these fields; empty when there is one way to log in."""
    found: list[Variant] = []
    for field in fields:
        groups = GROUPS.get(field.name, {})
        offered = [value for value in groups if not field.enum or value in field.enum]
        variants = [Variant(field.name, value, _matching(fields, groups[value])) for value in offered]
        if sum(bool(variant.fields) for variant in variants) > 1 or _is_choice(field, variants):
            found.extend(variants)
    return tuple(found)


def _is_choice(field: Field, variants: list[Variant]) -> bool:
    return len(field.enum) > 1 and any(variant.fields for variant in variants)


def _matching(fields: tuple[Field, ...], patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field.name for field in fields if any(fnmatchcase(field.name, pattern) for pattern in patterns))
