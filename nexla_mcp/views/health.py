"""Text of `run_health_check`."""

from __future__ import annotations

from nexla_mcp.domain.results.health import Finding, FlowHealth, HealthReport, Verdict
from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import moment
from nexla_mcp.views.text import cut_note, text_of

_WORDS = {verdict: verdict.value.replace("_", " ") for verdict in Verdict}
SAID_LIMIT = 200


@text_of.register
def _(result: HealthReport) -> str:
    lines = [_summary(result)]
    lines += [line for flow in result.flows if _has_more(flow) for line in _flow(flow)]
    for verdict in (Verdict.NOT_RUNNING, Verdict.HEALTHY):
        short = [flow for flow in result.flows if flow.verdict is verdict and not _has_more(flow)]
        if short:
            lines.append(
                f"{_WORDS[verdict].upper()}: " + ", ".join(f"{flow.flow_id} {quoted(flow.name)}" for flow in short)
            )
    lines.append("Looked at: " + "; ".join(result.checks) + ".")
    if result.probed:
        lines.append(f"Logins tried against third parties: {result.probed}.")
    lines += [f"Not checked: {clean_text(item, SAID_LIMIT)}" for item in result.not_checked or ()]
    if result.unreadable:
        lines.append(f"{result.unreadable} rows of Nexla's lists could not be read and are missing here.")
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _summary(result: HealthReport) -> str:
    checked = sum(result.counts.values())
    if not checked:
        return f"No flow was checked at {moment(result.checked_at)}."
    counts = ", ".join(
        f"{result.counts[item.value]} {_WORDS[item]}" for item in Verdict if result.counts.get(item.value)
    )
    return f"{checked} {'flow' if checked == 1 else 'flows'} checked at {moment(result.checked_at)}: {counts}."


def _has_more(flow: FlowHealth) -> bool:
    """Whether there is more to say than the verdict: healthy flows and flows at rest stand in one line."""
    if flow.verdict is Verdict.NOT_RUNNING:
        return len(flow.findings) > 1
    return flow.verdict is not Verdict.HEALTHY or bool(flow.not_checked)


def _flow(flow: FlowHealth) -> list[str]:
    last = f", last run {moment(flow.last_run)}" if flow.last_run else ""
    lines = [f"{_WORDS[flow.verdict].upper()}: flow {flow.flow_id} {quoted(flow.name)}{last}"]
    lines += [f"- {_finding(item)}" for item in flow.findings]
    lines += [f"- not checked: {clean_text(item, SAID_LIMIT)}" for item in flow.not_checked]
    return lines


def _finding(item: Finding) -> str:
    where = f" at {item.type.value} {item.id} {quoted(item.name)}" if item.type else ""
    weight = " (warning)" if item.severity is Verdict.WARNING else ""
    said = f" Said: {quoted(item.said, SAID_LIMIT)}" if item.said else ""
    return f"{item.trouble.value}{weight}{where}: {clean_text(item.evidence, 400)}.{said}"
