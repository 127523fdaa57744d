"""Markdown files that carry a few facts about themselves in a YAML block at their top."""

from __future__ import annotations

import re
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure

_BLOCK = re.compile(r"\A---\n(?P<facts>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)


def split_front_matter(text: str, origin: str) -> tuple[dict[str, Any], str]:
    """The facts at the top of a file, and its text without them.

    Args:
        text: The whole file.
        origin: What to call the file in a message, e.g. `runbook.md`.

    Raises:
        Failure: `internal`, when there is no such block or it is not a YAML mapping. These files ship with
            the package, so a broken one is our own mistake and never the reader's.
    """
    import yaml  # noqa: PLC0415 - a start that reads no text should not pay for the parser

    found = _BLOCK.match(text.replace("\r\n", "\n"))
    if found is None:
        raise broken(origin, "has no front matter between two lines of ---")
    try:
        facts = yaml.safe_load(found["facts"])
    except yaml.YAMLError:
        raise broken(origin, "has front matter that is not YAML") from None
    if not isinstance(facts, dict):
        raise broken(origin, "has front matter that is not a mapping")
    return facts, found["body"].strip() + "\n"


def text_fact(facts: dict[str, Any], key: str, origin: str) -> str:
    """A fact that has to be a text with something in it.

    Raises:
        Failure: `internal`, when it is missing, blank or of another type.
    """
    value = facts.get(key)
    if not isinstance(value, str) or not value.strip():
        raise broken(origin, f"needs the text {key!r} in its front matter")
    return value.strip()


def refuse_other_keys(facts: dict[str, Any], known: frozenset[str], origin: str) -> None:
    """Refuses what nothing would read, so that a misspelt key is found at once.

    Raises:
        Failure: `internal`, naming the unknown keys.
    """
    unknown = sorted(str(key) for key in facts.keys() - known)
    if unknown:
        raise broken(origin, f"has unknown front matter: {', '.join(unknown)}")


def broken(origin: str, what: str) -> Failure:
    """The failure that says which shipped file is wrong and how."""
    return Failure.of(
        ErrorCode.INTERNAL,
        f"{origin} {what}.",
        hint="The file came with nexla-mcp. Install the package again; if that does not help, report it.",
    )
