"""Text of `compare_runs`."""

from __future__ import annotations

from nexla_mcp.domain.results.run_comparison import RunComparison
from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import moment, number, table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: RunComparison) -> str:
    other = f"the median of {result.median_of} runs before it" if result.median_of else f"run {result.against}"
    started = f" ({moment(result.started)})" if result.started else ""
    lines = [
        f"flow {result.flow_id} {quoted(result.name)}: run {result.run_id}{started} against {other}.",
        table(
            ("type", "id", "name", "records", "before", "change", "bytes", "before", "errors", "before"),
            (
                (
                    node.type.value,
                    node.id,
                    quoted(node.name),
                    _count(node.records),
                    _count(node.records_before),
                    f"{node.change:+.1%}" if node.change is not None else None,
                    _count(node.size),
                    _count(node.size_before),
                    _count(node.errors),
                    _count(node.errors_before),
                )
                for node in result.nodes
            ),
        ),
    ]
    if result.changes:
        lines.append("Changed in between:")
    for change in result.changes:
        when = f"{moment(change.at)} " if change.at else ""
        fields = f": {', '.join(clean_text(field, 60) for field in change.fields)}" if change.fields else ""
        by = f" by {quoted(change.by)}" if change.by else ""
        lines.append(
            f"- {when}{clean_text(change.event or 'change', 40)} of {change.type.value} {change.id}{by}{fields}"
        )
    if not result.changes and not result.not_read:
        lines.append("Nothing of the flow was changed in between, as far as the audit log tells.")
    if result.still_counting:
        lines.append("The run began a few minutes ago: its numbers may still grow.")
    lines += [f"Not read: {clean_text(item, 200)}" for item in result.not_read or ()]
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _count(value: float | None) -> str | None:
    return number(value) if value is not None else None
