"""Text of `suggest_docs` when it only suggests."""

from __future__ import annotations

from nexla_mcp.domain.results.docs_suggestion import DocsSuggestion
from nexla_mcp.safety.untrusted import fenced, quoted
from nexla_mcp.views.text import text_of


@text_of.register
def _(result: DocsSuggestion) -> str:
    lines = [f"A description for {result.type} {result.id} {quoted(result.name)} is suggested. Nothing was changed."]
    if result.present:
        lines.append(fenced("present description", result.present.splitlines()))
    else:
        lines.append("It has no description now.")
    lines.append(fenced("suggested by a language model", result.suggested.splitlines()))
    lines.append("Both are cut." if result.truncated else "")
    lines.append("suggest_docs with apply=TEXT writes it, as suggested or bettered, once a person agrees.")
    return "\n".join(line for line in lines if line)
