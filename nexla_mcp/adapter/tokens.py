"""Session tokens: fetched once for any number of waiting threads, and never a token that is none (T1, T3, T6)."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

from nexla_sdk.auth import TokenAuthHandler
from nexla_sdk.exceptions import AuthenticationError
from nexla_sdk.http_client import HttpClientError

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.exchange import Exchange, Trouble
from nexla_mcp.adapter.http import HttpClient
from nexla_mcp.adapter.statistics import Statistics
from nexla_mcp.adapter.turns import Turns

LONGEST_MARGIN = 120.0
ASSUMED_LIFETIME = 3600.0
"""Seconds, where the platform does not say: about an hour (contract 1)."""
UNAUTHORIZED = 401


class Tokens(TokenAuthHandler):  # type: ignore[misc]
    """The SDK's authentication with one lock around get-or-refresh, on a monotonic clock."""

    def __init__(
        self,
        connection: Connection,
        http_client: HttpClient,
        monotonic: Callable[[], float],
        turns: Turns,
        statistics: Statistics,
    ) -> None:
        super().__init__(
            service_key=connection.service_key.get_secret_value() if connection.service_key else None,
            access_token=connection.access_token.get_secret_value() if connection.access_token else None,
            base_url=connection.api_url,
            http_client=http_client,
        )
        self._monotonic = monotonic
        self._turns = turns
        self._statistics = statistics
        self._refreshing = threading.Lock()
        self._renew_at = float("inf") if self._using_direct_token else 0.0
        self._ends_at = self._renew_at

    @property
    def current(self) -> str | None:
        """The token in use, so that it can be struck out of whatever is shown."""
        token: str | None = self._access_token
        return token

    def execute_authenticated_request(self, method: str, url: str, headers: dict[str, str], **given: Any) -> Any:
        """Sends with a valid token; after a 401 once more with a new one."""
        exchange: Exchange = given["exchange"]
        with self._turns.turn(exchange.deadline):
            token = self._token(exchange, refused=None)
            headers["Authorization"] = f"Bearer {token}"
            try:
                return self.http_client.request(method, url, headers=headers, **given)
            except HttpClientError:
                if exchange.status != UNAUTHORIZED or self._using_direct_token:
                    raise
            self._turns.refused_early(token, lifetime_left=self._ends_at - self._monotonic())
            renewed = self._token(exchange, refused=token)
            exchange.reset()
            headers["Authorization"] = f"Bearer {renewed}"
            return self.http_client.request(method, url, headers=headers, **given)

    def _token(self, exchange: Exchange, refused: str | None) -> str:
        """A token other than `refused`; threads that come while one fetches wait for that one's."""
        if not self._refreshing.acquire(timeout=max(0.0, exchange.deadline - self._monotonic())):
            exchange.fail(Trouble.NO_TOKEN, "the deadline passed while another call was logging in")
            raise AuthenticationError("no token in time")
        try:
            token: str | None = self._access_token
            if token is None or token == refused or self._monotonic() >= self._renew_at:
                token = self._fetch(exchange)
            return token
        finally:
            self._refreshing.release()

    def _fetch(self, exchange: Exchange) -> str:
        request = Exchange(deadline=exchange.deadline)
        self._statistics.token_fetches += 1
        headers = {
            "Authorization": f"Basic {self.service_key}",
            "Accept": f"application/vnd.nexla.api.{self.api_version}+json",
            "Content-Length": "0",
        }
        try:
            answer = self.http_client.request("POST", f"{self.api_url}/token", headers=headers, exchange=request)
            token, lifetime = _read_token(answer)
        except (HttpClientError, ValueError) as error:
            self._statistics.requests += request.requests
            if request.succeeded():
                request.fail(Trouble.UNREADABLE, str(error.args[0]))
            exchange.token = request
            exchange.fail(Trouble.NO_TOKEN)
            raise AuthenticationError("no token") from None
        self._statistics.requests += request.requests
        now = self._monotonic()
        self._access_token = token
        self._ends_at = now + lifetime
        self._renew_at = now + lifetime - min(LONGEST_MARGIN, lifetime / 4)
        return token


def _read_token(answer: Any) -> tuple[str, float]:
    """Token and lifetime in seconds.

    Raises:
        ValueError: the answer holds no token, so that `Bearer None` is never sent.
    """
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise ValueError("it holds no token")
    lifetime = answer.get("expires_in")
    return token.strip(), _seconds(lifetime) or ASSUMED_LIFETIME


def _seconds(value: Any) -> float | None:
    """A positive, finite number, also as text; None for anything else (trap T1)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < math.inf else None
