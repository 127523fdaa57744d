"""What is hidden and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.domain.secrets import MASK, is_secret_name, mask_secrets, mask_text

SECRET = [
    "password",
    "basic.password",
    "snowflake.privateKey",
    "snowflake.privateKey.passphrase",
    "aws.secret.key",
    "access_key",
    "api_key",
    "api.key.auth.value",
    "oauth2.client.secret",
    "sas.token",
    "storage.account.key",
    "sasl.jaas.config",
    "vendor.refresh_token",
    "json_creds",
    "gcp.service.account.credentials.json",
    "key.connection.string",
    "token.auth.body",
    "apiKey",
    "X-Api-Key",
    "Authorization",
    "hash_secret_key",
    "pdf.document.password",
    "client.p12",
    "oracle_wallet",
    "databricks.field.OAuth2Secret",
    "webhook_url",
]
OPEN = [
    "username",
    "host",
    "port",
    "primary.key",
    "message.key",
    "key",
    "timestamp.key",
    "token.auth.url",
    "oauth2.access.token.url",
    "token_type",
    "access_key_id",
    "auth.type",
    "credentials_type",
    "data_credentials_id",
    "has_client_encryption",
    "response.next.token.data.path",
    "end.token.to",
    "path",
    "start.cron",
    "results.pass.through",
    "group.by.keys",
    "external_id",
    "tokenizer",
]


@pytest.mark.parametrize("name", SECRET)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", OPEN)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://user:hunter2@host/db",
        "postgresql://user:p@hunter2@host/db",
        "https://host/x?api_key=hunter2&y=1",
        "Authorization: Bearer hunter2",
        "Authorization: Basic hunter2==",
        "Server=db;Password=hun ter2 hunter2;User=me",
        "AccountName=a;AccountKey=hunter2==;",
        '{"client_secret": "hunter2"}',
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
        "grant_type=x&client_secret=hunter2",
        'username="u" password="hunter2";',
    ],
)
def test_secrets_inside_text(text: str) -> None:
    assert "hunter2" not in mask_text(text)
    assert MASK in mask_text(text)


def test_plain_text_stays() -> None:
    text = "select id, primary_key from orders where day > '2026-01-01' -- https://host/a:b/c"
    assert mask_text(text) == text


def test_a_name_and_value_pair_is_judged_by_its_name() -> None:
    config = {"headers": [{"name": "X-Api-Key", "value": "hunter2"}, {"name": "Accept", "value": "json"}]}
    assert mask_secrets(config) == {
        "headers": [{"name": "X-Api-Key", "value": MASK}, {"name": "Accept", "value": "json"}]
    }


def test_references_and_empty_values_stay() -> None:
    config = {"password": "env:PW", "secret": "", "token": None, "api_key": False}
    assert mask_secrets(config) == config


def test_the_argument_is_not_changed() -> None:
    config = {"password": "x", "inner": {"password": ["y"]}}
    assert mask_secrets(config) == {"password": MASK, "inner": {"password": [MASK]}}
    assert config == {"password": "x", "inner": {"password": ["y"]}}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(VALUES)
def test_masking_twice_is_masking_once(value: Any) -> None:
    once = mask_secrets(value)
    assert mask_secrets(once) == once
