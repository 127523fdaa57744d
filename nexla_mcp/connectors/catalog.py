"""The catalog at run time: read once from the generated file, asked by code or by what people call a system."""

from __future__ import annotations

import difflib
import json
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from nexla_mcp.connectors.model import ROLES, Connector, ConnectorSummary, Field, Part
from nexla_mcp.connectors.variants import credential_variants
from nexla_mcp.connectors.words import DESCRIPTIONS, EXAMPLES, FORMATS
from nexla_mcp.domain.errors import ErrorCode, Failure

_ALIASES: dict[str, str] = {
    "adls": "azure_data_lake",
    "alloydb": "gcp_alloydb",
    "amazon_s3": "s3",
    "api": "rest",
    "as_400": "as400",
    "athena": "aws_athena",
    "aws_s3": "s3",
    "azure_blob": "azure_blb",
    "azure_blob_storage": "azure_blb",
    "azure_data_lake_storage": "azure_data_lake",
    "big_query": "bigquery",
    "confluent": "confluent_kafka",
    "dynamo": "dynamodb",
    "dynamo_db": "dynamodb",
    "google_bigquery": "bigquery",
    "google_cloud_storage": "gcs",
    "google_drive": "gdrive",
    "google_pub_sub": "google_pubsub",
    "hana": "hana_jdbc",
    "http": "rest",
    "iceberg": "s3_iceberg",
    "lookup": "data_map",
    "microsoft_sql_server": "sqlserver",
    "minio": "min_io_s3",
    "mongodb": "mongo",
    "ms_sql": "sqlserver",
    "mssql": "sqlserver",
    "netsuite": "netsuite_jdbc",
    "pg": "postgres",
    "postgresql": "postgres",
    "pub_sub": "google_pubsub",
    "pubsub": "google_pubsub",
    "rest_api": "rest",
    "sap_hana": "hana_jdbc",
    "sftp": "ftp",
    "spanner": "gcp_spanner",
    "sql_server": "sqlserver",
    "synapse": "azure_synapse",
}

# Words that name several connectors: they are answered with the choice, never with a guess.
_FAMILIES: dict[str, tuple[str, ...]] = {
    "aws": ("s3", "s3_iceberg", "delta_lake_s3", "aws_athena", "dynamodb", "redshift"),
    "azure": ("azure_blb", "azure_data_lake", "azure_synapse"),
    "cloudsql": ("cloudsql_mysql", "cloudsql_postgres", "cloudsql_sqlserver"),
    "delta_lake": ("delta_lake_s3", "delta_lake_azure_blb", "delta_lake_azure_data_lake"),
    "gcp": ("gcs", "bigquery", "gcp_spanner", "gcp_alloydb", "google_pubsub", "cloudsql_postgres"),
    "google": ("gcs", "gdrive", "bigquery", "google_pubsub"),
}
_NEAREST = 5


class Catalog:
    """The connectors the public contract describes. Nexla's own catalogue is larger, and codes are open."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._connectors = _read(data)

    def __contains__(self, code: object) -> bool:
        return code in self._connectors

    def connectors(self) -> list[ConnectorSummary]:
        """All connectors by code."""
        return [connector.summary for connector in self._connectors.values()]

    def connector(self, code: str) -> Connector:
        """The connector with that code, or that people call so: `s3`, `AWS S3`, `postgresql`, `sql server`.

        Raises:
            Failure: `ambiguous` when the word names several (`gcp`), `not_found` with the nearest codes
                when the contract describes none, `bad_input` when there is no word.
        """
        word = "_".join(code.strip().lower().replace("-", " ").replace("_", " ").split())
        if not word:
            raise Failure.of(ErrorCode.BAD_INPUT, "The connector's code is empty.", next_tool="describe_connector")
        if word in _FAMILIES:
            raise Failure.of(
                ErrorCode.AMBIGUOUS,
                f"{word!r} names several connectors.",
                hint=f"Choose one of: {', '.join(_FAMILIES[word])}.",
                next_tool="describe_connector",
            )
        found = self._connectors.get(_ALIASES.get(word, word))
        if found is not None:
            return found
        raise Failure.of(
            ErrorCode.NOT_FOUND,
            f"The public contract describes no connector {code[:60]!r}.",
            hint=self._hint(word),
            next_tool="describe_connector",
        )

    def nearest(self, word: str) -> list[str]:
        """Codes that read like the word, the nearest first."""
        known = [*self._connectors, *_ALIASES]
        close = difflib.get_close_matches(word[:60], known, n=_NEAREST, cutoff=0.5)
        holding = [code for code in self._connectors if len(word) > 1 and word in code]
        return list(dict.fromkeys(_ALIASES.get(name, name) for name in (*close, *holding)))[:_NEAREST]

    def _hint(self, word: str) -> str:
        nearest = self.nearest(word)
        meant = f"Nearest: {', '.join(nearest)}. " if nearest else ""
        return meant + "Nexla's own catalogue is larger than the contract, so the code may still exist there."


@lru_cache(maxsize=1)
def load_catalog() -> Catalog:
    """The catalog that travels with the package, read at the first call."""
    text = files("nexla_mcp.connectors").joinpath("catalog.json").read_text(encoding="utf-8")
    return Catalog(json.loads(text))


def _read(data: dict[str, Any]) -> dict[str, Connector]:
    parts = {key: _part(part) for key, part in data["parts"].items()}
    return {
        code: Connector(
            code=code,
            kind=entry["kind"],
            **{role: parts[entry[role]] for role in ROLES if role in entry},
        )
        for code, entry in data["connectors"].items()
    }


def _part(data: dict[str, Any]) -> Part:
    _, type_key, container = ROLES[data["role"]]
    fields = tuple(_field(field) for field in data["fields"])
    return Part(
        role=data["role"],
        container=container,
        type_key=type_key,
        fields=fields,
        beside=tuple(_field(field) for field in data.get("beside", ())),
        variants=credential_variants(fields) if data["role"] == "credential" else (),
    )


def _field(data: dict[str, Any]) -> Field:
    field = Field(
        path=tuple(data["path"].split("/")),
        type=data["type"],
        required=data.get("required", False),
        enum=tuple(data.get("enum", ())),
        default=data.get("default"),
        secret=data.get("secret", False),
    )
    return replace(
        field,
        description=DESCRIPTIONS.get(field.name),
        format=FORMATS.get(field.name),
        example=EXAMPLES.get(field.name),
    )
