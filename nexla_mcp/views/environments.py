"""Text of `compare_environments`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from nexla_mcp.domain.results.environments import EnvironmentComparison, FieldDifference, OneSided
from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.untrusted import quoted, unmarked
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: EnvironmentComparison) -> str:
    lines = [
        f"{quoted(result.left)} against {quoted(result.right)}: {result.same} flows alike, {result.differing} differ, "
        f"{len(result.only_left)} only left, {len(result.only_right)} only right."
    ]
    lines += _one_sided("Only left", result.only_left) + _one_sided("Only right", result.only_right)
    lines += [_difference(row) for row in result.differences]
    if result.specs:
        told = ", ".join(str(item.flow_id) for item in result.specs)
        lines.append(f"The specs that create_flow takes for flow {told} are in the structured content.")
    elif result.only_left:
        lines.append("export_flow, or specs=true, writes what is only left as specs that create_flow takes.")
    if result.matched_without:
        lines.append(f"Names were matched without {', '.join(map(quoted, result.matched_without))}.")
    lines += [f"Not compared: {clean_text(item, 200)}" for item in result.not_compared or ()]
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _one_sided(head: str, rows: Iterable[OneSided]) -> list[str]:
    told = ", ".join(f"{row.id} {quoted(row.name)}" for row in rows)
    return [f"{head}: {told}."] if told else []


def _difference(row: FieldDifference) -> str:
    place = f"{row.type.value} {row.left_id or '-'} / {row.right_id or '-'}"
    only = " (differs in the environment's name only)" if row.environment_only else ""
    field = unmarked(clean_text(row.field, 160))
    return f"- {quoted(row.flow)}, {place}, {field}: {_value(row.left)} → {_value(row.right)}{only}"


def _value(value: Any) -> str:
    return "nothing" if value is None else unmarked(clean_text(json.dumps(value, ensure_ascii=False), 160))
