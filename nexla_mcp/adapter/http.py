"""The SDK's HTTP client without its traps: no repeats, no redirects, no netrc, bounded bodies (T2, T4, T5, T16, T17).

Imported at the first call only: requests and the SDK cost a start-up that many sessions never need.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import requests
import urllib3
from nexla_sdk.http_client import HttpClientError, RequestsHttpClient
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry

import nexla_mcp
from nexla_mcp.adapter.body import Readable, UnreadableBodyError, is_json, parse_json, read_bounded
from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.exchange import Exchange, Trouble

MOST_OF_AN_ERROR_BODY = 256 * 1024
_EMPTY = 204
HTTP_OK, HTTP_REDIRECT = 200, 300

_current = threading.local()


class _OverdueError(Exception):
    """The deadline passed, or the call was given up, while an answer was being read."""


class _Watched:
    """A connection that tells the exchange it serves, so that a deadline can cut it."""

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        exchange: Exchange = _current.exchange
        exchange.attach(self)  # type: ignore[arg-type]

    def send(self, data: Any) -> None:
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()
        exchange: Exchange = _current.exchange
        if not exchange.begin_sending(self):  # type: ignore[arg-type]
            raise ConnectionAbortedError
        super().send(data)  # type: ignore[misc]


class _WatchedHTTPConnection(_Watched, HTTPConnection):
    pass


class _WatchedHTTPSConnection(_Watched, HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _WatchedHTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def _never_again() -> Retry:
    return Retry(total=0, redirect=0, respect_retry_after_header=False, raise_on_status=False, raise_on_redirect=False)


class _Session(requests.Session):
    """Takes a redirect for the answer it is: asked where it leads, requests would read all of its body first."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        del resp
        return None


class HttpClient(RequestsHttpClient):  # type: ignore[misc]
    """Sends one request once. What happened is in the exchange; what is raised only tells that it was no success."""

    def __init__(self, connection: Connection, monotonic: Callable[[], float]) -> None:
        super().__init__(timeout=connection.read_seconds, max_retries=0)
        self._connection = connection
        self._monotonic = monotonic
        self.session = _Session()
        self.session.trust_env = False
        self.session.max_redirects = 0
        # A company's own certificate authority is no secret door: the usual variables hold for it.
        self.session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        for scheme in ("http://", "https://"):
            pool = connection.workers + 1
            self.session.mount(scheme, _Adapter(max_retries=_never_again(), pool_connections=4, pool_maxsize=pool))

    def request(self, method: str, url: str, headers: Mapping[str, str], **given: Any) -> Any:
        """The JSON of a 2xx answer, None for an empty one.

        Raises:
            HttpClientError: anything else; `given["exchange"]` holds the facts.
        """
        exchange: Exchange = given["exchange"]
        exchange.requests += 1
        _current.exchange = exchange
        try:
            self._send(method, url, headers, exchange, given)
        except (UnreadableBodyError, _OverdueError) as error:
            slow = isinstance(error, _OverdueError)
            exchange.fail(Trouble.TOO_SLOW if slow else Trouble.UNREADABLE, "" if slow else error.args[0])
        except requests.exceptions.RequestException as error:
            exchange.fail(*_trouble_of(error, exchange))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            exchange.fail(*_trouble_of(error, exchange))
        if not exchange.succeeded():
            raise HttpClientError("not a success", status_code=exchange.status)
        return exchange.data

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], exchange: Exchange, given: Mapping[str, Any]
    ) -> None:
        left = exchange.deadline - self._monotonic()
        if left <= 0:
            raise _OverdueError
        with self.session.request(
            method,
            url,
            params=given.get("params"),
            json=given.get("json"),
            headers={"User-Agent": f"nexla-mcp/{nexla_mcp.__version__}", **headers, "Accept-Encoding": "gzip"},
            timeout=(min(self._connection.connect_seconds, left), min(self._connection.read_seconds, left)),
            allow_redirects=False,
            stream=True,
            proxies=get_environ_proxies(url) if self._connection.trust_environment else {},
        ) as response:
            exchange.headers = {name.lower(): value for name, value in response.headers.items()}
            exchange.status = response.status_code
            self._read(response, exchange)

    def _read(self, response: requests.Response, exchange: Exchange) -> None:
        def in_time() -> None:
            if exchange.aborted or self._monotonic() > exchange.deadline:
                raise _OverdueError

        # `response.ok` would count a redirect, which is as much a refusal as any other.
        failed = not HTTP_OK <= response.status_code < HTTP_REDIRECT
        limit = (
            min(MOST_OF_AN_ERROR_BODY, self._connection.max_body_bytes) if failed else self._connection.max_body_bytes
        )
        raw: Readable = response.raw
        try:
            body = read_bounded(raw, limit, in_time)
            if response.status_code == _EMPTY or not body.strip():
                return
            if not is_json(response.headers.get("content-type", "")):
                raise UnreadableBodyError("it is not JSON")
            exchange.data = parse_json(body, self._connection.max_depth)
        except UnreadableBodyError:
            if not failed:  # the status of a failure says enough; its body is a courtesy
                raise


def _trouble_of(error: BaseException, exchange: Exchange) -> tuple[Trouble, str]:
    """The kind of a network failure, from what was sent and the exceptions' classes; their texts hold URLs."""
    causes = _chain(error)
    timed_out = any(isinstance(cause, (TimeoutError, requests.exceptions.Timeout)) for cause in causes)
    if not exchange.sent:
        return Trouble.NOT_SENT, _why_not_sent(causes, timed_out=timed_out)
    if exchange.aborted or timed_out:
        return Trouble.TOO_SLOW, ""
    if exchange.status is not None and any(isinstance(cause, urllib3.exceptions.DecodeError) for cause in causes):
        return Trouble.UNREADABLE, "its compression is broken"
    return Trouble.CUT, ""


def _why_not_sent(causes: list[BaseException], *, timed_out: bool) -> str:
    for kinds, words in (
        ((urllib3.exceptions.NameResolutionError,), "its name cannot be resolved"),
        ((requests.exceptions.SSLError, urllib3.exceptions.SSLError), "its TLS certificate was not accepted"),
        ((requests.exceptions.ProxyError, urllib3.exceptions.ProxyError), "the proxy did not let us through"),
    ):
        if any(isinstance(cause, kinds) for cause in causes):
            return words
    return "it did not accept a connection in time" if timed_out else "it refused the connection"


def _chain(error: BaseException) -> list[BaseException]:
    """The exception, and whatever it wraps as cause, context, reason or argument."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        item = waiting.pop()
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            waiting += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return found
