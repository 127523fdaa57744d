"""What a shell or a CI job learns from how a command ends."""

from __future__ import annotations

from enum import IntEnum

from nexla_mcp.domain.errors import ErrorCode


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1
    BAD_INPUT = 2
    NOT_CONFIGURED = 3
    AUTH = 4
    NOT_FOUND = 5
    UPSTREAM = 6
    NEEDS_CONFIRMATION = 7
    UNHEALTHY = 8
    MAYBE_APPLIED = 9


_BY_ERROR: dict[ErrorCode, ExitCode] = {
    ErrorCode.BAD_INPUT: ExitCode.BAD_INPUT,
    ErrorCode.AMBIGUOUS: ExitCode.BAD_INPUT,
    ErrorCode.NOT_CONFIGURED: ExitCode.NOT_CONFIGURED,
    ErrorCode.AUTH_FAILED: ExitCode.AUTH,
    ErrorCode.FORBIDDEN: ExitCode.AUTH,
    ErrorCode.NOT_FOUND: ExitCode.NOT_FOUND,
    ErrorCode.RATE_LIMITED: ExitCode.UPSTREAM,
    ErrorCode.UPSTREAM_ERROR: ExitCode.UPSTREAM,
    ErrorCode.UNREACHABLE: ExitCode.UPSTREAM,
    ErrorCode.TIMEOUT: ExitCode.UPSTREAM,
    ErrorCode.UNREADABLE_ANSWER: ExitCode.UPSTREAM,
    ErrorCode.UNSUPPORTED: ExitCode.UPSTREAM,
    ErrorCode.MAYBE_APPLIED: ExitCode.MAYBE_APPLIED,
    ErrorCode.NOT_VERIFIED: ExitCode.UNHEALTHY,
    ErrorCode.CONFLICT: ExitCode.FAILED,
    ErrorCode.NOT_ALLOWED: ExitCode.FAILED,
    ErrorCode.INTERNAL: ExitCode.FAILED,
}


def exit_code_for(code: ErrorCode) -> ExitCode:
    return _BY_ERROR[code]
