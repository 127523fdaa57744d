"""Changes through the front door: an in-process MCP client, a composed server, a sandbox of the test's own.

Sleeps take no time: they move the sandbox's clock instead, so that detections and runs come when they are waited for.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mcp_types as protocol
import pytest
from mcp import Client

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve
from nexla_mcp.server import compose
from nexla_mcp.settings import Settings
from tests.matrix.faulty import HastyClock

LAKE, WAREHOUSE = "Acme data lake (S3)", "Snowflake analytics"
TEAM = "Finance Analytics"
FLOW = "Orders EU"
SPEC: dict[str, Any] = {
    "name": FLOW,
    "source": {
        "connector": "s3",
        "credential": LAKE,
        "config": {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/orders/eu"},
    },
    "nexsets": [{"name": "Orders EU, cleaned", "transform": "Orders, cleaned: map"}],
    "destinations": [
        {
            "name": "Orders EU in the lake",
            "connector": "s3",
            "credential": LAKE,
            "config": {"path": "acme-data-lake/out", "data_format": "json"},
        }
    ],
    "access": [{"to": "team", "who": TEAM, "role": "collaborator"}],
}
"""A flow with one of everything."""

ERAS = ("legacy", "2026-07-28")
Reply = Callable[[protocol.ElicitRequestFormParams], protocol.ElicitResult]


@dataclass(frozen=True)
class Called:
    """What a tool call gave."""

    text: str
    structured: dict[str, Any]
    is_error: bool

    @property
    def state(self) -> str:
        return str(self.structured.get("state"))

    @property
    def code(self) -> str:
        return str(self.structured.get("code"))


@dataclass
class Scene:
    """A sandbox, the settings of a server over it, and the state directory that copies of it share."""

    sandbox: RunningSandbox
    settings: Settings
    clock: HastyClock
    asked: list[protocol.ElicitRequestFormParams] = field(default_factory=list)
    """The questions that were put to the client."""

    @asynccontextmanager
    async def connected(
        self, *, era: str = "legacy", reply: Reply | None = None, **settings: Any
    ) -> AsyncIterator[Any]:
        """`await call("tool", argument=value)` through a client that asks people only where `reply` is given."""
        server, account = compose(self.settings.model_copy(update=settings), self.clock)

        async def elicit(_: Any, params: Any) -> protocol.ElicitResult:
            self.asked.append(params)
            assert reply is not None
            return reply(params)

        async with Client(server, mode=era, elicitation_callback=elicit if reply else None) as client:

            async def call(tool: str, /, **arguments: Any) -> Called:
                answer = await client.call_tool(tool, arguments)
                text = "\n".join(part.text for part in answer.content if part.type == "text")
                return Called(text, answer.structured_content or {}, bool(answer.is_error))

            yield call
        await account.close()

    def environment(self, **more: str) -> dict[str, str]:
        """The variables of a process of its own that works on this account, over this state directory."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("NEXLA_")}
        return {
            **clean,
            "NEXLA_API_URL": self.sandbox.url,
            "NEXLA_SERVICE_KEY": self.sandbox.service_key,
            "NEXLA_MCP_STATE_DIR": str(self.settings.state_dir),
            **more,
        }

    def rows(self, kind: str, **wanted: Any) -> list[Mapping[str, Any]]:
        """Documents of the sandbox's store, from outside of everything under test: `rows("data_sources", name=…)`."""
        return [
            row
            for row in self.sandbox.world.store.all(kind)
            if all(row.get(name) == value for name, value in wanted.items())
        ]

    def row(self, kind: str, **wanted: Any) -> Mapping[str, Any]:
        (found,) = self.rows(kind, **wanted)
        return found

    def flow_id(self, name: str) -> int:
        return int(self.row("data_sources", name=name)["flow_node_id"])

    def statuses(self, flow_id: int) -> set[str]:
        """Of every node of a flow."""
        kinds = ("data_sources", "data_sets", "data_sinks")
        return {row["status"] for kind in kinds for row in self.rows(kind, origin_node_id=flow_id)}

    def snapshot(self) -> dict[str, list[Mapping[str, Any]]]:
        """Everything that a user could see of the account, without times: equal before and after what was undone."""
        kinds = ("data_credentials", "data_sources", "data_sets", "data_sinks", "flow_nodes", "accessors", "projects")
        hidden = {"updated_at", "created_at", "verified_at", "_sandbox", "id"}
        return {
            kind: sorted(
                ({name: value for name, value in row.items() if name not in hidden} for row in self.rows(kind)),
                key=repr,
            )
            for kind in kinds
        }

    def break_(self, kind: str, **fault: Any) -> None:
        self.sandbox.world.faults.add(kind, **fault)

    def mend(self) -> None:
        self.sandbox.world.faults.clear()

    def settle(self) -> None:
        """Whatever is still to be done by the platform is done."""
        self.sandbox.world.clock.advance(120)
        self.sandbox.world.deferred.run_due()

    def sent(self, method: str, route: str) -> int:
        """How many requests of a route were served."""
        return sum(
            request["method"] == method and request["route"] == route
            for request in self.sandbox.world.requests.listed()
        )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with serve(SandboxOptions()) as sandbox:
        settings = Settings(
            NEXLA_SERVICE_KEY=sandbox.service_key,
            NEXLA_API_URL=sandbox.url,
            requests_per_second=100.0,
            state_dir=tmp_path / "state",
            _env_file=None,
        )
        yield Scene(sandbox, settings, HastyClock(sandbox.world.clock.advance))


def agreeing(params: protocol.ElicitRequestFormParams) -> protocol.ElicitResult:
    """A person who agrees, typing the name that the question gives."""
    wanted = params.requested_schema["properties"]
    if "agree" in wanted:
        return protocol.ElicitResult(action="accept", content={"agree": True})
    name = params.message.rpartition('type its name: "')[2].rstrip('"')
    return protocol.ElicitResult(action="accept", content={"name": name})
