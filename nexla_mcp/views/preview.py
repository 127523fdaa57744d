"""Text of `preview_transform`."""

from __future__ import annotations

import json

from nexla_mcp.domain.results.preview import Preview
from nexla_mcp.safety.untrusted import fenced, quoted
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: Preview) -> str:
    lines = [_first(result)]
    if result.failures:
        lines.append("Nexla passes records on which a transform fails through unchanged.")
        lines.append(fenced("failures", (f"record {item.record}: {item.why}" for item in result.failures)))
    fields = [f"lost: {', '.join(result.lost)}"] if result.lost else []
    fields += [f"gained: {', '.join(result.gained)}"] if result.gained else []
    fields += [
        f"retyped: {item.field}: {'|'.join(item.before) or 'null'} -> {'|'.join(item.after) or 'null'}"
        for item in result.retyped
    ]
    if fields:
        lines.append(fenced("fields", fields))
    lines += [f"- {note}" for note in result.notes]
    pairs = (
        f"{word}: {json.dumps(value, ensure_ascii=False)}"
        for pair in result.records
        for word, value in (("before", pair.before), ("after", pair.after))
    )
    if result.records:
        lines.append(fenced("records", pairs))
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _first(result: Preview) -> str:
    what = f"transform {result.transform_id} {quoted(result.transform)}" if result.transform_id else "The code"
    if result.problems:
        return f"{what} cannot work: {'; '.join(result.problems)}. Nothing was changed."
    if not result.ran:
        return f"{what} was not run on any record; what could be checked is right. Nothing was changed."
    where = f" of nexset {result.nexset_id} {quoted(result.nexset)}" if result.nexset_id else ""
    told = f"{result.transformed} of {result.looked_at} records{where} transformed, {len(result.failures)} failed"
    same = f", {result.unchanged} came out as they went in" if result.unchanged else ""
    change = (
        f"{len(result.lost)} fields lost, {len(result.gained)} gained, {len(result.retyped)} retyped"
        if result.lost or result.gained or result.retyped
        else "the fields stay as they are"
    )
    return f"{what}: {told}{same}; {change}. Nothing was changed."
