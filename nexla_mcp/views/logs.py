"""Text of `fetch_logs`."""

from __future__ import annotations

from nexla_mcp.domain.results.logs import LogLine, Logs
from nexla_mcp.safety.untrusted import fenced, quoted
from nexla_mcp.views.table import moment
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: Logs) -> str:
    span = f"run {result.run_id}" if result.run_id is not None else "all runs"
    if result.since and result.until:
        span += f", {moment(result.since)} to {moment(result.until)}"
    lines = [
        f"flow {result.flow_id} {quoted(result.name)}, {span}: {result.matched} of {result.read} lines match, "
        f"{result.total} different."
    ]
    if result.note:
        lines.append(f"Note: {result.note}.")
    if result.lines:
        lines.append(fenced("logs", map(_line, result.lines)))
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _line(line: LogLine) -> str:
    where = f"{line.type.value} {line.id}" if line.type else "flow"
    times = f" ×{line.count} since {moment(line.first)}" if line.count > 1 and line.first else ""
    when = f"{line.last:%m-%d %H:%M:%SZ}" if line.last else "-"
    return f"{when} {line.severity} {where}{times}: {line.text}"
