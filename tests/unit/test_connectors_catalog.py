"""The catalog says what the contract says: nothing lost, nothing invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nexla_mcp.connectors import Connector, Part, generate, load_catalog
from nexla_mcp.connectors.catalog import _ALIASES, _FAMILIES
from nexla_mcp.connectors.extract import catalog_data, merged
from nexla_mcp.connectors.secret_fields import NOT_SECRET, SECRET_CREDENTIAL_FIELDS, is_secret
from nexla_mcp.connectors.variants import GROUPS
from nexla_mcp.connectors.words import DESCRIPTIONS
from nexla_mcp.domain.errors import ErrorCode, Failure

DOCUMENT_PATH = Path(__file__).parents[1] / "contract" / "openapi.json"
DOCUMENT = json.loads(DOCUMENT_PATH.read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
CATALOG = load_catalog()
CODES = [summary.code for summary in CATALOG.connectors()]

# Contract 4.2, by hand.
KINDS = {
    "file": "azure_blb azure_data_lake box delta_lake_azure_blb delta_lake_azure_data_lake delta_lake_s3 dropbox ftp "
    "gcs gdrive min_io_s3 s3 s3_iceberg sharepoint webdav",
    "database": "as400 aws_athena azure_synapse bigquery cloudsql_mysql cloudsql_postgres cloudsql_sqlserver "
    "databricks db2 firebolt gcp_alloydb gcp_spanner hana_jdbc hive mysql netsuite_jdbc oracle oracle_autonomous "
    "postgres redshift snowflake snowflake_dcr sqlserver sybase teradata",
    "nosql": "dynamodb firebase mongo",
    "stream": "confluent_kafka google_pubsub jms kafka tibco",
    "vector": "pinecone",
    "api": "rest soap",
    "special": "file_upload nexla_rest nexla_monitor data_map email",
}


def part(code: str, role: str) -> Part:
    found = getattr(CATALOG.connector(code), role)
    assert found is not None
    return found


def enum_codes() -> set[str]:
    names = ("File", "Database", "NoSql", "Kafka", "VectorDB")
    kinds = [SCHEMAS[f"ConnectorType{name}"] for name in names]
    return {code for kind in kinds for code in kind.get("enum", [kind.get("const")])}


def test_every_code_of_the_contract_is_there_with_its_kind() -> None:
    assert {summary.code: summary.kind for summary in CATALOG.connectors()} == {
        code: kind for kind, codes in KINDS.items() for code in codes.split()
    }
    assert enum_codes() <= set(CODES)
    assert sorted(CODES) == CODES


def test_every_connector_schema_of_the_document_is_a_part() -> None:
    """Independent of the generator: any schema that pins a connector's code must be a part."""
    endings = {"_data_credential": "credential", "_data_source": "source", "_data_sink": "destination"}
    keys = {"credential": "credentials_type", "source": "source_type", "destination": "sink_type"}
    pinned = 0
    for name, schema in SCHEMAS.items():
        for ending, role in endings.items():
            text = json.dumps(schema)
            if name.endswith(ending) and f'"{keys[role]}": {{"const"' in text:
                pinned += 1
                assert role in CATALOG.connector(name.removesuffix(ending)).can, name
    # nexla_monitor's source is a bare reference to that of rest.
    assert pinned + 1 == sum(len(CATALOG.connector(code).can) for code in CODES)


def keys_under(schema: dict, container: str) -> set[str]:
    """The keys of a config, by a walk that knows nothing of merging."""
    found: set[str] = set()
    if "$ref" in schema:
        found |= keys_under(SCHEMAS[schema["$ref"].rsplit("/", 1)[1]], container)
    for branch in schema.get("allOf", []):
        found |= keys_under(branch, container)
    return found | set(schema.get("properties", {}).get(container, {}).get("properties", {}))


@pytest.mark.parametrize("code", CODES)
def test_no_field_of_a_config_is_lost_or_invented(code: str) -> None:
    endings = {"credential": "credential", "source": "source", "destination": "sink"}
    for each in CATALOG.connector(code).parts():
        expected = keys_under(SCHEMAS[f"{code}_data_{endings[each.role]}"], each.container)
        assert {field.path[0] for field in each.fields} == expected


def required(each: Part) -> set[str]:
    return {field.name for field in each.fields if field.required}


def test_s3_as_the_contract_has_it() -> None:
    credential = part("s3", "credential")
    assert required(credential) == {"s3_auth_type"}
    field = credential.field("s3_auth_type")
    assert field is not None
    assert field.enum == ("Access Key", "ARN", "Instance Role")
    assert required(part("s3", "source")) == {"start.cron", "path"}
    assert required(part("s3", "destination")) == {"path", "data_format", "mapping/mode", "mapping/tracker_mode"}
    assert part("s3", "destination").required == ("path", "data_format")


