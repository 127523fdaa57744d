"""A local Nexla, our way to it, and counting what it was asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.nexla import Nexla

UNLIMITED = 100.0
"""Requests a second: the most that settings allow, so that the speed limit is not what is measured."""


@dataclass(frozen=True)
class Sandbox:
    """A local Nexla in a process of its own, so that it does not take turns with what is measured."""

    url: str
    service_key: str

    @property
    def admin_url(self) -> str:
        return self.url.removesuffix("/nexla-api") + "/_sandbox"


@contextmanager
def running(*options: str) -> Iterator[Sandbox]:
    """`nexla-mcp sandbox` with these options."""
    command = [sys.executable, "-m", "nexla_mcp", "sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Sandbox(told["url"], told["service_key"])
        finally:
            process.terminate()


@asynccontextmanager
async def connected(
    sandbox: Sandbox, requests_per_second: float = UNLIMITED, workers: int | None = None
) -> AsyncIterator[Nexla]:
    chosen = {} if workers is None else {"workers": workers}
    connection = Connection(
        api_url=sandbox.url,
        service_key=SecretStr(sandbox.service_key),
        requests_per_second=requests_per_second,
        **chosen,
    )
    nexla = Nexla(connection)
    try:
        yield nexla
    finally:
        await nexla.aclose()


class Counter:
    """How many requests a sandbox served."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._address = sandbox.admin_url + "/requests"
        self._http = requests.Session()
        self._http.trust_env = False

    def restart(self) -> None:
        self._http.delete(self._address, timeout=10).raise_for_status()

    def count(self) -> int:
        return len(self.served())

    def served(self) -> list[dict[str, Any]]:
        """Every request since the last `restart`, with method and path."""
        answer = self._http.get(self._address, timeout=10)
        answer.raise_for_status()
        told = answer.json()
        rows: list[dict[str, Any]] = told["requests"] if isinstance(told, dict) else told
        return rows
