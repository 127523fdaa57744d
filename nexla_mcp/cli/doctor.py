"""`nexla-mcp doctor`: what works, what does not, and the remedy of each."""

from __future__ import annotations

import platform
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from importlib.metadata import version
from urllib.parse import urlsplit

import anyio
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nexla_mcp.adapter.alert_channels import channel_named
from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.profiles import connection_of_profile
from nexla_mcp.cli.exit_codes import ExitCode, exit_code_for
from nexla_mcp.domain.errors import ErrorInfo, Failure
from nexla_mcp.operations.identity import identify
from nexla_mcp.operations.monitoring_file import stored_targets
from nexla_mcp.server import Account, build_toolbox
from nexla_mcp.settings import Settings
from nexla_mcp.starting import interrupted_operations, state_account
from nexla_mcp.tools.toolbox import visible_size

VISIBLE_BUDGET = 28_000
"""Bytes of tools a model should have to read at most (DESIGN, Budget)."""
TOLERATED_SKEW = 60.0
"""Seconds: beyond this, token lifetimes and time windows are off by a visible amount."""


class State(str, Enum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    check: str
    state: State
    found: str
    remedy: str = ""
    code: ExitCode = ExitCode.OK


def run(settings: Settings) -> int:
    """Prints every check; the exit code is that of the first failed one."""
    findings = anyio.run(_examine, settings)
    table = Table("check", "state", "found", "remedy")
    colours = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "red", State.SKIPPED: "dim"}
    for finding in findings:
        state = f"[{colours[finding.state]}]{finding.state.value}[/]"
        table.add_row(finding.check, state, escape(finding.found), escape(finding.remedy))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    return next((finding.code for finding in findings if finding.state is State.FAILED), ExitCode.OK)


async def _examine(settings: Settings) -> list[Finding]:
    account = Account(settings)
    try:
        findings = [_versions(), _settings(settings), _confirmation(settings), _operations(settings)]
        try:
            nexla = await account.connect()
        except Failure as failure:
            return [*findings, _failed("login configured", failure.info), _budget(settings, account)]
        findings += [_login(settings), *_named(nexla)]
        findings += await _online(nexla)
        return [*findings, _budget(settings, account)]
    finally:
        await account.close()


def _versions() -> Finding:
    parts = [f"{name} {version(name)}" for name in ("nexla-mcp", "mcp", "nexla-sdk", "pydantic")]
    return Finding("versions", State.OK, f"Python {platform.python_version()}, {', '.join(parts)}")


def _settings(settings: Settings) -> Finding:
    policy = settings.policy
    parts = ["read-only" if policy.read_only else "changes allowed"]
    parts.append("toolsets listed " + ",".join(sorted(item.value for item in policy.listed & policy.toolsets)))
    unlisted = sorted(item.value for item in policy.toolsets - policy.listed)
    parts += [f"by call_operation also {','.join(unlisted)}"] if unlisted and not policy.allow else []
    parts += [f"only {','.join(sorted(policy.allow))}"] if policy.allow else []
    parts += [f"without {','.join(sorted(policy.deny))}"] if policy.deny else []
    return Finding("settings", State.OK, "; ".join(parts))


def _confirmation(settings: Settings) -> Finding:
    found = f"NEXLA_MCP_CONFIRM={settings.confirm}"
    found += f", none for {', '.join(sorted(settings.confirm_allow))}" if settings.confirm_allow else ""
    named = ", ".join(settings.secret_variables) or "no variables"
    return Finding("confirmation", State.OK, f"{found}; references to secrets may name {named}")


def _operations(settings: Settings) -> Finding:
    found = interrupted_operations(settings)
    place = "kept nowhere" if settings.state_scope == "" else f"kept in {state_account(settings).path}"
    if not found:
        return Finding("operations", State.OK, f"none interrupted; {place}")
    remedy = f"nexla-mcp call get_operation operation={found[0].partition(' ')[0]}, then control_operation."
    return Finding("operations", State.WARNING, f"interrupted: {'; '.join(found[:5])}; {place}", remedy)


def _login(settings: Settings) -> Finding:
    host = urlsplit(settings.api_url).netloc
    if settings.service_key:
        return Finding("login configured", State.OK, f"service key for {host}")
    return Finding(
        "login configured",
        State.WARNING,
        f"access token for {host}",
        "It ends after about an hour and cannot be renewed. Set NEXLA_SERVICE_KEY for lasting use.",
    )


