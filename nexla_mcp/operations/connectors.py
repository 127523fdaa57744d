"""What the contract says of connectors. Needs no account."""

from __future__ import annotations

from nexla_mcp.connectors import load_catalog
from nexla_mcp.connectors.model import Connector, Part
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.results.connector import ConnectorAnswer, ConnectorRow, FieldRow


def describe_connector(code: str | None, part: str | None) -> ConnectorAnswer:
    """All connectors when no code is given, else one's fields, of one part or all.

    Raises:
        Failure: `not_found` with the nearest codes, `ambiguous` for a word that means several, `bad_input` for a
            part that the connector does not have.
    """
    if code is None:
        rows = [
            ConnectorRow(code=item.code, kind=item.kind, can=tuple(item.can)) for item in load_catalog().connectors()
        ]
        wanted = [row for row in rows if part is None or part in row.can]
        return ConnectorAnswer(connectors=wanted, total=len(wanted))
    connector = load_catalog().connector(code)
    parts = [item for item in connector.parts() if part in (None, item.role)]
    if not parts:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"The contract knows no {part} of connector {connector.code}.",
            hint=f"It can be: {', '.join(connector.can)}.",
        )
    return _fields(connector, parts)


def _fields(connector: Connector, parts: list[Part]) -> ConnectorAnswer:
    fields = [
        FieldRow(
            part=part.role,
            name=field.name,
            type=field.type,
            required=field.required or None,
            secret=field.secret or None,
            enum=field.enum or None,
            default=field.default,
            description=field.description,
        )
        for part in parts
        for field in sorted((*part.fields, *part.beside), key=lambda field: not field.required)
    ]
    choices = [
        f"{variant.field}={variant.value}: {', '.join(variant.fields)}" for part in parts for variant in part.variants
    ]
    return ConnectorAnswer(
        code=connector.code,
        kind=connector.kind,
        containers={part.role: part.container for part in parts},
        fields=fields,
        choices=choices or None,
        total=len(fields),
    )
