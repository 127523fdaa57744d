"""The one way to Nexla: every request of the product goes through `Nexla.call`."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from nexla_mcp.adapter.breaker import Breaker
from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.error_mapping import explain, maybe_applied
from nexla_mcp.adapter.exchange import Exchange, Trouble
from nexla_mcp.adapter.families import Families
from nexla_mcp.adapter.rate import Rate
from nexla_mcp.adapter.refused import Refused
from nexla_mcp.adapter.retry import MOST_ATTEMPTS, Decision, Outcome, decide, outcome_of
from nexla_mcp.adapter.retry_after import http_date, retry_after
from nexla_mcp.adapter.secret_references import SecretStore
from nexla_mcp.adapter.statistics import Statistics
from nexla_mcp.adapter.turns import Turns
from nexla_mcp.domain.clock import Clock, SystemClock
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.secrets import secrets_in

if TYPE_CHECKING:
    from nexla_mcp.adapter.sdk import Sdk

FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 8.0
NOTICEABLE_SKEW = timedelta(seconds=2)
"""`Date` has whole seconds and the answer travelled: less than this is no difference of clocks."""
NOT_FOUND = 404
SERVER_ERROR = 500

Unchanged = Callable[[], Awaitable[bool]]
"""Looks whether the resource is still as it was before a write."""


@dataclass(frozen=True)
class Answer:
    """A 2xx answer. `data` is its JSON, None when it was empty; header names are in lower case."""

    data: Any
    status: int
    headers: Mapping[str, str]
    request_id: str | None
    attempts: int


@dataclass
class _Call:
    """One call on its way through its attempts."""

    endpoint: Endpoint
    path: str
    query: Mapping[str, Any]
    body: Any
    deadline: float
    unchanged: Unchanged | None
    attempts: int = 0
    ambiguous_before: bool = False
    """Whether an earlier attempt may have done it, so that a 404 now means that a delete is done."""


class _TryAgainError(Exception):
    """An attempt that is to be repeated; `pause` is the server's wish in seconds."""

    def __init__(self, exchange: Exchange, pause: float | None) -> None:
        super().__init__()
        self.exchange = exchange
        self.pause = pause


