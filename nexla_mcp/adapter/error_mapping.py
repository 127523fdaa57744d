"""From the facts of an attempt to the error its reader sees (traps T6, T8, T9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.exchange import Exchange, Trouble
from nexla_mcp.adapter.scrub import server_message
from nexla_mcp.domain.errors import ErrorCode, ErrorInfo


@dataclass(frozen=True)
class _Meaning:
    code: ErrorCode
    message: str
    hint: str
    retryable: bool = False
    next_tool: str | None = None


_BY_STATUS: dict[int, _Meaning] = {
    400: _Meaning(
        ErrorCode.BAD_INPUT, "Nexla refused the request as invalid.", "Correct what it names, then call again."
    ),
    401: _Meaning(
        ErrorCode.AUTH_FAILED,
        "Nexla refused the login.",
        "The key or token is wrong, revoked or ended. Its owner must set a new one; `nexla-mcp doctor` checks it.",
    ),
    403: _Meaning(
        ErrorCode.FORBIDDEN,
        "This login may not do that.",
        "Ask the owner or an org admin for a role on it. whoami says whom this login speaks for.",
        next_tool="whoami",
    ),
    404: _Meaning(
        ErrorCode.NOT_FOUND,
        "Nexla knows no such resource, or does not show it to this login.",
        "Look for it by name; it may have been deleted, or belong to another type.",
        next_tool="search_resources",
    ),
    409: _Meaning(
        ErrorCode.CONFLICT, "Nexla refused: it conflicts with what exists.", "Read the resource, then decide."
    ),
    422: _Meaning(
        ErrorCode.BAD_INPUT, "Nexla refused the request as invalid.", "Correct what it names, then call again."
    ),
    429: _Meaning(
        ErrorCode.RATE_LIMITED,
        "Nexla throttles this login, and went on doing so.",
        "Wait a minute, then ask for less at once.",
        retryable=True,
    ),
    501: _Meaning(
        ErrorCode.UNSUPPORTED, "This Nexla does not offer that operation.", "Use another way; repeating will not help."
    ),
}
_SERVER_ERROR = _Meaning(
    ErrorCode.UPSTREAM_ERROR, "Nexla had an error of its own.", "Try again in a minute.", retryable=True
)
_REDIRECT = _Meaning(
    ErrorCode.UPSTREAM_ERROR,
    "Nexla answered with a redirect, which is never followed: it could lead the login elsewhere.",
    "Check NEXLA_API_URL; it must be the final address of the API.",
)
_OTHER = _Meaning(ErrorCode.BAD_INPUT, "Nexla refused the request.", "Correct the request; repeating will not help.")


def explain(endpoint: Endpoint, path: str, exchange: Exchange, secrets: Iterable[str], timeout: float) -> ErrorInfo:
    """The error for an attempt that is not repeated. Whether it may have been applied is `maybe_applied`'s to add."""
    meaning = _meaning(endpoint, exchange, timeout)
    said = server_message((exchange.token or exchange).data, secrets)
    message = meaning.message + (f" It says: {said}" if said else "")
    if endpoint.repeatable is not Repeatable.READ and not exchange.sent:
        message += " Nothing was changed."
    return ErrorInfo(
        code=meaning.code,
        message=f"{endpoint.method} {path}: {message}",
        hint=meaning.hint,
        retryable=meaning.retryable,
        next_tool=meaning.next_tool,
        request_id=exchange.request_id or (exchange.token.request_id if exchange.token else None),
    )


def maybe_applied(endpoint: Endpoint, path: str, exchange: Exchange, secrets: Iterable[str]) -> ErrorInfo:
    """The error for a write whose outcome is unknown."""
    said = server_message(exchange.data, secrets)
    return ErrorInfo(
        code=ErrorCode.MAYBE_APPLIED,
        message=f"{endpoint.method} {path} may have been carried out: {_how_it_ended(exchange)}."
        + (f" Nexla says: {said}" if said else ""),
        hint="Read the resource to see its state before doing anything again. Work may still finish within a minute.",
        maybe_applied=True,
        request_id=exchange.request_id,
    )


def _how_it_ended(exchange: Exchange) -> str:
    if exchange.trouble is Trouble.UNREADABLE:
        return "Nexla's answer cannot be read"
    if exchange.trouble is Trouble.TOO_SLOW:
        return "no answer came in time"
    if exchange.trouble is Trouble.CUT:
        return "the connection broke before the answer"
    return f"Nexla answered with status {exchange.status}"


def _meaning(endpoint: Endpoint, exchange: Exchange, timeout: float) -> _Meaning:
    if exchange.trouble is Trouble.NO_TOKEN:
        return _meaning_of_login(endpoint, exchange, timeout)
    if exchange.trouble is not None:
        return _meaning_of_trouble(exchange, timeout)
    status = exchange.status or 0
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:  # noqa: PLR2004
        return _SERVER_ERROR
    return _REDIRECT if 300 <= status < 400 else _OTHER  # noqa: PLR2004


def _meaning_of_login(endpoint: Endpoint, exchange: Exchange, timeout: float) -> _Meaning:
    if exchange.token is None:
        return _Meaning(ErrorCode.TIMEOUT, "No login in time.", "Try again in a minute.", retryable=True)
    meaning = _meaning(endpoint, exchange.token, timeout)
    if meaning.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.BAD_INPUT}:
        meaning = _BY_STATUS[401]
    return _Meaning(meaning.code, f"While logging in: {meaning.message}", meaning.hint, meaning.retryable)


def _meaning_of_trouble(exchange: Exchange, timeout: float) -> _Meaning:
    if exchange.trouble is Trouble.NOT_SENT:
        return _Meaning(
            ErrorCode.UNREACHABLE,
            f"Nexla cannot be reached: {exchange.detail or 'no connection'}.",
            "Check NEXLA_API_URL and the network; `nexla-mcp doctor` says more.",
            retryable=True,
        )
    if exchange.trouble is Trouble.TOO_SLOW:
        return _Meaning(
            ErrorCode.TIMEOUT,
            f"Nexla did not answer in time ({timeout:g} s for everything).",
            "Ask for less, or raise NEXLA_MCP_DEADLINE_SECONDS.",
            retryable=True,
        )
    if exchange.trouble is Trouble.UNREADABLE:
        return _Meaning(
            ErrorCode.UNREADABLE_ANSWER,
            f"Nexla's answer cannot be used: {exchange.detail or 'it is broken'}.",
            "Check that NEXLA_API_URL is the API and no login page or proxy stands before it.",
        )
    return _Meaning(
        ErrorCode.UNREACHABLE, "The connection broke before the answer.", "Try again in a minute.", retryable=True
    )
