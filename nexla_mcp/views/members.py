"""Text of `list_org_members`."""

from __future__ import annotations

from nexla_mcp.domain.results.members import OrgMembers
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: OrgMembers) -> str:
    columns = ("id", "email", "name", "admin", "roles", "status")
    cells = (
        (
            row.id,
            row.email and quoted(row.email),
            quoted(row.name),
            "yes" if row.admin else None,
            ",".join(row.roles),
            row.status,
        )
        for row in result.rows
    )
    total = result.total if result.total is not None else len(result.rows)
    lines = [f"{total} members of {quoted(result.org)}.", table(columns, cells), cut_note(result)]
    return "\n".join(line for line in lines if line)