def test_snowflake_as_the_contract_has_it() -> None:
    credential = part("snowflake", "credential")
    assert required(credential) == {
        "host",
        "port",
        "snowflake.auth.type",
        "username",
        "warehouse_name",
        "database_name",
        "schema_name",
        "database.field.QUERY_TAG",
    }
    assert {"has_ssh_tunnel", "tunnel.bastion.host"} <= {field.name for field in credential.fields}
    sink = part("snowflake", "destination")
    assert sink.required == ("table", "insert.mode", "mapping")
    types = sink.field("mapping/mapping/*/*")
    assert types is not None
    assert {"VARIANT", "TIMESTAMP_NTZ"} <= set(types.enum)
    assert [field.name for field in sink.beside] == ["create_destination"]


def test_postgres_kafka_and_rest_as_the_contract_has_them() -> None:
    assert required(part("postgres", "credential")) == {"host", "port", "username", "password", "database_name"}
    assert part("postgres", "source").field("cdc.enabled") is not None
    assert part("snowflake", "source").field("cdc.enabled") is None
    kafka = part("kafka", "credential")
    protocol = kafka.field("security.protocol")
    assert required(kafka) == {"target.bootstrap.servers", "security.protocol"}
    assert protocol is not None
    assert protocol.enum == ("PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL")
    assert required(part("kafka", "source")) == {"start.cron", "parser.type", "topic"}
    assert required(part("kafka", "destination")) == {"topic"}
    assert required(part("rest", "credential")) == {"auth.type", "test.url", "test.method", "test.content.type"}
    assert part("rest", "source").required == ("rest.iterations",)
    assert {"rest.iterations[]/key", "rest.iterations[]/iteration.type"} <= required(part("rest", "source"))


def test_what_a_connector_says_itself_wins_over_what_its_kind_says() -> None:
    parser = part("confluent_kafka", "source").field("parser.type")
    mode = part("bigquery", "destination").field("mapping/mode")
    spreadsheet = part("gdrive", "destination").field("data_format")
    assert parser is not None
    assert mode is not None
    assert spreadsheet is not None
    assert "avro" in parser.enum
    assert mode.enum == ("auto", "manual")
    assert "GOOGLE_SPREADSHEET" in spreadsheet.enum


def test_integers_are_numbers_as_in_the_document() -> None:
    port = part("postgres", "credential").field("port")
    assert port is not None
    assert port.type == "number"


def test_merging_changes_nothing_it_reads() -> None:
    before = json.dumps(SCHEMAS)
    merged(SCHEMAS["bigquery_data_sink"], SCHEMAS)
    catalog_data(DOCUMENT)
    assert json.dumps(SCHEMAS) == before


@pytest.mark.parametrize(
    ("text", "code"),
    [("s3", "s3"), ("AWS S3", "s3"), ("postgresql", "postgres"), ("SQL-Server", "sqlserver"), (" MongoDB ", "mongo")],
)
def test_people_call_connectors_by_other_names(text: str, code: str) -> None:
    assert CATALOG.connector(text).code == code


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(Failure) as raised:
        CATALOG.connector("snowflak")
    assert raised.value.info.code is ErrorCode.NOT_FOUND
    assert raised.value.info.hint is not None
    assert raised.value.info.hint.startswith("Nearest: snowflake")


def test_a_family_name_is_answered_with_the_choice() -> None:
    with pytest.raises(Failure) as raised:
        CATALOG.connector("GCP")
    assert raised.value.info.code is ErrorCode.AMBIGUOUS
    assert "gcs" in str(raised.value.info.hint)


def test_no_code_at_all_is_bad_input() -> None:
    with pytest.raises(Failure) as raised:
        CATALOG.connector("  ")
    assert raised.value.info.code is ErrorCode.BAD_INPUT


def test_every_alias_and_family_names_a_connector() -> None:
    named = {*_ALIASES.values(), *(code for family in _FAMILIES.values() for code in family)}
    assert named <= set(CODES)
    assert not (_ALIASES.keys() | _FAMILIES.keys()) & set(CODES)


