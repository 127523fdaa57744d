"""Text of `search_resources`."""

from __future__ import annotations

from nexla_mcp.domain.results.search import SearchResults
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: SearchResults) -> str:
    total = result.total if result.total is not None else len(result.rows)
    lines = [
        f"{total} found." if total else "Nothing found. Only resources you own or were given access to are searched."
    ]
    if result.rows:
        columns = ("type", "id", "name", "status", "owner", "connector", "my roles", "tags", "updated")
        lines.append(
            table(
                columns,
                (
                    (
                        row.type.value,
                        row.id,
                        quoted(row.name),
                        row.status,
                        row.owner and quoted(row.owner),
                        row.connector,
                        ",".join(row.roles),
                        quoted(", ".join(row.tags)) if row.tags else None,
                        row.updated_at,
                    )
                    for row in result.rows
                ),
            )
        )
    if result.not_searched:
        lines.append("Not searched: " + "; ".join(result.not_searched))
    if result.unreadable:
        lines.append(f"{result.unreadable} rows of Nexla's lists could not be read and are missing here.")
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)
