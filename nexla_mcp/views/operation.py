"""Text of plans and operations."""

from __future__ import annotations

import json

from nexla_mcp.domain.results.operation import OperationAnswer, State
from nexla_mcp.safety.untrusted import quoted, unmarked
from nexla_mcp.views.table import moment, table
from nexla_mcp.views.text import cut_note, text_of

_HEADS = {
    State.PLANNED: "PLAN, nothing was done",
    State.CONFIRMATION_REQUIRED: "NOT DONE, confirmation required",
    State.NOT_CONFIRMED: "NOT DONE, not confirmed",
    State.UNCHANGED: "UNCHANGED",
    State.RUNNING: "RUNNING",
    State.DONE: "DONE",
    State.FAILED: "FAILED",
    State.INTERRUPTED: "INTERRUPTED",
    State.CANCELLED: "CANCELLED",
    State.UNDONE: "UNDONE",
}


@text_of.register
def _(result: OperationAnswer) -> str:
    if result.operations is not None:
        return _list(result)
    lines = [f"{_HEADS[result.state]}: {result.summary}"]
    lines += _steps(result)
    lines += _resources(result)
    lines += [f"Depends on it: {line}" for line in result.also or ()]
    lines += [f"Cannot be put back: {line}" for line in result.cannot_be_put_back or ()]
    lines += [f"Note: {line}" for line in result.notes or ()]
    lines += [f"Item {row.item} {quoted(row.name)} {row.state}: {row.why}" for row in result.problems or ()]
    if result.verified:
        lines.append(f"Records: {result.verified}.")
    if result.principal:
        lines.append(f"As {result.principal}. Allowed by: {result.decision}.")
    if result.kept:
        lines.append(f"Kept of what it deleted: {json.dumps(result.kept, ensure_ascii=False)}")
    if result.error:
        lines.append(f"Error: {result.error.get('code')}: {result.error.get('message')}")
    lines += _promise(result)
    lines += _what_next(result)
    lines.append(cut_note(result))
    return "\n".join(unmarked(line) for line in lines if line)


def _list(result: OperationAnswer) -> str:
    rows = (
        (row.operation, row.state.value, row.tool, row.started, row.undo, row.summary)
        for row in result.operations or ()
    )
    lines = [result.summary, table(("operation", "state", "tool", "started", "undo", "what"), rows), cut_note(result)]
    return "\n".join(line for line in lines if line)


def _steps(result: OperationAnswer) -> list[str]:
    marks = {"done": "✓", "failed": "✗", "unknown": "?", "started": "…", "undone": "↺", "not_undone": "✗ not undone"}
    lines = []
    for number, row in enumerate(result.steps or (), start=1):
        mark = f"{marks.get(row.state, row.state)} " if row.state else ""
        lines.append(f"{number}. {mark}{row.does}{f' → {row.result}' if row.result else ''}")
    return lines


def _resources(result: OperationAnswer) -> list[str]:
    rows = result.resources or []
    columns = ("role", "resource", "id", "name", "status", "owner", "shared with")
    cells = (
        (row.role, row.type.value, row.id, quoted(row.name), row.status, row.owner, "; ".join(row.shared_with or ()))
        for row in rows
    )
    return [table(columns, cells)] if rows else []


def _promise(result: OperationAnswer) -> list[str]:
    """Said before the write: what undo there will be."""
    if result.undo is None or result.operation is not None:
        return []
    return ["It can be undone afterwards."] if result.undo == "undo" else [f"Undo afterwards: {result.undo}."]


def _what_next(result: OperationAnswer) -> list[str]:
    if result.confirmation:
        until = f" within 10 minutes (until {moment(result.expires)})" if result.expires else ""
        return [
            "Show this plan to the user. If they agree, make the same call again with "
            f"confirmation={result.confirmation!r}{until}."
        ]
    if result.approve_code:
        return [
            "A person has to agree, not you. Ask them to run this on a terminal of the machine that runs this server, "
            f"then make the same call again: nexla-mcp approve {result.approve_code}"
        ]
    if result.state is State.RUNNING:
        return [f"It goes on by itself. get_operation(operation={result.operation!r}) shows how far it is."]
    if result.state is State.INTERRUPTED:
        return [f"Nothing goes on by itself. control_operation(operation={result.operation!r}, action=resume or undo)."]
    if result.operation and result.undo == "undo":
        return [f"Undo: control_operation(operation={result.operation!r}, action='undo')."]
    if result.undo and result.operation:
        return [f"Undo: {result.undo}. Operation {result.operation}."]
    return []
