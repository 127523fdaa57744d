"""What is done about an attempt that failed: DESIGN's table, as a function of declared × outcome."""

from __future__ import annotations

from enum import Enum

from nexla_mcp.adapter.endpoint import Repeatable
from nexla_mcp.adapter.exchange import Exchange, Trouble

TOO_MANY_REQUESTS = 429
GATEWAY_TROUBLE = frozenset({502, 503, 504})
NOT_IMPLEMENTED = 501
MOST_ATTEMPTS = 5


class Outcome(str, Enum):
    """How an attempt ended, as far as repeating it is concerned."""

    DONE = "done"
    THROTTLED = "throttled"
    NOT_SENT = "not_sent"
    AMBIGUOUS = "ambiguous"
    """Reset, timeout, 502, 503, 504: it may have been done, or be done in a moment."""
    BROKEN = "broken"
    """Another 5xx, or an answer that cannot be read: repeating is pointless, and it may have been done."""
    REFUSED = "refused"
    """A 3xx or 4xx: nothing was done."""


class Decision(str, Enum):
    RETRY = "retry"
    LOOK_FIRST = "look_first"
    """Repeat only if the resource is as it was before the call."""
    MAYBE_APPLIED = "maybe_applied"
    GIVE_UP = "give_up"


def outcome_of(exchange: Exchange) -> Outcome:
    """What the facts of an attempt come down to."""
    if exchange.trouble is Trouble.NO_TOKEN:
        return Outcome.NOT_SENT if exchange.token is None else _outcome_of_login(exchange.token)
    if exchange.trouble is not None and not exchange.sent:
        return Outcome.NOT_SENT
    if exchange.trouble in {Trouble.CUT, Trouble.TOO_SLOW}:
        return Outcome.AMBIGUOUS
    if exchange.trouble is Trouble.UNREADABLE:
        return Outcome.BROKEN
    status = exchange.status or 0
    if status == TOO_MANY_REQUESTS:
        return Outcome.THROTTLED
    if status in GATEWAY_TROUBLE:
        return Outcome.AMBIGUOUS
    if status >= 500 and status != NOT_IMPLEMENTED:  # noqa: PLR2004
        return Outcome.BROKEN
    return Outcome.DONE if exchange.succeeded() else Outcome.REFUSED


def _outcome_of_login(login: Exchange) -> Outcome:
    """A login that failed means that the request was never sent; whether to try again depends on why."""
    outcome = outcome_of(login)
    if outcome is Outcome.AMBIGUOUS:
        return Outcome.NOT_SENT
    return Outcome.REFUSED if outcome is Outcome.BROKEN else outcome


def decide(repeatable: Repeatable, outcome: Outcome, *, can_look: bool) -> Decision:
    """What to do next. `can_look`: whether the caller gave a way to see if the resource is still as it was."""
    if outcome is Outcome.THROTTLED:
        return Decision.RETRY
    if outcome is Outcome.NOT_SENT:
        return Decision.GIVE_UP if repeatable is Repeatable.NEVER else Decision.RETRY
    if outcome is Outcome.AMBIGUOUS:
        if repeatable is Repeatable.READ:
            return Decision.RETRY
        if repeatable is Repeatable.IDEMPOTENT and can_look:
            return Decision.LOOK_FIRST
        return Decision.MAYBE_APPLIED
    if outcome is Outcome.BROKEN:
        return Decision.GIVE_UP if repeatable is Repeatable.READ else Decision.MAYBE_APPLIED
    return Decision.GIVE_UP
