"""Stops calling a platform that does not answer, and tries again one call at a time."""

from __future__ import annotations

from collections.abc import Callable

from nexla_mcp.domain.errors import ErrorCode, Failure

FAILURES = 8
"""In a row, over all calls, before the circuit opens: more than one call's own repeats."""
PAUSE = 20.0
"""Seconds that an open circuit stays open before one call may try."""


class Breaker:
    """Closed, open, or half open with one call on trial. Used from the event loop only."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._open_until: float | None = None
        self._on_trial = False

    def check(self) -> int:
        """Lets a call through or not; gives the ticket to hand in when it failed.

        Raises:
            Failure: `upstream_error`, retryable, saying when it is worth another try. Nothing was sent.
        """
        if self._open_until is None:
            return self._failures
        left = self._open_until - self._monotonic()
        if left > 0 or self._on_trial:
            raise Failure.of(
                ErrorCode.UPSTREAM_ERROR,
                f"Nexla failed {self._failures} times in a row, so this call was not sent.",
                hint=f"Try again in {max(left, 1):.0f} seconds.",
                retryable=True,
            )
        self._on_trial = True
        return self._failures

    def succeeded(self) -> None:
        self._failures, self._open_until, self._on_trial = 0, None, False

    def failed(self, ticket: int) -> None:
        """A call failed. Calls under way at the same time fail from the same cause: they count once."""
        self._on_trial = False
        if ticket != self._failures:
            return
        self._failures += 1
        if self._failures >= FAILURES:
            self._open_until = self._monotonic() + PAUSE

    def not_judged(self) -> None:
        """A call on trial ended without saying anything about the platform, e.g. it was cancelled."""
        self._on_trial = False
