"""Text of `get_samples`."""

from __future__ import annotations

import json

from nexla_mcp.domain.results.samples import Samples
from nexla_mcp.safety.untrusted import fenced, quoted
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: Samples) -> str:
    where = "read live" if result.live else "from Nexla's cache"
    lines = [f"nexset {result.nexset_id} {quoted(result.name)}: {result.looked_at} samples, {where}."]
    if not result.looked_at:
        lines.append("No samples: nothing has flowed yet, or the cache is empty. Try live=true.")
    if result.fields:
        shapes = (
            f"{field.name}: {'|'.join(field.types) or 'always null'}"
            + (f" ({field.missing:.0%} missing)" if field.missing else "")
            for field in result.fields
        )
        lines.append(fenced("fields", shapes))
    if result.records:
        lines.append(fenced("records", (json.dumps(record, ensure_ascii=False) for record in result.records)))
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)
