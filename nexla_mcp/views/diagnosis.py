"""Text of `diagnose_flow`."""

from __future__ import annotations

import json

from nexla_mcp.domain.results.diagnosis import Cause, ChangeRow, Diagnosis
from nexla_mcp.domain.results.health import Verdict
from nexla_mcp.domain.results.logs import LogLine
from nexla_mcp.safety.untrusted import fenced, quoted
from nexla_mcp.views.table import moment, table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: Diagnosis) -> str:
    lines = [f"flow {result.flow_id} {quoted(result.name)} is {result.verdict.value}. {_summary(result)}"]
    for number, cause in enumerate(result.causes, start=1):
        lines += _cause(number, cause)
    lines += ["Nodes (run looked at; last good run):", _nodes(result)]
    if result.runs:
        lines += ["Runs, newest first:", _runs(result)]
    if result.log_lines:
        lines += [f"Warnings and errors of run {result.run_id}:", fenced("logs", map(_line, result.log_lines))]
    if result.changes:
        lines += ["Changes:", fenced("audit log", map(_change, result.changes))]
    lines.append(result.rerun)
    if result.not_checked:
        lines.append("Not checked: " + "; ".join(result.not_checked))
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _summary(result: Diagnosis) -> str:
    if result.causes:
        return f"Probable causes: {len(result.causes)}, the most probable first."
    if result.verdict is Verdict.HEALTHY:
        return "Nothing was found that is wrong."
    return "Nothing was found that is wrong, but not everything could be looked at."


def _cause(number: int, cause: Cause) -> list[str]:
    where = f" at {cause.type.value} {cause.id} {quoted(cause.name)}" if cause.type else ""
    lines = [f"{number}. {cause.trouble.value} ({cause.likelihood.value}){where}"]
    lines += [f"   - {item}" for item in cause.because]
    if cause.said:
        lines.append(fenced("said", cause.said))
    lines += [
        f"   → {call.tool}({json.dumps(call.arguments, ensure_ascii=False)[1:-1]}): {call.why}" for call in cause.next
    ]
    return lines


def _nodes(result: Diagnosis) -> str:
    return table(
        ("node", "id", "status", "records", "errors", "good records", "good errors"),
        (
            (
                f"{'  ' * node.depth}{node.type.value} {quoted(node.name)}",
                node.id,
                node.status,
                node.records,
                node.errors,
                node.good_records,
                node.good_errors,
            )
            for node in result.nodes
        ),
    )


def _runs(result: Diagnosis) -> str:
    marks = {result.run_id: "looked at", result.good_run_id: "good"}
    columns = ("run", "started", "entered", "delivered", "errors", "mark")
    return table(
        columns,
        (
            (run.run_id, run.started, run.entered, run.delivered, run.errors, marks.get(run.run_id))
            for run in result.runs
        ),
    )


def _line(line: LogLine) -> str:
    where = f"{line.type.value} {line.id}" if line.type else "flow"
    return f"{line.severity} {where} ×{line.count}: {line.text}"


def _change(change: ChangeRow) -> str:
    when = moment(change.at) if change.at else "-"
    return f"{when} {change.who or 'somebody'} {change.event} {change.type.value} {change.id}: {', '.join(change.what)}"
