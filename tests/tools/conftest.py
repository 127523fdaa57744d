"""Tools through the front door: an in-process MCP client, a server as composed for a user, a sandbox over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from mcp import Client

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve
from nexla_mcp.server import compose
from nexla_mcp.settings import Settings

FAST = 100.0
"""Requests a second: the limiter has tests of its own."""


@dataclass(frozen=True)
class Called:
    """What a tool call gave."""

    text: str
    structured: dict[str, Any]
    is_error: bool


Call = Callable[..., Awaitable[Called]]


class Backstage:
    """The sandbox's own endpoints, which no product code may know."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._http = requests.Session()
        self._http.trust_env = False

    def troubles(self) -> list[dict[str, Any]]:
        """What is planted."""
        return self._got("GET", "/troubles")

    def requests(self) -> list[dict[str, Any]]:
        """What was served since the last `forget`."""
        return self._got("GET", "/requests")

    def forget(self) -> None:
        self._got("DELETE", "/requests")

    def break_(self, **fault: Any) -> None:
        """Plants a fault; `mend` takes all away."""
        self._got("POST", "/faults", json=fault)

    def mend(self) -> None:
        self._got("DELETE", "/faults")

    def _got(self, method: str, path: str, **content: Any) -> Any:
        answer = self._http.request(method, self._root + path, timeout=10, **content)
        answer.raise_for_status()
        body = answer.json() if answer.content else None
        name = path.rsplit("/", 1)[-1]
        return body[name] if isinstance(body, dict) and name in body else body


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Any]:
    """One acme for all tests that only read."""
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
def backstage(sandbox: Any) -> Iterator[Backstage]:
    stage = Backstage(sandbox.admin_url)
    yield stage
    stage.mend()


@pytest.fixture(scope="session")
def settings(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """As the org's admin. Tests override single settings with `settings.model_copy`."""
    return Settings(
        NEXLA_SERVICE_KEY=sandbox.service_key,
        NEXLA_API_URL=sandbox.url,
        requests_per_second=FAST,
        state_dir=tmp_path_factory.mktemp("state"),
        _env_file=None,
    )


@pytest.fixture
async def call(settings: Settings) -> AsyncIterator[Call]:
    """`await call("tool", argument=value)` through the protocol."""
    async with connected(settings) as calling:
        yield calling


@asynccontextmanager
async def connected(settings: Settings, progress: Callable[..., Awaitable[None]] | None = None) -> AsyncIterator[Call]:
    """A client connected to a server with these settings."""
    server, account = compose(settings)
    async with Client(server) as client:

        async def calling(tool: str, /, **arguments: Any) -> Called:
            answer = await client.call_tool(tool, arguments, progress_callback=progress)
            text = "\n".join(part.text for part in answer.content if part.type == "text")
            return Called(text, answer.structured_content or {}, bool(answer.is_error))

        yield calling
    await account.close()
