"""Text of `check_data_quality`."""

from __future__ import annotations

import json

from nexla_mcp.domain.results.quality import Quality, QualityFinding, QualityReport
from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.untrusted import fenced, quoted, unmarked
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: QualityReport) -> str:
    where = "read live" if result.live else "from Nexla's cache"
    head = f"nexset {result.nexset_id} {quoted(result.name)}: {_verdict(result)} {result.looked_at} samples, {where}."
    lines = [head]
    if result.verdict is Quality.UNKNOWN:
        lines.append("No samples: nothing has flowed yet, or the cache is empty. Try live=true. Nothing was judged.")
    lines += [_finding(item) for item in result.findings]
    if result.json_schema is not None:
        lines.append(fenced("suggested schema", [json.dumps(result.json_schema, ensure_ascii=False)]))
    if result.rules:
        lines.append(fenced("suggested rules", [json.dumps(result.rules, ensure_ascii=False)]))
    lines += [f"Note: {note}." for note in result.notes or ()]
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _verdict(result: QualityReport) -> str:
    if result.verdict is Quality.SUGGESTED:
        return "RULES SUGGESTED from"
    held = f" ({result.held} hold)" if result.held is not None else ""
    failed = f" {len(result.findings)} rules" if result.findings else ""
    return f"{result.verdict.value.upper()}{failed}{held} on"


def _finding(item: QualityFinding) -> str:
    shown = ", ".join(json.dumps(value, ensure_ascii=False) for value in item.examples)
    examples = f", e.g. {unmarked(clean_text(shown, 300))}" if shown else ""
    place = f"{quoted(item.field)}: " if item.field else ""
    return f"- {place}{unmarked(clean_text(item.rule, 160))}: {item.failed} of {item.of} fail{examples}"
