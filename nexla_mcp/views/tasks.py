"""Text of `get_task`."""

from __future__ import annotations

import json
from typing import Any

from nexla_mcp.domain.results.tasks import TaskReport, TaskRow
from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.untrusted import fenced, quoted, unmarked
from nexla_mcp.views.table import table
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: TaskReport) -> str:
    one = result.types is None and result.arguments is None
    lines = [_told(result.tasks[0]) if one else _listed(result)]
    if result.arguments is not None:
        explained = (f"{name}: {text}" for name, text in result.arguments.items())
        lines.append(fenced("arguments of this type", explained))
    if result.types:
        lines.append(f"Types: {', '.join(unmarked(clean_text(name, 80)) for name in result.types)}.")
    found = result.result if result.rows is None else result.rows
    if found is not None:
        lines.append(fenced("result", _rows(found)))
    if result.left_out:
        lines.append(f"{result.left_out} entries of the result did not fit.")
    if result.result_missing:
        lines.append(f"No result: {result.result_missing}.")
    if result.download_link:
        lines.append(f"Download: {unmarked(clean_text(result.download_link, 2_000))}")
        lines.append("The link is as good as a secret: whoever has it gets the file. Pass it to nobody else.")
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)


def _told(task: TaskRow) -> str:
    error = f" Error: {quoted(task.error, 300)}" if task.error else ""
    progress = f", {task.progress} %" if task.progress is not None else ""
    kind = unmarked(clean_text(task.type or "unknown type", 80))
    return f"task {unmarked(clean_text(task.id, 80))} ({kind}): {task.status or 'unknown status'}{progress}.{error}"


def _listed(result: TaskReport) -> str:
    if not result.tasks:
        return "No such tasks of yours."
    columns = ("id", "type", "status", "created", "ended", "error")
    rows = [
        (task.id, task.type, task.status, task.created_at, task.stopped_at, task.error and clean_text(task.error, 80))
        for task in result.tasks
    ]
    return f"{result.total or len(rows)} tasks of yours, the newest first.\n{table(columns, rows)}"


def _rows(found: Any) -> list[str]:
    items = found if isinstance(found, list) else [found]
    return [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items]
