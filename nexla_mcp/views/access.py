"""Text of `list_access`."""

from __future__ import annotations

from nexla_mcp.domain.results.access import AccessList
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: AccessList) -> str:
    resources = len(result.resources)
    people = len({(grant.to, grant.who) for grant in result.grants})
    what = "this resource" if resources == 1 else f"some of these {resources} resources"
    lines = [f"{people} besides the owner can reach {what}."] if result.person is None else [_told_of_one(result)]
    lines.append(
        table(
            ("resource", "id", "name", "owner", "my roles"),
            ((row.type.value, row.id, quoted(row.name), row.owner, ",".join(row.my_roles)) for row in result.resources),
        )
    )
    if result.reach:
        columns = ("resource", "id", "name", "may", "by", "unverified")
        cells = (
            (
                row.type.value,
                row.id,
                quoted(row.name),
                ",".join(row.roles) or ("everything" if row.via else "nothing"),
                "; ".join(quoted(item) for item in row.via),
                "yes" if row.unverified else None,
            )
            for row in result.reach
        )
        lines.append(table(columns, cells))
    elif result.grants:
        lines.append(
            table(
                ("on", "id", "to", "who", "roles", "since", "ambiguous"),
                (
                    (
                        row.type.value,
                        row.id,
                        row.to,
                        quoted(row.who),
                        ",".join(row.roles),
                        row.since,
                        "yes" if row.ambiguous else None,
                    )
                    for row in result.grants
                ),
            )
        )
    lines += [f"Uneven: {item}" for item in result.uneven or ()]
    lines += [f"Not read: {item}" for item in result.not_read or ()]
    if result.unreadable:
        lines.append(f"{result.unreadable} grants could not be read and are missing here.")
    lines.append("A grant holds for its resource only: nothing downstream inherits it. Org admins reach everything.")
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _told_of_one(result: AccessList) -> str:
    rows = result.reach or []
    reached = sum(bool(row.via) for row in rows)
    return f"{quoted(result.person)} can reach {reached} of {len(rows)} resources, by what is told below."
