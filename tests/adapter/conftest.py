"""A scripted server, a clock that a test moves, and an adapter between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.nexla import Nexla
from tests.adapter.scripted_server import ScriptedServer, scripted_server

START = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


@dataclass
class FakeClock:
    """Time stands still but for sleeps, which take none and are remembered (seconds)."""

    elapsed: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.elapsed += seconds


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def connect(server: ScriptedServer, clock: FakeClock) -> Callable[..., Nexla]:
    """Makes an adapter to the scripted server; keyword arguments go to its `Connection`."""

    def make(**settings: Any) -> Nexla:
        login = {} if "access_token" in settings else {"service_key": SecretStr("key-1234567890")}
        given = {"api_url": server.url, "requests_per_second": 100.0, **login, **settings}
        return Nexla(Connection(**given), clock=clock, uniform=lambda low, high: high)

    return make
