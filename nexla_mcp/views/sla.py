"""Text of `check_sla`."""

from __future__ import annotations

from nexla_mcp.domain.results.sla import SlaReport
from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import moment
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: SlaReport) -> str:
    counts = ", ".join(f"{number} {word}" for word, number in result.counts.items()) or "nothing to check"
    lines = [f"Service levels {result.verdict.value.upper()} at {moment(result.checked_at)}: {counts}."]
    for check in result.checks:
        target = f" [{quoted(check.target)}]" if check.target else ""
        run = f", run {check.run_id}" if check.run_id else ""
        lines.append(
            f"{check.verdict.value.upper()} {check.measure.value} of flow {check.flow_id} "
            f"{quoted(check.name)}{target}: "
            f"{check.seen}{run}; wanted {check.wanted}."
        )
    if result.at_rest:
        lines.append(f"At rest and not judged: {', '.join(map(str, result.at_rest))}.")
    lines += [f"Not checked: {clean_text(item, 200)}" for item in result.not_checked or ()]
    lines.append(f"Nexla does not report: {'; '.join(result.not_reported)}.")
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)
