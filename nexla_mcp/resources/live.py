"""Live views of an account under a URI. Each is a tool call in another form, so policy holds for it too."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LiveTemplate:
    uri_template: str
    name: str
    title: str
    description: str
    tool: str
    """The tool that is called; where policy withholds it, so it withholds this."""
    arguments: Callable[[str], dict[str, Any]]

    def match(self, uri: str) -> str | None:
        """The id in the URI, or None when the URI is not of this template."""
        pattern = re.escape(self.uri_template).replace(re.escape("{id}"), r"([^/?#]+)")
        found = re.fullmatch(pattern, uri)
        return found[1] if found else None


LIVE_TEMPLATES = (
    LiveTemplate(
        "nexla://flows/{id}",
        "flow",
        "Flow",
        "A flow as a tree: each node with its status, last run and credential.",
        "get_flow",
        lambda identifier: {"flow": _number(identifier)},
    ),
    LiveTemplate(
        "nexla://nexsets/{id}/samples",
        "nexset-samples",
        "Nexset samples",
        "Sample records of a nexset, with the type and null share of each field.",
        "get_samples",
        lambda identifier: {"nexset": _number(identifier)},
    ),
    LiveTemplate(
        "nexla://receipts/{id}",
        "receipt",
        "Receipt",
        "A change made from here: who, what, who allowed it, each step with its result, and what undo there is.",
        "get_operation",
        lambda identifier: {"operation": identifier},
    ),
)


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text
