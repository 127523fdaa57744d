"""The answer of `describe_connector`."""

from __future__ import annotations

from typing import Any, ClassVar

from nexla_mcp.domain.results.base import Result, Row


class ConnectorRow(Row):
    code: str
    kind: str
    """file, database, nosql, stream, vector, api or special."""
    can: tuple[str, ...]
    """What it can be: credential, source, destination."""


class FieldRow(Row):
    part: str
    """credential, source or destination."""
    name: str
    """Path of keys parted by `/`; Nexla's own keys hold dots."""
    type: str
    required: bool | None = None
    secret: bool | None = None
    enum: tuple[Any, ...] | None = None
    default: Any = None
    description: str | None = None


class ConnectorAnswer(Result):
    """All connectors, or the fields of one."""

    cut_first: ClassVar[tuple[str, ...]] = ("fields", "connectors")
    narrow_with: ClassVar[str] = "part"

    code: str | None = None
    kind: str | None = None
    containers: dict[str, str] | None = None
    """Part → the key of the request body that holds its fields."""
    fields: list[FieldRow] | None = None
    """Required ones first."""
    choices: list[str] | None = None
    """Which fields probably go with which choice, read off their names."""
    connectors: list[ConnectorRow] | None = None
