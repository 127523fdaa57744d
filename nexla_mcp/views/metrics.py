"""Text of `get_metrics`."""

from __future__ import annotations

from nexla_mcp.domain.results.metrics import Grain, Metrics
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import moment, number, table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: Metrics) -> str:
    span = f"{moment(result.since)} to {moment(result.until)}"
    lines = [
        f"{result.type.value} {result.id} {quoted(result.name)}, {span}: {number(result.records)} records, "
        f"{number(result.errors)} errors."
    ]
    if result.median_records is not None:
        lines.append(f"Median of a {result.by.value}: {number(result.median_records)} records.")
    if result.trend is not None:
        newest = "run" if result.by is Grain.RUN else "whole day"
        lines.append(f"The newest {newest} against the median of those before: {result.trend:+.1%}.")
    if result.chart:
        lines.append(f"Oldest to newest: {result.chart}")
    if not result.rows:
        lines.append("Nexla reports nothing in this window.")
    columns = ("day", "run", "started", "type", "id", "name", "records", "bytes", "errors")
    lines.append(
        table(
            columns,
            (
                (
                    row.day,
                    row.run_id,
                    row.started,
                    row.type.value if row.type else None,
                    row.id,
                    row.name and quoted(row.name),
                    number(row.records) if row.records is not None else None,
                    number(row.size) if row.size is not None else None,
                    number(row.errors) if row.errors is not None else None,
                )
                for row in result.rows
            ),
        )
    )
    lines += [result.note or "", cut_note(result)]
    return "\n".join(line for line in lines if line)
