"""docs/recipes.md: the recorded conversations of tests/recipes."""

from __future__ import annotations

from statistics import median

from tests.recipes.records import Line, Record

HEAD = """\
# Recipes

What people ask for most, each as a conversation that a test drives through a real MCP client, the real nexla-sdk and
HTTP against the sandbox, and checks from outside of the server. The tests are in `tests/recipes`; this page is made
from what they recorded. A tool that is not listed from the start is reached through `call_operation`. Where a person
is asked in the middle of a call, a client without such questions makes the call a second time, with the token.

"""


def page() -> str:
    records = sorted(Record.all(), key=lambda record: record.title)
    calls = [record.calls for record in records]
    lines = [HEAD + f"{len(records)} recipes; {median(calls):g} tool calls in the median, {max(calls)} at most.\n"]
    lines += ["| recipe | calls | bytes of the answers |", "| --- | ---: | ---: |"]
    lines += [
        f"| [{record.title}](#{_anchor(record.title)}) | {record.calls} | {_about(record)} |" for record in records
    ]
    lines += [text for record in records for text in _recipe(record)]
    return "\n".join(lines) + "\n"


def _recipe(record: Record) -> list[str]:
    return ["", f"## {record.title}", "", record.told, "", *[_line(line) for line in record.lines]]


def _line(line: Line) -> str:
    if line.person:
        return f"- **“{line.person}”**"
    if line.asked:
        return f"- *asked: {_plain(line.asked)}* yes"
    return f"- `{line.tool}` `{_code(line.arguments or '{}')}`<br>{_plain(line.answer or '')}"


def _about(record: Record) -> str:
    """Bytes to two digits: times and ids make them another number each time."""
    digits = max(len(str(record.bytes)) - 2, 0)
    return f"{round(record.bytes, -digits):,}"


def _anchor(title: str) -> str:
    kept = "".join(character for character in title.lower() if character.isalnum() or character in " -")
    return kept.replace(" ", "-")


def _code(text: str) -> str:
    return text.replace("`", "'")


def _plain(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")
