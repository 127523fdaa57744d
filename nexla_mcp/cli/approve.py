"""`nexla-mcp approve`: a person reads a plan on a terminal and agrees to it, or not."""

from __future__ import annotations

from datetime import datetime, timezone

import typer

from nexla_mcp.cli.exit_codes import ExitCode
from nexla_mcp.cli.session import SandboxChoice, state_of_sandbox
from nexla_mcp.cli.terminal import answer_to, is_interactive
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.decisions import Decision, Decisions, Request
from nexla_mcp.safety.gate import question_of
from nexla_mcp.safety.people import Answer
from nexla_mcp.settings import Settings, load_settings
from nexla_mcp.starting import state_account


def settings_for(choice: SandboxChoice) -> Settings:
    """The settings under which the plan was made. The sandbox itself need not run for a person to agree."""
    if not choice.embed:
        return load_settings()
    if choice.db is None:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "A sandbox without --db keeps nothing that could be approved.",
            hint="Give the same --db as the call that answered with the code.",
        )
    return load_settings(**state_of_sandbox(choice.db))


def run(settings: Settings, code: str) -> None:
    """Shows the plan, asks, and keeps the answer for the next call of the tool.

    Raises:
        Failure: `not_allowed` without a terminal, `not_found` for a code that nothing waits for.
    """
    if not is_interactive():
        raise Failure.of(
            ErrorCode.NOT_ALLOWED,
            "Approval needs a person at a terminal; here is none. Nothing was approved.",
            hint="Run it in a terminal window yourself. Unattended jobs: NEXLA_MCP_CONFIRM and "
            "NEXLA_MCP_CONFIRM_ALLOW, see docs/confirmation.md.",
        )
    decisions, request = _waiting(settings, code)
    answer = answer_to(question_of(request))
    if answer is Answer.AGREED:
        decisions.decide(request, Decision.APPROVED)
        typer.echo("Approved. The same call, made again within 10 minutes, will run exactly this plan, once.")
        return
    if answer is Answer.DECLINED:
        decisions.decide(request, Decision.DECLINED)
        typer.echo("Declined. This plan is refused for 10 minutes.")
    else:
        typer.echo("Not approved: that is not its name." if answer is Answer.MISTYPED else "Not approved.")
    raise typer.Exit(ExitCode.NEEDS_CONFIRMATION)


def _waiting(settings: Settings, code: str) -> tuple[Decisions, Request]:
    """The plan of that code, whichever of the account's principals on this machine made it."""
    last = Failure.of(
        ErrorCode.NOT_FOUND,
        "No plan for this account waits on this machine.",
        hint="Approve with the same NEXLA_API_URL and NEXLA_MCP_STATE_DIR as the server has.",
    )
    for state in state_account(settings).directories():
        decisions = Decisions(Database(state.database), lambda: datetime.now(timezone.utc))
        try:
            return decisions, decisions.waiting(code)
        except Failure as failure:
            last = failure
    raise last