@pytest.mark.parametrize(
    ("code", "name", "secret"),
    [
        ("s3", "secret_key", True),
        ("s3", "access_key", True),
        ("s3_iceberg", "access_key_id", False),
        ("s3", "kms_key", False),
        ("s3", "external_id", False),
        ("s3", "external.public.key", False),
        ("s3", "encrypt.private.key", True),
        ("snowflake", "password", True),
        ("snowflake", "snowflake.privateKey", True),
        ("snowflake", "snowflake.privateKey.passphrase", True),
        ("snowflake", "snowflake.auth.type", False),
        ("azure_blb", "sas.token", True),
        ("azure_blb", "key.connection.string", True),
        ("azure_blb", "storage.account.key", True),
        ("azure_blb", "storage.account.name", False),
        ("gcs", "json_creds", True),
        ("gcs", "oauth2.access.token.url", False),
        ("gcs", "vendor.has_token_expiration_ts", False),
        ("kafka", "sasl.jaas.config", True),
        ("mongo", "url", True),
        ("webdav", "url", False),
        ("oracle_autonomous", "oracle_wallet", True),
        ("pinecone", "api_key", True),
        ("rest", "api.key.auth.key", False),
        ("rest", "api.key.auth.value", True),
        ("rest", "client.p12", True),
        ("rest", "gcp.service.account.credentials.json", True),
        ("rest", "request.headers", True),
        ("rest", "jwt.token.algorithm", False),
        ("rest", "token.auth.token.include.cookie", False),
        ("databricks", "databricks.field.OAuth2Secret", True),
        ("databricks", "databricks.cloud.credentials.id", False),
        ("min_io_s3", "nx_external.auth.props", True),
    ],
)
def test_secrets_are_marked(code: str, name: str, secret: bool) -> None:
    field = part(code, "credential").field(name)
    assert field is not None
    assert field.secret is secret


def test_secrets_outside_credentials() -> None:
    assert part("s3", "source").secrets == ("pdf.document.password",)
    assert part("nexla_rest", "source").secrets == ("hash_secret_key",)
    for code in CODES:
        destination = CATALOG.connector(code).destination
        assert destination is None or destination.secrets == ()


@pytest.mark.parametrize("name", ["map_primary_key", "key_prefix", "primary.key", "message.key", "group.by.keys"])
def test_keys_that_open_nothing_are_no_secrets(name: str) -> None:
    assert not is_secret("destination", "s3", name, "string")


def test_no_exception_is_left_over() -> None:
    credentials = [connector.credential for connector in map(CATALOG.connector, CODES) if connector.credential]
    present = {field.name for credential in credentials for field in credential.fields}
    assert NOT_SECRET.keys() <= present
    for code, name in SECRET_CREDENTIAL_FIELDS:
        assert name in present if code == "*" else part(code, "credential").field(name)
    assert GROUPS.keys() <= present
    everything = {
        field.name
        for code in CODES
        for each in CATALOG.connector(code).parts()
        for field in (*each.fields, *each.beside)
    }
    assert DESCRIPTIONS.keys() <= everything


def test_variants_group_the_ways_to_log_in() -> None:
    groups = {variant.value: variant.fields for variant in part("snowflake", "credential").variants}
    assert groups["basic"] == ("password",)
    assert groups["key_pair"] == ("snowflake.privateKey", "snowflake.privateKey.passphrase")
    rest = {variant.value: variant.fields for variant in part("rest", "credential").variants}
    assert rest["BASIC"] == ("basic.username", "basic.password")
    assert rest["NONE"] == ()
    offered = part("rest", "credential").field("auth.type")
    assert offered is not None
    assert list(rest) == list(offered.enum)
    assert part("postgres", "credential").variants == ()


def test_a_connector_without_a_credential_has_none() -> None:
    without = {code for code in CODES if CATALOG.connector(code).credential is None}
    assert without == {"file_upload", "nexla_rest", "email", "data_map"}
    assert CATALOG.connector("nexla_monitor").credential is not None


def test_as_json_leaves_out_what_is_absent() -> None:
    shown = CATALOG.connector("data_map").as_json()
    assert shown["destination"]["beside"][0] == {"name": "data_map", "type": "object", "required": True}
    assert "credential" not in shown
    assert json.loads(json.dumps(shown)) == shown
    assert isinstance(CATALOG.connector("s3"), Connector)


def test_generation_is_deterministic_and_checked_in() -> None:
    texts = generate.generated(json.loads(DOCUMENT_PATH.read_text(encoding="utf-8")))
    assert texts == generate.generated(DOCUMENT)
    assert [path.name for path, text in texts.items() if path.read_text(encoding="utf-8") != text] == []
    assert sum(len(text) for path, text in texts.items() if path.suffix == ".json") < 400_000
    assert generate.main([str(DOCUMENT_PATH), "--check"]) == 0


def test_check_fails_and_names_what_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    monkeypatch.setattr(generate, "PACKAGE", tmp_path)
    assert generate.main([str(DOCUMENT_PATH), "--check"]) == 1
    assert "catalog.json is stale" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "gone.md").write_text("a connector that is no more", encoding="utf-8")
    assert generate.main([str(DOCUMENT_PATH)]) == 0
    assert not (tmp_path / "gone.md").exists()
    assert generate.main([str(DOCUMENT_PATH), "--check"]) == 0
