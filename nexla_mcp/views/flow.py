"""Text of `get_flow`."""

from __future__ import annotations

from nexla_mcp.domain.results.flow import FlowNodeRow, FlowView
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.mermaid import flow_chart
from nexla_mcp.views.table import Cell, moment, number, table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: FlowView) -> str:
    lines = [f"flow {result.flow_id} {quoted(result.name)}, {len(result.nodes)} nodes."]
    if result.schedule:
        following = f", next {moment(result.next_scheduled_run)}" if result.next_scheduled_run else ""
        lines.append(f"Schedule: {result.schedule} (Quartz, UTC){following}.")
    if result.last_run:
        lines.append(f"Last run: {result.last_run_id}, started {moment(result.last_run)}.")
    columns = ("node", "type and name", "id", "status", "connector", "credential", "last run", "records", "errors")
    lines.append(table(columns, (_cells(node) for node in result.nodes)))
    lines += [f"Not read: {item}" for item in result.not_read or ()]
    lines += ["```mermaid", flow_chart(result.nodes), "```"] if result.diagram else []
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _cells(node: FlowNodeRow) -> tuple[Cell, ...]:
    credential = f"{node.credential_id} {quoted(node.credential)}" if node.credential_id is not None else None
    return (
        node.node_id,
        f"{'  ' * node.depth}{'└ ' if node.depth else ''}{node.type.value} {quoted(node.name)}",
        node.id,
        node.status,
        node.connector,
        credential,
        node.last_run,
        number(node.records) if node.records is not None else None,
        number(node.errors) if node.errors is not None else None,
    )
