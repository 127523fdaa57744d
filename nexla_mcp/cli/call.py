"""`nexla-mcp call`: a tool call for shells and CI, over the same path as an assistant's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import typer

from nexla_mcp.cli.exit_codes import ExitCode, exit_code_for
from nexla_mcp.cli.pairs import read_json, read_pairs
from nexla_mcp.cli.terminal import person_at_terminal
from nexla_mcp.cli.watching import Alert, alert_of, is_well
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.results.operation import OperationAnswer, State
from nexla_mcp.server import Account, build_toolbox
from nexla_mcp.settings import Settings
from nexla_mcp.tools.budget import compact_json
from nexla_mcp.tools.context import Progress
from nexla_mcp.tools.toolbox import Outcome, Toolbox

_EXIT_OF_STATE = {
    State.CONFIRMATION_REQUIRED: ExitCode.NEEDS_CONFIRMATION,
    State.NOT_CONFIRMED: ExitCode.NEEDS_CONFIRMATION,
}


@dataclass(frozen=True)
class Request:
    """What the command line asks for. Later sources win: file, then JSON, then pairs."""

    tool: str
    pairs: tuple[str, ...] = ()
    json_arguments: str | None = None
    file: Path | None = None
    yes: bool = False
    """Whether to give back the token of a plan that wants confirmation; it never stands for a person."""
    alert: str | None = None
    """The operator's channel that is told when the answer is a bad one."""


def run(settings: Settings, request: Request, *, as_json: bool) -> int:
    """Calls the tool, prints its answer, returns the exit code."""
    outcome = anyio.run(_call, settings, request)
    if as_json:
        typer.echo(compact_json(outcome.structured))
    else:
        typer.echo(outcome.text, err=outcome.error is not None)
    return _exit_code(outcome)


async def _call(settings: Settings, request: Request) -> Outcome:
    account = Account(settings)
    toolbox = build_toolbox(settings, account)
    spec = next((item for item in toolbox.permitted if item.name == request.tool), None)
    arguments: dict[str, Any] = _from_file(request.file) if request.file else {}
    if request.json_arguments is not None:
        arguments |= read_json(request.json_arguments, "--json")
    arguments |= read_pairs(spec, request.pairs)
    person = None if request.yes else person_at_terminal()
    try:
        with watched() as progress:

            async def call(more: dict[str, Any]) -> Outcome:
                given = {**arguments, **more}
                return await toolbox.call(request.tool, given, progress, person=person, wait_seconds=None)

            outcome = await call({})
            token = outcome.structured.get("confirmation") if request.yes else None
            outcome = await call({"confirmation": token}) if token else outcome
            if request.alert is not None and (alert := alert_of(request.tool, outcome)):
                await _tell(toolbox, request.alert, alert)
            return outcome
    finally:
        await account.close()


async def _tell(toolbox: Toolbox, channel: str, alert: Alert) -> None:
    """Sends the alert. That it could not be sent is said, and does not hide what it was about."""
    arguments = {"channel": channel, "title": alert.title, "text": alert.text, "severity": alert.severity.value}
    sent = await toolbox.call("send_alert", arguments, wait_seconds=None)
    if sent.error is not None or sent.structured.get("state") != State.DONE.value:
        typer.echo(f"The alert to {channel} was not sent for certain:\n{sent.text}", err=True)
    else:
        typer.echo(f"Alert sent to {channel}.", err=True)


def print_schema(settings: Settings, tool: str) -> None:
    """The JSON Schema of a tool's arguments, for editors and for checks before a deployment."""
    toolbox = build_toolbox(settings, Account(settings))
    spec = next((item for item in toolbox.permitted if item.name == tool), None)
    if spec is None:
        raise Failure.of(ErrorCode.BAD_INPUT, f"There is no tool {tool[:60]!r}.", hint="`nexla-mcp tools` lists them.")
    typer.echo(json.dumps(spec.arguments.schema(), indent=2))


def _from_file(path: Path) -> dict[str, Any]:
    """The arguments in a file; one that holds a list, as a table does, is the argument `items`."""
    from nexla_mcp.operations.item_files import as_items, parsed_file  # noqa: PLC0415 - most calls read no file

    value = parsed_file(path)
    if isinstance(value, list):
        return {"items": as_items(value)}
    if not isinstance(value, dict):
        raise Failure.of(ErrorCode.BAD_INPUT, f"{path.name} does not hold a mapping of arguments. Nothing was done.")
    return {str(key): item for key, item in value.items()}


def _exit_code(outcome: Outcome) -> int:
    if outcome.error is not None:
        # Whatever went wrong, a job has to know first that something may have been changed.
        return ExitCode.MAYBE_APPLIED if outcome.error.maybe_applied else exit_code_for(outcome.error.code)
    if isinstance(outcome.result, OperationAnswer):
        return _EXIT_OF_STATE.get(outcome.result.state, ExitCode.OK)
    return ExitCode.OK if is_well(outcome.result) else ExitCode.UNHEALTHY


@contextmanager
def watched() -> Iterator[Progress]:
    """Progress for whoever watches: a bar on a terminal, plain lines elsewhere; both on stderr."""
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    bar = Bar(console=Console(stderr=True), transient=True)
    task = bar.add_task("working", total=None)

    async def advance(done: float, total: float, what: str) -> None:
        # Not before there is something to show: a question may be asked on this terminal until then.
        bar.start()
        bar.update(task, completed=done, total=total, description=what)

    try:
        yield advance
    finally:
        bar.stop()


async def _line(done: float, total: float, what: str) -> None:
    typer.echo(f"{done:g}/{total:g} {what}", err=True)
