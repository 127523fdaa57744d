"""What the fault matrix asks of each reading tool, and what it makes of the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import Client

from nexla_mcp.sandbox.serving import RunningSandbox
from nexla_mcp.server import compose
from nexla_mcp.settings import Settings
from tests.matrix.faulty import HastyClock

PATIENCE = 60.0
"""Real seconds after which a call counts as hanging."""
SHORT_DEADLINE = 0.7
"""Seconds for one request, where a fault never ends by itself."""

HEALTHY, REFUSED, DRIFTED, UNWRITABLE, UNTRANSFORMED = (
    "Shopify Orders",
    "Billing Invoices",
    "Marketplace Orders",
    "General Ledger Entries",
    "Subscription Events",
)

SAYS_WHAT_IS_MISSING = ("not_read", "not_checked", "not_compared", "not_searched", "unreadable", "note")
MOVES_WITH_TIME = frozenset(
    {"checked_at", "platform_time", "clock_skew_seconds", "since", "until", "next_scheduled_run", "rerun"}
)


@dataclass(frozen=True)
class Question:
    """One call of a reading tool. Texts that start with `@` stand for an id in acme."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def of(self, sandbox: RunningSandbox) -> dict[str, Any]:
        return {name: _filled(value, sandbox) for name, value in self.arguments.items()}


QUESTIONS: dict[str, Question] = {
    "whoami": Question("whoami"),
    "search": Question("search_resources", {"types": ["source", "flow", "credential", "transform", "user"]}),
    "source": Question("get_resource", {"type": "source", "resource": f"@source {REFUSED}"}),
    "project": Question("get_resource", {"type": "project", "resource": "@project"}),
    "lookup": Question("get_resource", {"type": "lookup", "resource": "@lookup"}),
    "flow": Question("get_flow", {"flow": f"@flow {UNWRITABLE}"}),
    "samples": Question("get_samples", {"nexset": f"@nexset {DRIFTED}"}),
    "refused login": Question("probe_credential", {"credential": f"@credential {REFUSED}"}),
    "good login": Question("probe_credential", {"credential": f"@credential {HEALTHY}"}),
    "healthy": Question("run_health_check", {"flows": [f"@flow {HEALTHY}"]}),
    "sick": Question("run_health_check", {"flows": [f"@flow {REFUSED}"]}),
    "days": Question("get_metrics", {"resource": f"@flow {UNWRITABLE}"}),
    "runs": Question("get_metrics", {"resource": f"@source {UNWRITABLE}", "type": "source", "by": "run"}),
    "log of a run": Question("fetch_logs", {"resource": f"@flow {UNWRITABLE}", "run": "latest"}),
    "log": Question("fetch_logs", {"resource": f"@flow {UNWRITABLE}"}),
    "diagnosis": Question("diagnose_flow", {"flow": f"@flow {UNTRANSFORMED}"}),
    "service levels": Question(
        "check_sla", {"targets": [{"flows": [f"@flow {HEALTHY}"], "fresh_within": "30d", "min_records": 1}]}
    ),
    "two runs": Question("compare_runs", {"flow": f"@flow {HEALTHY}"}),
    "quality": Question(
        "check_data_quality", {"nexset": f"@nexset {HEALTHY}", "rules": [{"field": "id", "required": True}]}
    ),
    "two environments": Question("compare_environments", {"left": "tag:ads", "right": "tag:stores"}),
    "access": Question("list_access", {"type": "flow", "resource": f"@flow {UNWRITABLE}", "whole_flow": True}),
}
"""Every reading tool but `describe_connector`, which asks nobody."""


@dataclass(frozen=True)
class Told:
    """What a tool answered, and what it took."""

    structured: dict[str, Any]
    text: str
    is_error: bool
    slept: float
    hits: int
    """How many requests met a fault."""
    asked: tuple[tuple[str, str], ...]
    """Method and route of every request to the platform."""

    @property
    def code(self) -> str | None:
        return self.structured.get("code") if self.is_error else None

    @property
    def content(self) -> dict[str, Any]:
        """The answer without what moves with time."""
        return {name: value for name, value in self.structured.items() if name not in MOVES_WITH_TIME}

    def admits(self, usual: Told) -> bool:
        """Whether it says of something, which it usually reads, that it was not read."""
        return any(
            self.structured.get(name) and self.structured[name] != usual.structured.get(name)
            for name in SAYS_WHAT_IS_MISSING
        )


async def ask(sandbox: RunningSandbox, question: Question, *faults: Mapping[str, Any], deadline: float = 60.0) -> Told:
    """One call by a fresh client on a fresh server, with these faults switched on."""
    settings = Settings(
        NEXLA_SERVICE_KEY=sandbox.service_key,
        NEXLA_API_URL=sandbox.url,
        requests_per_second=100.0,
        deadline_seconds=deadline,
        result_bytes=1_000_000,
        _env_file=None,
    )
    clock = HastyClock()
    world = sandbox.world
    world.requests.clear()
    server, account = compose(settings, clock)
    try:
        for fault in faults:
            world.faults.add(**fault)
        with anyio.fail_after(PATIENCE):
            async with Client(server) as client:
                answer = await client.call_tool(question.tool, question.of(sandbox))
        hits = sum(fault["hits"] for fault in world.faults.listed())
    finally:
        world.faults.clear()
        await account.close()
    told = Told(
        answer.structured_content or {},
        "\n".join(part.text for part in answer.content if part.type == "text"),
        bool(answer.is_error),
        clock.slept,
        hits,
        tuple((row["method"], row["route"]) for row in world.requests.listed() if row["route"]),
    )
    _check_manners(told, sandbox)
    return told


def _check_manners(told: Told, sandbox: RunningSandbox) -> None:
    """What holds of every answer, good or bad."""
    assert told.code != "internal", told.text
    everything = told.text + json.dumps(told.structured)
    assert "Traceback" not in everything
    tokens = [row[0] for row in sandbox.world.store.execute("SELECT token FROM sessions")]
    for secret in (sandbox.service_key, *tokens):
        assert secret not in everything
    if told.is_error:
        assert told.structured.get("message"), told.text
        assert told.structured.get("hint"), f"no hint: {told.text}"


def _filled(value: Any, sandbox: RunningSandbox) -> Any:
    if isinstance(value, list):
        return [_filled(item, sandbox) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, sandbox) for name, item in value.items()}
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    word, _, name = value[1:].partition(" ")
    store = sandbox.world.store
    if word in {"project", "lookup"}:
        return store.all({"project": "projects", "lookup": "data_maps"}[word])[0]["id"]
    source = next(row for row in store.all("data_sources") if row["name"] == name)
    nexset = next(row for row in store.all("data_sets") if row.get("data_source_id") == source["id"])
    return {
        "source": source["id"],
        "flow": source["flow_node_id"],
        "credential": source["data_credentials_id"],
        "nexset": nexset["id"],
    }[word]