def _named(nexla: Nexla) -> list[Finding]:
    """What the operator has named besides the account: channels, profiles, service levels. Nothing is sent."""
    connection = nexla.connection
    checks = [
        *((f"alert channel {name}", partial(_channel, connection, name)) for name in sorted(connection.alerts)),
        *((f"profile {name}", partial(_profile, connection, name)) for name in sorted(connection.profiles)),
        *([("service levels", partial(_targets, connection))] if connection.monitoring else []),
    ]
    return [_tried(name, check) for name, check in checks]


def _tried(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, State.OK, check())
    except Failure as failure:
        return _failed(name, failure.info)


def _channel(connection: Connection, name: str) -> str:
    channel = channel_named(connection.alerts, name)
    channel.address()
    return f"{channel.kind.value}; its reference leads to an address"


def _profile(connection: Connection, name: str) -> str:
    return f"read only, at {urlsplit(connection_of_profile(connection, name).api_url).netloc}"


def _targets(connection: Connection) -> str:
    return f"{len(stored_targets(connection.monitoring))} targets"


async def _online(nexla: Nexla) -> list[Finding]:
    checks: tuple[tuple[str, Callable[[Nexla], Awaitable[Finding]]], ...] = (
        ("login and reachability", _reach),
        ("clock", _clock),
        ("roles", _roles),
        ("sessions", _sessions),
    )
    findings: list[Finding] = []
    for name, check in checks:
        if any(finding.state is State.FAILED for finding in findings):
            findings.append(Finding(name, State.SKIPPED, "needs a working login"))
            continue
        try:
            findings.append(await check(nexla))
        except Failure as failure:
            findings.append(_failed(name, failure.info))
    return findings


async def _reach(nexla: Nexla) -> Finding:
    user = await nexla.users.current()
    return Finding("login and reachability", State.OK, f"Nexla answers, to {user.email}")


async def _clock(nexla: Nexla) -> Finding:
    off = f"{nexla.skew:+.0f} s from the platform's clock"
    if abs(nexla.skew) <= TOLERATED_SKEW:
        return Finding("clock", State.OK, off)
    return Finding(
        "clock", State.WARNING, off, "Set this machine's clock; ages are judged by the platform's meanwhile."
    )


async def _roles(nexla: Nexla) -> Finding:
    identity = await identify(nexla)
    seen = ", ".join(f"{count} {kind}s" for kind, count in (identity.resources or {}).items())
    standing = "org admin" if identity.org_admin else "member"
    if identity.resources and any(identity.resources.values()):
        return Finding("roles", State.OK, f"{standing} of {identity.org_name}; sees {seen}")
    remedy = "Ask a colleague to share their flows with you, or use another account."
    return Finding("roles", State.WARNING, f"{standing} of {identity.org_name}; sees nothing", remedy)


async def _sessions(nexla: Nexla) -> Finding:
    if not nexla.takes_turns:
        return Finding("sessions", State.OK, "tokens of this key live side by side, as far as seen")
    return Finding(
        "sessions",
        State.WARNING,
        "this key keeps only one live session; copies of this server take turns",
        "Give each copy a service key of its own.",
    )


def _budget(settings: Settings, account: Account) -> Finding:
    offered = build_toolbox(settings, account).offered
    size = sum(map(visible_size, offered))
    found = f"{len(offered)} tools, {size:,} bytes"
    if not offered:
        remedy = "Loosen NEXLA_MCP_TOOLSETS, NEXLA_MCP_TOOLS_ALLOW or NEXLA_MCP_TOOLS_DENY."
        return Finding("tool budget", State.FAILED, "no tool is offered", remedy, ExitCode.NOT_CONFIGURED)
    if size <= VISIBLE_BUDGET:
        return Finding("tool budget", State.OK, found)
    return Finding("tool budget", State.WARNING, found, "Choose fewer toolsets with NEXLA_MCP_TOOLSETS.")


def _failed(check: str, info: ErrorInfo) -> Finding:
    return Finding(check, State.FAILED, info.message, info.hint or "", exit_code_for(info.code))
