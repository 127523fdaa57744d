"""What an alert says, fit to be sent: no secrets, no mentions, no links of strangers' making, no more than is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nexla_mcp.adapter.alert_channels import ChannelKind
from nexla_mcp.domain.alerts import Severity
from nexla_mcp.domain.secrets import MASK, mask_text
from nexla_mcp.domain.text import clean_text

LONGEST_TITLE = 150
LONGEST_TEXT = 3_000
"""Characters: what Slack shows of a message without folding it."""
_SHORTEST_SECRET = 6
"""Striking out anything shorter would tear words apart."""

_MENTION = re.compile(r"(?<![\w.+-])@(?=[\w\[(])")
_LINK = re.compile(r"\](?=[(\[])")
_MARKS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def presentable(text: str, limit: int, secrets: Iterable[str] = ()) -> str:
    """The text without secrets, controls, mentions and labelled links, cut at `limit` characters.

    An address keeps its `@`; one that could call people by name becomes `＠`, which no chat takes for a mention.
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    text = mask_text(clean_text(text, limit=None))
    return clean_text(_LINK.sub("] ", _MENTION.sub("＠", text)), limit)


def body_of(kind: ChannelKind, title: str, text: str, severity: Severity) -> dict[str, Any]:
    """The message as a receiver takes it, from presentable texts."""
    if kind is ChannelKind.JSON:
        return {"title": title, "text": text, "severity": severity.value, "sent_by": "nexla-mcp"}
    line = f"[{severity.value.upper()}] {title}\n{text}"
    # Slack takes <!channel>, <@U1> and <url|label> for marks: escaped they are what they look like.
    escaped = re.sub("[&<>]", lambda found: _MARKS[found.group()], line)
    return {"text": escaped, "mrkdwn": False, "link_names": 0, "unfurl_links": False, "unfurl_media": False}
