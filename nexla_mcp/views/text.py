"""One text for each kind of answer: views register here, the tool layer asks here."""

from __future__ import annotations

from functools import singledispatch

from nexla_mcp.domain.errors import ErrorInfo
from nexla_mcp.domain.results.base import Result


@singledispatch
def text_of(result: Result) -> str:
    """The compact text of an answer.

    Raises:
        TypeError: no view is registered for this type, which a test of all tools rules out.
    """
    import nexla_mcp.views.all  # noqa: PLC0415, F401 - views are registered at the first answer: a start shows none

    view = text_of.dispatch(type(result))
    if view is text_of.dispatch(object):
        raise TypeError(f"no view for {type(result).__name__}")
    text: str = view(result)
    return text


def error_text(info: ErrorInfo) -> str:
    """An error as a reader wants it: what happened, whether anything changed, what to do next."""
    lines = [f"{info.code.value}: {info.message}"]
    if info.maybe_applied:
        lines.append("The change may have been applied. Look before you repeat it.")
    if info.hint:
        lines.append(info.hint)
    if info.next_tool:
        lines.append(f"Next: {info.next_tool}")
    if info.retryable:
        lines.append("The same call may succeed later.")
    if info.request_id:
        lines.append(f"Nexla's request id: {info.request_id}")
    return "\n".join(lines)


def cut_note(result: Result) -> str:
    """The last line of an answer that shows less than there is; empty for a whole one."""
    if not result.truncated and not result.cursor:
        return ""
    parts = ["Cut to fit." if result.truncated else "More exist."]
    if result.total is not None:
        parts.append(f"{result.total:,} in all.")
    if result.cursor:
        parts.append(f"Read on with cursor={result.cursor!r}.")
    if result.narrow:
        parts.append(f"Narrow with {result.narrow}.")
    return " ".join(parts)
