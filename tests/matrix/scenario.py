"""What every client does with the server, and what all of them must get."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import Any

SERVER = (sys.executable, "-m", "nexla_mcp", "serve", "--sandbox")
NO_FLOW = "No Such Flow"
SICK_FLOW = "Billing Invoices"
"""Planted in acme with a refused credential."""
DOCUMENT = "nexla://docs/concepts"
PROMPT = "troubleshoot_flow"


@dataclass
class Told:
    """One client's account of the scenario, in the protocol's own JSON."""

    server: dict[str, Any] = field(default_factory=dict)
    tools: list[dict[str, Any]] = field(default_factory=list)
    whoami: dict[str, Any] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    diagnosis: dict[str, Any] = field(default_factory=dict)
    document: str = ""
    prompt: str = ""
    refused: dict[str, Any] = field(default_factory=dict)

    def comparable(self) -> dict[str, Any]:
        """What must be the same for all: each client started a sandbox of its own, a moment later."""
        health = self.health["structuredContent"]
        diagnosis = self.diagnosis["structuredContent"]
        return {
            "tools": [_timeless(tool) for tool in self.tools],
            "who": {name: self.whoami["structuredContent"][name] for name in ("email", "org_name", "read_only")},
            "verdicts": {flow["name"]: flow["verdict"] for flow in health["flows"]},
            "causes": [cause["trouble"] for cause in diagnosis["causes"]],
            "document": self.document,
            "prompt": self.prompt,
            "error": self.refused["structuredContent"]["code"],
        }


def check(told: Told) -> None:
    """The scenario went as it should for this one client."""
    if told.server:
        assert told.server["name"] == "nexla-mcp"
    assert len(told.tools) == 12
    assert all(tool["description"] and tool["annotations"]["readOnlyHint"] for tool in told.tools)
    assert told.whoami["structuredContent"]["email"] == "dana@acme.example"
    assert text_of(told.whoami)
    verdicts = {flow["name"]: flow["verdict"] for flow in told.health["structuredContent"]["flows"]}
    assert verdicts[SICK_FLOW] == "sick"
    assert told.diagnosis["structuredContent"]["causes"][0]["trouble"] == "refused_credential"
    assert SICK_FLOW in text_of(told.diagnosis)
    assert told.document.startswith("# ")
    assert SICK_FLOW in told.prompt
    assert told.refused["isError"]
    assert told.refused["structuredContent"]["code"] == "not_found"


def text_of(answer: dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in answer["content"] if part["type"] == "text")


def _timeless(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool without the fields that only some versions of the protocol have."""
    kept = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
    return {name: tool[name] for name in kept}


def without_terminal_codes(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
