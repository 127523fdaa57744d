"""Text of `export_flow`: a file to keep."""

from __future__ import annotations

import json

from nexla_mcp.domain.results.flow_export import FileFormat, FlowExport
from nexla_mcp.safety.untrusted import CELL_LIMIT, fenced, quoted
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: FlowExport) -> str:
    lines = [f"flow {result.flow_id} {quoted(result.name)} as a spec: the arguments of create_flow."]
    lines += [f"A spec cannot hold: {item}." for item in result.not_held or ()]
    lines += [f"Note: {item}." for item in result.notes or ()]
    text = _file(result)
    if result.in_text and all(len(line) <= CELL_LIMIT for line in text):
        lines.append(fenced(f"flow.{result.format.value}", text))
    else:
        lines.append("It is too long to be shown here: take it from `spec` in the structured content.")
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _file(result: FlowExport) -> list[str]:
    if result.format is FileFormat.JSON:
        return json.dumps(result.spec, indent=2, ensure_ascii=False).splitlines()
    import yaml  # noqa: PLC0415 - most answers are no files

    return str(yaml.safe_dump(result.spec, sort_keys=False, allow_unicode=True, width=120)).splitlines()
