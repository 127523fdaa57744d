"""Text of `audit_changes`."""

from __future__ import annotations

from nexla_mcp.domain.results.audit import AuditTrail
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: AuditTrail) -> str:
    total = result.total if result.total is not None else len(result.rows)
    people = ", ".join(f"{who} {number}" for who, number in result.people.items())
    lines = [f"{total} changes{f': {people}' if people else ''}."]
    if result.rows:
        columns = ("when", "who", "event", "type", "id", "name", "what", "access")
        cells = (
            (
                row.at,
                row.who and quoted(row.who),
                row.event,
                row.type,
                row.id,
                quoted(row.name) if row.name else None,
                quoted(row.changes, 300) if row.changes else None,
                "yes" if row.access else None,
            )
            for row in result.rows
        )
        lines.append(table(columns, cells))
    lines += [f"Not read: {item}" for item in result.not_read or ()]
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)
