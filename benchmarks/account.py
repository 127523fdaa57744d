"""A local Nexla, our way to it, and counting what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import requests
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.sandbox.serving import RunningSandbox

UNLIMITED = 100.0
"""Requests a second: the most that settings allow, so that the speed limit is not what is measured."""


@asynccontextmanager
async def connected(sandbox: RunningSandbox, requests_per_second: float = UNLIMITED) -> AsyncIterator[Nexla]:
    connection = Connection(
        api_url=sandbox.url, service_key=SecretStr(sandbox.service_key), requests_per_second=requests_per_second
    )
    nexla = Nexla(connection)
    try:
        yield nexla
    finally:
        await nexla.aclose()


class Counter:
    """How many requests a sandbox served."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._address = sandbox.admin_url + "/requests"
        self._http = requests.Session()
        self._http.trust_env = False

    def restart(self) -> None:
        self._http.delete(self._address, timeout=10).raise_for_status()

    def count(self) -> int:
        answer = self._http.get(self._address, timeout=10)
        answer.raise_for_status()
        served = answer.json()
        return len(served["requests"] if isinstance(served, dict) else served)
