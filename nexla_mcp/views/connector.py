"""Text of `describe_connector`."""

from __future__ import annotations

from nexla_mcp.domain.results.connector import ConnectorAnswer, FieldRow
from nexla_mcp.views.table import cell, table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: ConnectorAnswer) -> str:
    if result.connectors is not None:
        lines = [f"{result.total} connectors. The real catalogue of an account may hold more."]
        rows = ((row.code, row.kind, ", ".join(row.can)) for row in result.connectors)
        lines.append(table(("code", "kind", "can be"), rows))
    else:
        lines = [f"{result.code} ({result.kind}): {result.total} fields."]
        lines += [f"{part}: fields go into {container}" for part, container in (result.containers or {}).items()]
        columns = ("part", "field", "type", "required", "secret", "values", "default", "meaning")
        lines.append(table(columns, map(_cells, result.fields or ())))
        lines += [f"Goes together, by its name: {choice}" for choice in result.choices or ()]
        lines.append("Secrets are given as references: env:NAME, file:PATH or keyring:SERVICE/USER.")
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _cells(field: FieldRow) -> tuple[str | None, ...]:
    return (
        field.part,
        field.name,
        field.type,
        "yes" if field.required else None,
        "yes" if field.secret else None,
        ", ".join(map(str, field.enum)) if field.enum else None,
        cell(str(field.default)) if field.default is not None else None,
        field.description,
    )
