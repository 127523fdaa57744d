"""Text from outside, made fit to be shown."""

from __future__ import annotations

import re

# ESC sequences (colours, cursor moves, window titles), whole: their letters must not stay behind.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]")
# Controls but tab and line feed; soft hyphen, zero-width, bidi and variation marks; byte order marks; tags;
# lone surrogates, which cannot be encoded.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def clean_text(text: str, limit: int | None = 300) -> str:
    """The text without escape sequences, control, bidi and invisible characters.

    `limit` is the most characters that stay; a text that loses more than that ends with an ellipsis.
    """
    cleaned = _INVISIBLE.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n")))
    if limit is not None and len(cleaned) > limit:
        return cleaned[: max(limit - 1, 0)] + "…"
    return cleaned
