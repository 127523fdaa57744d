"""What a server said, made fit to be shown: no secret, no address with a query, no invisible characters (T9)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nexla_mcp.domain.secrets import MASK, mask_text
from nexla_mcp.domain.text import clean_text

LONGEST = 300
_QUERY = re.compile(r"(\bhttps?://[^\s?#\"'<>]+)[?#][^\s\"'<>]*", re.IGNORECASE)
_WORTH_READING = ("message", "error_description", "error", "errors", "detail")


def scrub(text: str, secrets: Iterable[str] = (), limit: int = LONGEST) -> str:
    """The text without the given secrets, anything shaped like one, and without queries of addresses."""
    # Masked before and after cleaning: an escape sequence may eat the first letter of a name, and an invisible
    # character inside a name or a secret must not hide it.
    text = clean_text(mask_text(text[: 20 * limit]), limit=None)
    # The longest first, since one may begin as another does; line by line, since line ends were cleaned away.
    lines = {line.strip() for secret in secrets for line in secret.splitlines()}
    for line in sorted(lines, key=len, reverse=True):
        if len(line) >= 4:  # noqa: PLR2004 - shorter ones would tear words apart
            text = text.replace(line, MASK)
    return clean_text(_QUERY.sub(r"\1", mask_text(text)), limit)


def server_message(data: Any, secrets: Iterable[str] = ()) -> str | None:
    """The sentence in an error answer, in whatever of the known forms it came (contract 2.2); None without one."""
    if isinstance(data, str):
        return scrub(data, secrets) or None
    if isinstance(data, list):
        return server_message(data[0], secrets) if data else None
    if not isinstance(data, dict):
        return None
    secrets = tuple(secrets)
    for name in _WORTH_READING:
        found = server_message(data.get(name), secrets)
        if found:
            return found
    return None
