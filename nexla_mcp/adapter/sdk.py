"""The official SDK, set up so that none of its traps can spring. Imported at the first call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from nexla_sdk import NexlaClient
from nexla_sdk.exceptions import NexlaError

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.exchange import Exchange, Trouble
from nexla_mcp.adapter.http import HttpClient
from nexla_mcp.adapter.statistics import Statistics
from nexla_mcp.adapter.tokens import Tokens
from nexla_mcp.adapter.turns import Turns


class Sdk:
    """One `NexlaClient` for one login. `send` may run in any number of threads."""

    def __init__(
        self, connection: Connection, monotonic: Callable[[], float], turns: Turns, statistics: Statistics
    ) -> None:
        _quieten()
        self._http = HttpClient(connection, monotonic)
        secret = connection.login.get_secret_value()
        login = {"service_key": secret} if connection.service_key else {"access_token": secret}
        self._client = NexlaClient(
            **login, base_url=connection.api_url, http_client=self._http, trace_enabled=False, token_refresh_margin=120
        )
        self._tokens = Tokens(connection, self._http, monotonic, turns, statistics)
        self._client.auth_handler = self._tokens
        self._key = secret

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(filter(None, (self._key, self._tokens.current)))

    def send(self, method: str, path: str, query: Mapping[str, Any], body: Any, exchange: Exchange) -> None:
        """One attempt; how it ended is in the exchange and never in an exception."""
        given: dict[str, Any] = {"params": dict(query)} if query else {}
        if body is not None:
            given["json"] = body
        # The SDK's exceptions repeat addresses, bodies and secrets: the exchange has the facts without them.
        with suppress(NexlaError):
            self._client.request(method, path, exchange=exchange, **given)
        if exchange.status is None and exchange.trouble is None:
            exchange.fail(Trouble.UNREADABLE, "the SDK gave no answer")

    def close(self) -> None:
        self._http.session.close()


def _quieten() -> None:
    """Keeps libraries from logging addresses with their queries (trap T10); the root logger is left alone."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("nexla_sdk").setLevel(logging.CRITICAL)
