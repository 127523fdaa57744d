"""Which fields of the connector schemas are secrets.

The rule is the package's own (`domain.secrets`), which judges a key by its words. This module adds what only
the schemas tell: a boolean, a number or a choice among published values holds no secret; and the fields where
the rule was checked by hand against all connectors and found wrong, with the reason beside each.

Names that identify without opening anything are no secrets (`access_key_id`, `external_id`, `oauth2.client.id`,
a public key, a KMS key's name). `access_key`, `access.key` and `consumer_key` stay secrets: people paste the
wrong half of a pair into them.
"""

from __future__ import annotations

from nexla_mcp.domain.secrets import is_secret_name

NOT_SECRET: dict[str, str] = {
    "api.key.auth.key": "the name of the header or parameter; the key is in api.key.auth.value",
    "jwt.token.header": "the name of the header that carries the token",
    "jwt.claim.extra.json": "claims, which any reader of the token sees",
}

# By the connector's code, or `*` for all credentials.
SECRET_CREDENTIAL_FIELDS: dict[tuple[str, str], str] = {
    ("*", "request.headers"): "a header line may carry an Authorization",
    ("*", "test.body"): "a body written for the login test may repeat the login",
    ("*", "vendor.other_info"): "free text kept from a token exchange",
    ("*", "jdbc.parameters"): "driver parameters may hold a password",
    ("*", "oauth1.extra.parameters"): "free parameters of a signed request",
    ("*", "oauth1.request_url.req_url_params"): "may hold a consumer secret",
    ("databricks", "url"): "a JDBC address may hold PWD=",
    ("mongo", "url"): "a connection string holds the user and password",
    ("netsuite_jdbc", "url"): "a JDBC address may hold a password",
}


def is_secret(role: str, code: str, key: str, kind: str, *, enumerated: bool = False) -> bool:
    """Whether a field's value is a secret.

    Args:
        role: `credential`, `source` or `destination`.
        code: The connector's code.
        key: The field's own key, without those above it.
        kind: The field's type as in `Field.type`.
        enumerated: Whether the contract publishes the values it may take.
    """
    if enumerated or kind in {"boolean", "number"} or key in NOT_SECRET:
        return False
    listed = role == "credential" and any((owner, key) in SECRET_CREDENTIAL_FIELDS for owner in ("*", code))
    return listed or is_secret_name(key)
