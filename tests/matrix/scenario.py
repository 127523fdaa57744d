"""What every client does with the server, and what all of them must get."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import Any

from nexla_mcp.domain.risk import Risk
from nexla_mcp.tools.registry import all_tools

SERVER = (sys.executable, "-m", "nexla_mcp", "serve", "--sandbox")
NO_FLOW = "No Such Flow"
SICK_FLOW = "Billing Invoices"
"""Planted in acme with a refused credential."""
RUNNING_FLOW = "Shopify Orders"
"""Healthy in acme: to pause it is disruptive, and wants a confirmation."""
DOCUMENT = "nexla://docs/concepts"
PROMPT = "troubleshoot_flow"


@dataclass
class Change:
    """One client's way through a change that wants to be confirmed: each answer in the protocol's own JSON."""

    planned: dict[str, Any] = field(default_factory=dict)
    """`pause` with dry_run."""
    held: dict[str, Any] = field(default_factory=dict)
    """`pause` without a confirmation, by a client that can ask nobody; empty for one that asks."""
    done: dict[str, Any] = field(default_factory=dict)
    """`pause` with the token, or with a person's answer."""
    repeated: dict[str, Any] = field(default_factory=dict)
    """The very same call once more, token and all; empty for a client that asks."""
    receipt: dict[str, Any] = field(default_factory=dict)
    """`get_operation` of it."""
    asked: list[str] = field(default_factory=list)
    """The questions that a person got to see."""

    def comparable(self) -> dict[str, Any]:
        """What must be the same for all, whichever way it was confirmed."""
        planned, done, receipt = (item["structuredContent"] for item in (self.planned, self.done, self.receipt))
        return {
            "summary": planned["summary"],
            "risk": planned["risk"],
            "plan": [(step["does"], step["undo"]) for step in planned["steps"]],
            "touched": [(row["role"], row["type"], row["name"], row["status"]) for row in planned["resources"]],
            "done": [(step["does"], step["state"], step["result"]) for step in done["steps"]],
            "arguments": receipt["arguments"],
            "undo": receipt["undo"],
        }


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
    change: Change = field(default_factory=Change)

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
            "change": self.change.comparable(),
        }


def check(told: Told) -> None:
    """The scenario went as it should for this one client."""
    if told.server:
        assert told.server["name"] == "nexla-mcp"
    check_tools(told.tools)
    assert told.whoami["structuredContent"]["email"] == "dana@acme.example"
    assert text_of(told.whoami)
    verdicts = {flow["name"]: flow["verdict"] for flow in told.health["structuredContent"]["flows"]}
    assert verdicts[SICK_FLOW] == "sick"
    assert verdicts[RUNNING_FLOW] == "healthy"
    assert told.diagnosis["structuredContent"]["causes"][0]["trouble"] == "refused_credential"
    assert SICK_FLOW in text_of(told.diagnosis)
    assert told.document.startswith("# ")
    assert SICK_FLOW in told.prompt
    assert told.refused["isError"]
    assert told.refused["structuredContent"]["code"] == "not_found"
    check_change(told.change)


def check_tools(tools: list[dict[str, Any]]) -> None:
    """All are there, and each says of itself what its risk makes of it."""
    assert len(tools) == 30
    assert all(tool["description"] for tool in tools)
    risks = {spec.name: spec.risk for spec in all_tools()}
    for tool in tools:
        hints, risk = tool["annotations"], risks[tool["name"]]
        assert hints["readOnlyHint"] is (risk is Risk.READ), tool["name"]
        assert hints["destructiveHint"] is (risk in {Risk.DISRUPTIVE, Risk.DESTRUCTIVE}), tool["name"]


def check_change(change: Change) -> None:
    """Planned, held back, confirmed once, done once, and remembered."""
    planned, done, receipt = (item["structuredContent"] for item in (change.planned, change.done, change.receipt))
    assert (planned["state"], planned["risk"]) == ("planned", "disruptive")
    assert "confirmation" not in planned, "a dry run is no way to get a token"
    assert RUNNING_FLOW in text_of(change.planned)
    if change.asked:
        assert len(change.asked) == 1
        assert RUNNING_FLOW in change.asked[0]
        assert receipt["decision"] == "a person, asked by the client"
    else:
        held, repeated = change.held["structuredContent"], change.repeated["structuredContent"]
        assert not change.held.get("isError", False)
        assert held["state"] == "confirmation_required"
        assert held["confirmation"] in text_of(change.held)
        assert repeated["operation"] == done["operation"], "a confirmation is good for one operation"
        assert repeated["ended"] == done["ended"]
        assert receipt["decision"] == "a token: the plan had been shown"
    assert not change.done.get("isError", False)
    assert (done["state"], receipt["state"]) == ("done", "done")
    assert all(step["state"] == "done" for step in done["steps"])
    assert receipt["operation"] == done["operation"]
    assert "PAUSED" in text_of(change.done)
    assert "ACTIVE" not in receipt["steps"][-1]["result"]


def text_of(answer: dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in answer["content"] if part["type"] == "text")


def flow_of(found: dict[str, Any]) -> int:
    """The id of the flow that is paused, in an answer of `search_resources`."""
    (identifier,) = [row["id"] for row in found["structuredContent"]["rows"] if row["name"] == RUNNING_FLOW]
    return int(identifier)


def _timeless(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool without the fields that only some versions of the protocol have."""
    kept = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
    return {name: tool[name] for name in kept}


def without_terminal_codes(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