class Nexla(Families):
    """One account. Safe for any number of concurrent calls on one event loop.

    Args:
        connection: Where and as whom.
        clock: Time, to be replaced in tests.
        guard: Asked before every request with the endpoint; raises `Failure` to refuse it.
        uniform: Source of the jitter between repeats, to be replaced in tests.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock | None = None,
        guard: Callable[[Endpoint], None] | None = None,
        uniform: Callable[[float, float], float] | None = None,
    ) -> None:
        self.connection = connection
        self.clock: Clock = clock or SystemClock()
        self.statistics = Statistics()
        self.secrets = SecretStore(connection.secret_policy)
        self._guard = guard
        self._uniform = uniform or random.SystemRandom().uniform
        self._skew = timedelta()
        self._breaker = Breaker(self.clock.monotonic)
        self._rate = Rate(connection.requests_per_second, self.clock.monotonic, self.clock.sleep)
        self._turns = Turns(connection, self.clock.monotonic)
        self._threads: anyio.CapacityLimiter | None = None
        self._sdk: Sdk | None = None

    def now(self) -> datetime:
        """The platform's time in UTC: ours, corrected by what its answers' `Date` told."""
        return self.clock.now() + self._skew

    @property
    def skew(self) -> float:
        """Seconds by which the platform's clock is ahead of ours; 0 before the first answer."""
        return self._skew.total_seconds()

    @property
    def takes_turns(self) -> bool:
        """Whether this key keeps only one live session, so that copies of this server take turns."""
        return self._turns.active

    @property
    def rate(self) -> float:
        """Requests a second that this process allows itself now."""
        return self._rate.per_second

    async def aclose(self) -> None:
        """Closes all connections. The next call would open them anew."""
        if self._sdk is not None:
            self._sdk.close()
            self._sdk = None

    async def call(
        self,
        endpoint: Endpoint,
        *,
        ids: Mapping[str, int | str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        deadline_seconds: float | None = None,
        unchanged: Unchanged | None = None,
    ) -> Answer:
        """One operation, repeated as far as its declaration allows.

        Args:
            endpoint: What to call.
            ids: The parameters of its path.
            query: The parameters behind it; None is left out, booleans go out in lower case.
            body: The JSON to send; `{"$secret": REFERENCE}` in it becomes the secret on the way out.
            deadline_seconds: For everything: waiting, logging in, repeats. Default is the connection's.
            unchanged: For idempotent writes whose answer was lost: only if it says true is the write repeated.

        Raises:
            Failure: and nothing else. `maybe_applied` when a write may have been carried out.
        """
        self._permit(endpoint)
        seconds = deadline_seconds or self.connection.deadline_seconds
        body = self.secrets.revealed(body)
        call = _Call(
            endpoint=endpoint,
            path=endpoint.path(ids or {}),
            query=_wire(query or {}),
            body=body,
            deadline=self.clock.monotonic() + seconds,
            unchanged=unchanged,
        )
        _check_body(endpoint, body)
        self.statistics.calls += 1
        try:
            async for attempt in self._repeats(call):
                with attempt:
                    return await self._attempt(call)
        except _TryAgainError as last:
            raise self._failure(call, last.exchange) from None
        raise AssertionError("tenacity ends with an answer or an exception")

    def _permit(self, endpoint: Endpoint) -> None:
        if self.connection.read_only and endpoint.repeatable is not Repeatable.READ:
            raise Failure.of(
                ErrorCode.NOT_ALLOWED,
                f"{endpoint.name} would change something, and this server is read-only. Nothing was sent.",
                hint="Only the operator of this server can change that (NEXLA_MCP_READ_ONLY).",
            )
        if self._guard is not None:
            self._guard(endpoint)

    def _repeats(self, call: _Call) -> AsyncRetrying:
        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.pause if isinstance(error, _TryAgainError) else None
            if asked is not None:
                return asked
            longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**state.attempt_number)
            return self._uniform(0.0, longest)

        def too_late(state: RetryCallState) -> bool:
            return self.clock.monotonic() + (state.upcoming_sleep or 0.0) >= call.deadline

        return AsyncRetrying(
            retry=retry_if_exception_type(_TryAgainError),
            wait=pause,
            stop=lambda state: too_late(state) or stop_after_attempt(MOST_ATTEMPTS)(state),
            sleep=self._sleep_before_repeat,
            reraise=True,
        )

    async def _sleep_before_repeat(self, seconds: float) -> None:
        self.statistics.retries += 1
        await self.clock.sleep(seconds)

    async def _attempt(self, call: _Call) -> Answer:
        ticket = self._check_breaker(call)
        try:
            if not await self._rate.wait(call.deadline):
                raise self._held_back(call)
            call.attempts += 1
            exchange = await self._exchange(call)
        except BaseException:
            self._breaker.not_judged()
            raise
        outcome = outcome_of(exchange)
        pause = self._learn(exchange, outcome, ticket)
        if outcome is Outcome.DONE or (exchange.status == NOT_FOUND and self._is_done(call)):
            return Answer(exchange.data, exchange.status or 0, exchange.headers, exchange.request_id, call.attempts)
        decision = decide(call.endpoint.repeatable, outcome, can_look=call.unchanged is not None)
        if decision is Decision.LOOK_FIRST and call.unchanged is not None:
            call.ambiguous_before = True
            decision = Decision.RETRY if await call.unchanged() else Decision.MAYBE_APPLIED
        if decision is Decision.RETRY:
            raise _TryAgainError(exchange, pause)
        raise self._failure(call, exchange)

    @staticmethod
    def _is_done(call: _Call) -> bool:
        return call.endpoint.method == "DELETE" and call.ambiguous_before

    async def _exchange(self, call: _Call) -> Exchange:
        """One attempt in a worker thread, ended at the deadline together with its connection."""
        exchange = Exchange(deadline=call.deadline)
        sdk = await self._connected()
        work = partial(sdk.send, call.endpoint.method, call.path, call.query, call.body, exchange)
        left = max(0.0, call.deadline - self.clock.monotonic())
        # A write is not given up half-way when its caller is cancelled: its outcome has to be known.
        is_write = call.endpoint.repeatable is not Repeatable.READ
        try:
            with anyio.CancelScope(shield=is_write), anyio.move_on_after(left) as in_time:
                await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)
        except BaseException:
            exchange.abort()
            raise
        finally:
            self.statistics.requests += exchange.requests
        if in_time.cancelled_caught:
            # A fresh record: the thread may still write to its own while it ends.
            overdue = Exchange(deadline=call.deadline, sent=exchange.sent)
            exchange.abort()
            overdue.fail(Trouble.TOO_SLOW)
            return overdue
        return exchange

    async def _connected(self) -> Sdk:
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(self.connection.workers)
        if self._sdk is None:
            from nexla_mcp.adapter.sdk import Sdk  # noqa: PLC0415 - the SDK is imported at the first call

            self._sdk = Sdk(self.connection, self.clock.monotonic, self._turns, self.statistics)
        return self._sdk

    def _learn(self, exchange: Exchange, outcome: Outcome, ticket: int) -> float | None:
        """What an answer tells about clock, speed and health of the platform; the pause it asks for."""
        told = http_date(exchange.headers.get("date", ""))
        if told is not None:
            skew = told + timedelta(seconds=0.5) - self.clock.now()
            self._skew = skew if abs(skew) >= NOTICEABLE_SKEW else timedelta()
        if outcome is Outcome.THROTTLED:
            self.statistics.throttled += 1
            answer = exchange.token or exchange
            pause = retry_after(answer.headers, answer.data, self.now())
            self._rate.throttled(pause)
            self._breaker.succeeded()
            return pause
        if outcome in {Outcome.NOT_SENT, Outcome.AMBIGUOUS}:
            self._breaker.failed(ticket)
            return retry_after(exchange.headers, exchange.data, self.now())
        if outcome is Outcome.BROKEN and exchange.status is not None and exchange.status >= SERVER_ERROR:
            self._breaker.failed(ticket)
            return None
        self._rate.succeeded()
        self._breaker.succeeded()
        return None

    def _check_breaker(self, call: _Call) -> int:
        try:
            return self._breaker.check()
        except Failure as failure:
            if not call.ambiguous_before:
                raise
            # This repeat was not sent, but the attempt before it may have been carried out.
            told = {"code": ErrorCode.MAYBE_APPLIED, "maybe_applied": True, "retryable": False}
            raise Failure(failure.info.model_copy(update=told)) from None

    def _held_back(self, call: _Call) -> Failure:
        return Failure.of(
            ErrorCode.RATE_LIMITED,
            f"{call.endpoint.method} {call.path} was not sent: at {self._rate.per_second:g} requests a second its turn "
            "would come after its deadline.",
            hint="Ask for less at once, or try again in a minute.",
            retryable=True,
            maybe_applied=call.ambiguous_before,
        )

    def _failure(self, call: _Call, exchange: Exchange) -> Failure:
        secrets = [*(self._sdk.secrets if self._sdk else ()), *self.secrets.sent, *secrets_in(call.body)]
        is_write = call.endpoint.repeatable is not Repeatable.READ
        unknown = outcome_of(exchange) in {Outcome.AMBIGUOUS, Outcome.BROKEN} or call.ambiguous_before
        if is_write and unknown:
            return Failure(maybe_applied(call.endpoint, call.path, exchange, secrets))
        info = explain(call.endpoint, call.path, exchange, secrets, self.connection.deadline_seconds)
        return Refused(info, exchange.status, exchange.data)


def _check_body(endpoint: Endpoint, body: Any) -> None:
    """Refuses what JSON cannot carry before anything is sent."""
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise Failure.of(
            ErrorCode.BAD_INPUT, f"The body of {endpoint.name} holds something JSON cannot carry. Nothing was sent."
        ) from None


def _wire(query: Mapping[str, Any]) -> dict[str, Any]:
    """Query parameters as the API takes them (trap T16)."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value is not None
    }
