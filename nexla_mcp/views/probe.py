"""Text of `probe_credential`."""

from __future__ import annotations

import json

from nexla_mcp.domain.results.probe import ProbeAnswer, ProbeMode
from nexla_mcp.safety.untrusted import fenced, quoted
from nexla_mcp.views.table import moment
from nexla_mcp.views.text import cut_note, text_of

_MEANING = {
    "ok": "The third party let Nexla in just now.",
    "refused": "The third party refused the login just now. Whatever uses this credential cannot run.",
    "pending": "The probe has not finished. Nothing is known yet: call again in a while.",
    "unclear": "Nexla's answer says neither yes nor no. Do not take this for a success.",
}


@text_of.register
def _(result: ProbeAnswer) -> str:
    lines = [
        f"credential {result.credential_id} {quoted(result.name)} ({result.connector or 'unknown connector'}): "
        f"{result.state}. {_MEANING[result.state]}"
    ]
    if result.message:
        lines.append(fenced("answer", [result.message]))
    verified = moment(result.verified_at) if result.verified_at else "never, as far as Nexla says"
    lines.append(f"Nexla's own record: {result.verified_status or 'no status'}, verified {verified}.")
    if result.entries is not None:
        shown = (entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False) for entry in result.entries)
        lines.append(fenced("tree" if result.mode is ProbeMode.TREE else "sample", shown))
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)
